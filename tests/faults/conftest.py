"""Targets of every family, and the table of faults that were injected."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from tests import plain_dialect
from tests.faults.families import APART, FAMILIES, PARTITIONED, PLAIN, SQLITE_WAL, Family
from tests.faults.injection import Injected, Target
from tests.publish import duckdb_shop, postgres_shop
from tests.publish.parts import catalog_of, settings
from tests.publish.postgres_shop import run_in
from tests.servers import MysqlFamilyServer, PostgresServer


@pytest.fixture
def injected(request: pytest.FixtureRequest) -> Injected:
    """Counts faults for the table at the end of the run."""
    return Injected(request.node.user_properties)


@pytest.fixture
def make_target(request: pytest.FixtureRequest, tmp_path: Path, injected: Injected) -> Callable[[str], Target]:
    """A function that makes an authorized target of a family with refresh 0 live, and rows of it and of refresh 1."""

    def make(name: str) -> Target:
        family = (FAMILIES | APART)[name]
        source, url = _databases(request, family, tmp_path)
        authorize("staging", settings(), url, {}, replace_existing=family is PARTITIONED)
        return Target(family, url, catalog_of(source), store=f"file://{tmp_path}/store", injected=injected)

    return make


@pytest.fixture(params=[*FAMILIES])
def target(request: pytest.FixtureRequest, make_target: Callable[[str], Target]) -> Iterator[Target]:
    """Of every family in turn."""
    return make_target(request.param)


def _databases(request: pytest.FixtureRequest, family: Family, folder: Path) -> tuple[str, str]:
    match family.name:
        case "postgres" | PARTITIONED.name:
            postgres: PostgresServer = request.getfixturevalue("postgres")
            source, url = postgres.create_database(), postgres.create_database()
            run_in(source, postgres_shop.WITH_WIDER_KEYS if family is PARTITIONED else postgres_shop.SHOP)
            if family is PARTITIONED:
                run_in(url, postgres_shop.PARTITIONED)
            return source, url
        case "mariadb" | "mysql":
            server: MysqlFamilyServer = request.getfixturevalue(family.name)
            return server.create_database(family.shop.SHOP), server.create_database()
        case "duckdb":
            source, url = (f"duckdb:///{folder / name}.duckdb" for name in ("source", "staging"))
            duckdb_shop.run_in(source, family.shop.SHOP)
            return source, url
        case _:
            sources = []
            for name, script in (("source", family.shop.SHOP), ("staging", "")):
                url = f"{plain_dialect.NAME if family is PLAIN else 'sqlite'}:///{folder / name}.db"
                connection = family.connect(url)
                if family is SQLITE_WAL:
                    connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(script)
                connection.close()
                sources.append(url)
            return sources[0], sources[1]
