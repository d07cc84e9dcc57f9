"""What `synth-assets plan` says of the targets."""

from pathlib import Path

from rich.console import Console

from synth_assets.cli.targets import print_targets
from synth_assets.plan.resolve import resolve
from synth_assets.publish.authorize import authorize
from synth_assets.refresh.source_catalog import source_catalog
from tests.publish.databases import Database
from tests.servers import PostgresServer
from tests.zoo import PLAN, build_zoo, zoo_project

TABLES = {name: {"mode": "exclude"} for name in ("log", "tags", "customer_tags", "players", "stints", "seasons")}
OTHERS = ("addresses", "cards", "orders", "order lines", "returns", "staff", "customers")


def said(root: Path, targets: list[object], urls: dict[str, str]) -> str:
    excluded = TABLES | {name: {"mode": "exclude"} for name in OTHERS}
    project = zoo_project(root, plan=PLAN | {"targets": targets, "tables": excluded}, urls=urls)
    catalog = source_catalog(project, "zoo")
    out = Console(record=True, width=200)
    print_targets(project, resolve(project.dataset("zoo"), catalog), catalog, out)
    return out.export_text()


def test_targets_say_what_differs_and_what_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    build_zoo(tmp_path / "production.db", customers=5)
    urls = {"production": f"sqlite:///{tmp_path}/production.db", "file": f"sqlite:///{tmp_path}/file.db"}
    urls["dev"] = postgres.create_database()
    project = zoo_project(tmp_path, plan=PLAN | {"targets": ["dev"]}, urls=urls)
    authorize("dev", project.resources.databases["dev"], urls["dev"], {}, replace_existing=True)
    dev = Database(urls["dev"])
    dev.run("CREATE TABLE regions (code text PRIMARY KEY, name text, tier int NOT NULL, remark text)")
    match = {"name": "dev", "ddl": "match"}
    text = said(tmp_path, [match, "file"], urls)
    assert "dev: cannot take the dataset:" in text
    assert "tables: {regions: {columns: {tier: {constant: 0}}}}" in text
    assert "regions: remark is not in the source: NULL." in text
    assert "how much is free the server does not tell" in text
    assert "file: cannot be published to as things stand:" in text
    assert "synth-assets authorize file" in text
    text = said(tmp_path, [match | {"tables": {"regions": {"columns": {"tier": {"constant": 0}}}}}], urls)
    assert "dev: can take the dataset:" in text
    assert "regions.tier: somebody has altered the live table" in said(tmp_path, ["dev"], urls)
