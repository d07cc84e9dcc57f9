"""The whole chain into MariaDB or MySQL, and out of it again into the same, PostgreSQL and SQLite."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.publish.mariadb_shop import rows_of
from tests.publish.postgres_shop import rows_of as rows_of_postgres
from tests.servers import MysqlFamilyServer, PostgresServer
from tests.zoo import PLAN, build_zoo, zoo_project


def refresh(root: Path, urls: dict[str, str]) -> None:
    targets = [name for name in urls if name != "production"]
    project = zoo_project(root, plan={**PLAN, "targets": targets}, urls=urls)
    for name in targets:
        database = project.resources.databases[name]
        authorize(name, database, database.resolve_url({}), {"production": urls["production"]})
    Refresh(project, "zoo", refresh="first").run(targets)


def catalog_of(url: str) -> Catalog:
    return reflect(open_engine(url))


def keys_of(catalog: Catalog) -> set[tuple[object, ...]]:
    return {(t.name, key.columns, key.parent, key.parent_columns) for t in catalog.tables for key in t.foreign_keys}


def orphans(rows: Callable[[str], list[tuple[Any, ...]]], catalog: Catalog) -> int:
    found = 0
    for table in catalog.tables:
        for key in table.foreign_keys:
            pairs = list(zip(key.columns, key.parent_columns, strict=True))
            same = " AND ".join(f'p."{parent}" = c."{child}"' for child, parent in pairs)
            filled = " AND ".join(f'c."{child}" IS NOT NULL' for child, _ in pairs)
            found += rows(
                f'SELECT count(*) FROM "{table.name}" c WHERE {filled} AND NOT EXISTS '
                f'(SELECT 1 FROM "{key.parent}" p WHERE {same})'
            )[0][0]
    return found


@pytest.fixture(scope="module")
def filled(mysql_family: MysqlFamilyServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A SQLite source, and the database that it was refreshed into."""
    root = tmp_path_factory.mktemp("zoo")
    build_zoo(root / "production.db", customers=200)
    url = mysql_family.create_database()
    refresh(root, {"production": f"sqlite:///{root}/production.db", "staging": url})
    return root, url


def test_from_sqlite(filled: tuple[Path, str]) -> None:
    root, url = filled
    source, published = catalog_of(f"sqlite:///{root}/production.db"), catalog_of(url)
    assert keys_of(source) == keys_of(published)
    assert {t.name: t.primary_key.columns for t in published.tables if t.primary_key} == {
        t.name: t.primary_key.columns for t in source.tables if t.primary_key
    }
    assert orphans(lambda sql: rows_of(url, sql.replace('"', "`")), published) == 0
    # What the source tells apart the target tells apart: texts are compared by every character.
    assert rows_of(url, "SELECT count(*) FROM customers WHERE segment = 'PRIVATE'") == [(0,)]
    assert [check.expression for check in published.table("customers").checks] == [
        "\"segment\" in ('private','business')"
    ]
    connection = sqlite3.connect(root / "production.db")
    for table in ("customers", "orders", "stints"):
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        assert rows_of(url, f"SELECT count(*) FROM {table}")[0][0] == pytest.approx(rows, rel=0.03)
    connection.close()


def test_to_every_family(
    filled: tuple[Path, str],
    mysql_family: MysqlFamilyServer,
    postgres: PostgresServer,
    tmp_path: Path,
) -> None:
    urls = {
        "production": filled[1],
        "staging": mysql_family.create_database(),
        "dev": postgres.create_database(),
        "local": f"sqlite:///{tmp_path}/local.db",
    }
    refresh(tmp_path, urls)
    source = catalog_of(urls["production"])
    assert compare(source, catalog_of(urls["staging"])).changes == ()
    for name in ("dev", "local"):
        assert keys_of(catalog_of(urls[name])) == keys_of(source)
    assert orphans(lambda sql: rows_of_postgres(urls["dev"], sql), source) == 0
    counts = {
        "staging": rows_of(urls["staging"], "SELECT count(*), sum(amount) FROM `order lines`"),
        "dev": rows_of_postgres(urls["dev"], 'SELECT count(*), sum(amount) FROM "order lines"'),
    }
    assert counts["staging"] == counts["dev"]
