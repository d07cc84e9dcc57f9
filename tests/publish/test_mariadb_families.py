"""A shop of PostgreSQL's into MariaDB and MySQL, and one of theirs into PostgreSQL and SQLite."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from tests.publish.mariadb_shop import SHOPS, rows_of
from tests.publish.mariadb_shop import shop_frames as mariadb_frames
from tests.publish.parts import catalog_of, dataset, settings
from tests.publish.postgres_shop import SHOP as POSTGRES_SHOP
from tests.publish.postgres_shop import rows_of as rows_of_postgres
from tests.publish.postgres_shop import run_in
from tests.publish.postgres_shop import shop_frames as postgres_frames
from tests.servers import MysqlFamilyServer, PostgresServer


def test_from_postgres(postgres: PostgresServer, mysql_family: MysqlFamilyServer) -> None:
    source, target = postgres.create_database(), mysql_family.create_database()
    run_in(source, POSTGRES_SHOP)
    authorize("staging", settings(), target, {})
    catalog = catalog_of(source, "public")
    for refresh in (1, 2):
        published = dataset(catalog, postgres_frames(refresh), refresh=f"r{refresh}").publish(target)
    assert set(published.notes) == {
        "customers: collation C of column email has no counterpart in MariaDB and is left out.",
        "customers.seen is in UTC in the target, without a time zone.",
        "customers: index happy has no counterpart in MariaDB and is left out.",
        "customers: index lower_mail has no counterpart in MariaDB and is left out.",
        "orders: index big_orders has no counterpart in MariaDB and is left out.",
    }
    there = catalog_of(target)
    assert {t.name: t.unique_sets for t in there.tables} == {
        "customers": (("id",), ("email",)),
        "nothing": (),
        "order lines": (("order_id", "line"),),
        "orders": (("id",),),
    }
    assert [(k.columns, k.parent, k.on_delete) for k in there.table("orders").foreign_keys] == [
        (("customer_id",), "customers", "CASCADE"),
        (("parent_id",), "orders", None),
    ]
    assert there.table("orders").checks[0].expression == '"total" >= 0'
    # MySQL takes a default of a long text as an expression only.
    assert there.table("orders").column("note").default == ("'it''s'" if there.dialect == "mariadb" else "('it''s')")
    assert there.table("orders").comment == "It's \\ orders"
    row = "SELECT mood, moods, ref, extra, HEX(photo), seen FROM customers ORDER BY id LIMIT 1"
    at = postgres_frames(2)["customers"]["seen"][0].replace(tzinfo=None)
    # MariaDB keeps the text of JSON, MySQL its value.
    extra = '{"a": 1.10}' if there.dialect == "mariadb" else '{"a": 1.1}'
    assert rows_of(target, row) == [
        ("it's ok", "{sad,happy}", "7f000000-0000-4000-8000-000000000001", extra, "00FF", at)
    ]
    assert rows_of(target, "SELECT tax FROM orders WHERE id = 1") == [(Decimal("0.05"),)]
    mysql_family.run(target.rpartition("/")[2], "INSERT INTO orders (customer_id) VALUES (1)")
    assert rows_of(target, "SELECT max(id) FROM orders") == [(201,)]


@pytest.mark.parametrize("family", ["postgresql", "sqlite"])
def test_into_another_family(
    postgres: PostgresServer, mysql_family: MysqlFamilyServer, tmp_path: Path, family: str
) -> None:
    source = mysql_family.create_database(
        SHOPS[mysql_family.dialect]
        + ";\nCREATE TABLE twins (id int PRIMARY KEY, email varchar(9), UNIQUE (email), KEY orders (email));"
        "\nCREATE TABLE more (id int PRIMARY KEY, email varchar(9), UNIQUE (email))"
    )
    target = postgres.create_database() if family == "postgresql" else f"sqlite:///{tmp_path}/target.db"
    authorize("staging", settings(), target, {})
    catalog = catalog_of(source)
    frames = mariadb_frames(1)
    frames |= {name: frames["orders"].select("id", email="note").head(0) for name in ("twins", "more")}
    published = dataset(catalog, frames).publish(target)
    named = {note.split(" has ")[0] for note in published.notes if " has no counterpart" in note}
    assert {
        "orders: index big",
        "orders: index words",
        "orders: default of column note",
        "orders: check whole",
        "order lines: index start",
    } <= named
    there = catalog_of(target, "public" if family == "postgresql" else None)
    assert {t.name: set(t.unique_sets) for t in there.tables} == {t.name: set(t.unique_sets) for t in catalog.tables}
    assert {(t.name, k.columns, k.parent) for t in there.tables for k in t.foreign_keys} == {
        (t.name, k.columns, k.parent) for t in catalog.tables for k in t.foreign_keys
    }
    query = "SELECT mood, moods, photo FROM customers WHERE id = 1"
    if family == "postgresql":
        assert rows_of_postgres(target, query) == [("it's ok", "a,b", b"\x00\xff")]
    else:
        connection = sqlite3.connect(tmp_path / "target.db")
        assert connection.execute(query).fetchall() == [("it's ok", "a,b", b"\x00\xff")]
        connection.close()
