"""PostgreSQL as source and target; files override `catalog` and `target` for other families."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.publish.authorize import authorize
from tests.publish.parts import catalog_of, dataset, settings
from tests.publish.postgres_shop import SHOP, run_in
from tests.servers import MYSQL_FAMILY, MysqlFamilyServer, PostgresServer


@pytest.fixture(scope="module")
def catalog(postgres: PostgresServer) -> Catalog:
    url = postgres.create_database()
    run_in(url, SHOP)
    return catalog_of(url, "public")


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    url = postgres.create_database()
    authorize("staging", settings(), url, {})
    return url


@pytest.fixture
def publish_table(postgres: PostgresServer, target: str) -> Callable[..., Any]:
    """A function that publishes one table, defined by a script, into the target."""

    def run(script: str, frame: pl.DataFrame, **options: Any) -> Any:
        source = postgres.create_database()
        run_in(source, script)
        made = catalog_of(source, "public")
        (name,) = made.table_names
        refresh = options.pop("refresh", "r1")
        return dataset(made, {name: frame}, refresh=refresh).publish(target, **options)

    return run


@pytest.fixture(scope="session")
def server_of_inserts(mysql_family: MysqlFamilyServer) -> Iterator[MysqlFamilyServer]:
    """A server of its own that takes no files: the one that all processes share must not change under them."""
    server: MysqlFamilyServer = MYSQL_FAMILY[mysql_family.dialect](settings={"local-infile": "OFF"})
    yield server
    server.stop()


@pytest.fixture(params=["files", "inserts"])
def either_path(request: pytest.FixtureRequest, mysql_family: MysqlFamilyServer) -> MysqlFamilyServer:
    """A server into which rows come by LOAD DATA, and one into which they come by INSERT."""
    server: MysqlFamilyServer = (
        mysql_family if request.param == "files" else request.getfixturevalue("server_of_inserts")
    )
    return server
