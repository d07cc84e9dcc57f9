"""`ddl: create` in every family: what somebody has changed in the live tables is never undone silently."""

from collections.abc import Callable

import polars as pl
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import PreflightFailed
from synth_assets.publish.publish import rollback
from tests.publish.databases import Database, databases_of
from tests.publish.parts import dataset, settings
from tests.servers import MysqlFamilyServer

SHOP = "CREATE TABLE customers (id int PRIMARY KEY, name varchar(40), fax varchar(20) DEFAULT 'none')"
Databases = Callable[..., Database]


@pytest.fixture(params=["postgres", "mariadb", "mysql", "sqlite", "duckdb"])
def databases(request: pytest.FixtureRequest) -> Databases:
    return databases_of(request.param, request)


@pytest.fixture
def target(databases: Databases) -> Database:
    made = databases()
    authorize("staging", settings(), made.url, {}, replace_existing=True)
    return made


def publish(source: Database, target: Database, refresh: str) -> None:
    catalog = source.catalog
    rows = pl.DataFrame({"id": [1, 2], "name": [refresh, None], "fax": ["1", "2"], "email": ["a", "b"]})
    held = [column.name for column in catalog.table("customers").columns]
    dataset(catalog, {"customers": rows.select(held)}, refresh=refresh).publish(target.url)


def refused(source: Database, target: Database) -> str:
    before = target.catalog, target.rows("SELECT * FROM customers ORDER BY id")
    with pytest.raises(PreflightFailed) as failure:
        publish(source, target, "refused")
    assert (target.catalog, target.rows("SELECT * FROM customers ORDER BY id")) == before
    return str(failure.value)


def test_what_the_source_changes_is_followed(databases: Databases, target: Database) -> None:
    source = databases(SHOP)
    publish(source, target, "r1")
    publish(source, target, "r2")
    source.run("ALTER TABLE customers DROP COLUMN fax; CREATE INDEX by_name ON customers (name)")
    publish(source, target, "r3")
    assert target.catalog.table("customers").column_names == ("id", "name")
    rollback(target="staging", database=settings(), url=target.url, sources={}, dataset="shop", patience=5)
    publish(source, target, "r4")
    assert target.rows("SELECT name FROM customers WHERE id = 1") == [("r4",)]


def test_changes_of_somebody_else_are_refused(databases: Databases, target: Database) -> None:
    source = databases(SHOP)
    publish(source, target, "r1")
    target.run("ALTER TABLE customers ADD COLUMN email varchar(9); CREATE INDEX by_fax ON customers (fax)")
    said = refused(source, target)
    assert "customers.email: somebody has altered the live table, and ddl: create would undo it: the column is" in said
    assert "the index on (fax) is new" in said
    assert "targets: [{name: staging, ddl: match}]" in said
    source.run("ALTER TABLE customers ADD COLUMN email varchar(9); CREATE INDEX by_fax ON customers (fax)")
    publish(source, target, "r2")
    assert target.rows("SELECT email FROM customers WHERE id = 1") == [("a",)]


def test_a_column_that_was_dropped_there_does_not_come_back(databases: Databases, target: Database) -> None:
    source = databases(SHOP)
    publish(source, target, "r1")
    target.run("ALTER TABLE customers DROP COLUMN fax")
    assert "customers.fax: somebody has altered the live table" in refused(source, target)
    source.run("ALTER TABLE customers DROP COLUMN fax")
    publish(source, target, "r2")


def test_tables_that_no_refresh_made_keep_their_own_columns(databases: Databases, target: Database) -> None:
    source = databases(SHOP)
    target.run("CREATE TABLE customers (id int PRIMARY KEY, nick varchar(9))")
    assert "customers.nick: somebody has altered the live table" in refused(source, target)
    target.run("ALTER TABLE customers DROP COLUMN nick")
    publish(source, target, "r1")
    assert target.catalog.table("customers").column_names == ("id", "name", "fax")


def test_partitions_that_no_refresh_made_are_not_lost(mysql_family: MysqlFamilyServer) -> None:
    source, target = (Database(mysql_family.create_database(script)) for script in (SHOP, ""))
    target.run("CREATE TABLE customers (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2")
    authorize("staging", settings(), target.url, {}, replace_existing=True)
    said = refused(source, target)
    assert "PARTITION BY HASH" in said and "targets: [{name: staging, ddl: match}]" in said
    target.run("ALTER TABLE customers REMOVE PARTITIONING")
    publish(source, target, "r1")
