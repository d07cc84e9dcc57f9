"""The project at the top of the repository fits the demo's database, and its files agree with each other."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from demo.shop.database import build
from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.files import read_catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import Mode
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import load_project

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "expectations" / "shop").glob("*.json"))


def test_the_committed_catalog_is_that_of_the_demo_s_database(tmp_path: Path) -> None:
    build(tmp_path / "production.db", customers=50)
    assert read_catalog(ROOT / "catalogs" / "shop.json") == reflect(open_engine(f"sqlite:///{tmp_path}/production.db"))


def test_the_plan_fits_and_lets_only_what_it_names_through() -> None:
    project = load_project(ROOT, environment="local")
    plan = resolve(project.datasets["shop"], read_catalog(project.catalog_path("shop")))
    assert {t.name for t in plan.tables if t.mode is Mode.REFERENCE} == {"countries", "categories"}
    assert {t.name for t in plan.tables if t.mode is Mode.EMPTY} == {"audit_log"}
    kept = {
        (t.name, c.name) for t in plan.tables if t.mode is Mode.SYNTHETIC for c in t.columns if c.treatment == "keep"
    }
    assert kept == {("products", "name")}


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_rule_is_about_columns_that_are_there(path: Path) -> None:
    suite = json.loads(path.read_text())
    table = read_catalog(ROOT / "catalogs" / "shop.json").table(suite["name"])
    assert path.stem == table.name
    named = set()
    for expectation in suite["expectations"]:
        settings = expectation["kwargs"]
        named |= {settings[key] for key in ("column", "column_A", "column_B") if key in settings}
        named |= set(settings.get("column_list", ()))
    assert named
    assert named <= set(table.column_names)


def test_dagster_finds_the_same_code_location_whichever_file_it_reads() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"][0]["python_module"]
    cloud = yaml.safe_load((ROOT / "dagster_cloud.yaml").read_text())["locations"][0]
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    names = {workspace["location_name"], cloud["location_name"], tool["dagster"]["code_location_name"]}
    assert names | {tool["dg"]["project"]["code_location_name"]} == {"synthetic_data"}
    modules = {workspace["module_name"], cloud["code_source"]["module_name"], tool["dagster"]["module_name"]}
    assert modules == {"synth_assets.definitions"}
    assert {workspace["attribute"], cloud["attribute"]} == {"defs"}


def test_constraints_name_exact_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()[1:]
    assert len(lines) > 100
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert "torch==2.13.0" in lines


def test_what_the_readme_says_of_plans_is_valid() -> None:
    of_plans = (ROOT / "README.md").read_text().partition("| in the plan | effect |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?`) \| [^|]* \|$", of_plans, re.MULTILINE)
    snippets = [snippet for cell in cells for snippet in re.findall(r"`([a-z_]+: .*?)`", cell)]
    assert len(snippets) >= 10
    tables: dict[str, object] = {}
    columns: dict[str, object] = {}
    targets: object = "b"
    for snippet in snippets:
        ((name, said),) = yaml.safe_load(snippet).items()
        if name == "targets":
            targets = said
            continue
        (tables if isinstance(said, dict) and "mode" in said else columns)[name] = said
    settings = DatasetSettings.model_validate(
        {"dataset": "shop", "source": "a", "targets": targets, "tables": tables | {"customers": {"columns": columns}}}
    )
    assert len(settings.tables["customers"].columns) >= 7
    assert {target.ddl for target in settings.targets} == {"create", "match"}
    assert {table.mode for table in settings.tables.values()} >= {
        Mode.REFERENCE,
        Mode.EMPTY,
        Mode.EXCLUDE,
        Mode.PARTIAL,
    }
