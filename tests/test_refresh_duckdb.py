"""The whole chain into DuckDB, twice, back, and out of it again into DuckDB and PostgreSQL."""

import sqlite3
from pathlib import Path

import pytest

from synth_assets.catalog.drift import compare
from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import history, rollback
from synth_assets.refresh import Refresh
from tests.publish.duckdb_shop import files_beside, path_of, rows_of
from tests.publish.parts import catalog_of
from tests.publish.postgres_shop import rows_of as rows_of_postgres
from tests.servers import PostgresServer
from tests.zoo import PLAN, build_zoo, zoo_project

LINES = 'SELECT count(*), sum(amount) FROM "order lines"'


def refresh(root: Path, urls: dict[str, str], *names: str) -> None:
    targets = [name for name in urls if name != "production"]
    project = zoo_project(root, plan={**PLAN, "targets": targets}, urls=urls)
    for name in targets:
        database = project.resources.databases[name]
        authorize(name, database, database.resolve_url({}), {"production": urls["production"]})
    for number, name in enumerate(names):
        run = zoo_project(root, plan={**PLAN, "targets": targets, "seed": number}, urls=urls)
        Refresh(run, "zoo", refresh=name).run(targets)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A SQLite source, and the DuckDB file that it was refreshed into twice."""
    root = tmp_path_factory.mktemp("zoo")
    build_zoo(root / "production.db", customers=200)
    url = f"duckdb:///{root}/staging.duckdb"
    refresh(root, {"production": f"sqlite:///{root}/production.db", "staging": url}, "first", "second")
    return root, url


def test_from_sqlite_to_duckdb(filled: tuple[Path, str]) -> None:
    root, url = filled
    source, published = catalog_of(f"sqlite:///{root}/production.db"), catalog_of(url)
    assert [(entry.refresh, entry.previous) for entry in history("staging", url)] == [
        ("second", "first"),
        ("first", None),
    ]
    assert {t.name: t.primary_key.columns for t in published.tables if t.primary_key} == {
        t.name: t.primary_key.columns for t in source.tables if t.primary_key
    }
    kept = {(t.name, key.columns, key.parent) for t in published.tables for key in t.foreign_keys}
    meant = {(t.name, key.columns, key.parent) for t in source.tables for key in t.foreign_keys}
    # To itself, and the one that closes a circle.
    assert ("orders", ("customer_id",), "customers") in kept
    assert meant - kept == {
        ("staff", ("boss_id",), "staff"),
        ("addresses", ("customer_id",), "customers"),
    }
    connection = sqlite3.connect(root / "production.db")
    for table in ("customers", "orders", "stints"):
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        assert rows_of(url, f"SELECT count(*) FROM {table}")[0][0] == pytest.approx(rows, rel=0.03)
    connection.close()


def test_back_and_forth(filled: tuple[Path, str]) -> None:
    root, url = filled
    database = zoo_project(root, plan=PLAN, urls={"production": "", "staging": url}).resources.databases["staging"]
    second = rows_of(url, LINES)
    for expected in ("first", "second"):
        entry = rollback(target="staging", database=database, url=url, sources={}, dataset="zoo")
        assert entry.refresh == expected
        assert (rows_of(url, LINES) == second) == (expected == "second")
    assert files_beside(url) == ["lock", "previous", "swap"]


def test_from_duckdb(filled: tuple[Path, str], postgres: PostgresServer, tmp_path: Path) -> None:
    before = path_of(filled[1]).read_bytes()
    urls = {
        "production": filled[1],
        "staging": f"duckdb:///{tmp_path}/staging.duckdb",
        "dev": postgres.create_database(),
    }
    refresh(tmp_path, urls, "first")
    assert compare(catalog_of(urls["production"]), catalog_of(urls["staging"])).changes == ()
    assert rows_of(urls["staging"], LINES) == rows_of_postgres(urls["dev"], LINES)
    assert path_of(filled[1]).read_bytes() == before
