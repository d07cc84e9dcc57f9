"""What is held out is held out with all that hangs on it, and the same every time."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import polars as pl
import pytest

from synth_assets.catalog.model import Branch, ForeignKey
from synth_assets.store.tables import TableRows
from tests.extract.snapshots import Snapshots

Database = Callable[..., str]

SHOP = """
CREATE TABLE countries (code TEXT PRIMARY KEY);
CREATE TABLE customers (id INTEGER PRIMARY KEY, country TEXT NOT NULL REFERENCES countries,
                        boss INTEGER REFERENCES customers, favourite INTEGER REFERENCES orders);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers);
CREATE TABLE lines (order_id NUMERIC NOT NULL REFERENCES orders, n INTEGER NOT NULL, PRIMARY KEY (order_id, n));
CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER, n INTEGER,
                    FOREIGN KEY (order_id, n) REFERENCES lines (order_id, n));
CREATE TABLE small (id INTEGER PRIMARY KEY);
CREATE TABLE under_small (id INTEGER PRIMARY KEY, small INTEGER NOT NULL REFERENCES small);
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 4)
    INSERT INTO countries SELECT 'c' || i FROM s;
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 400)
    INSERT INTO customers SELECT i, 'c' || (i % 5), NULL, NULL FROM s;
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1200)
    INSERT INTO orders SELECT i, 1 + (i * 7) % 400 FROM s;
INSERT INTO lines SELECT id, n FROM orders, (SELECT 1 AS n UNION SELECT 2);
INSERT INTO notes SELECT NULL, order_id, CASE WHEN order_id % 3 THEN n END FROM lines;
UPDATE customers SET boss = 1, favourite = id;
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 150) INSERT INTO small SELECT i FROM s;
INSERT INTO under_small SELECT id, id FROM small;
"""


@pytest.fixture
def url(sqlite_database: Database) -> str:
    return sqlite_database(SHOP)


def held(rows: TableRows, *columns: str) -> set[tuple[object, ...]]:
    return set(rows.read(columns=columns, part="held_out").rows())


def test_children_of_held_out_rows_are_held_out(url: str, snapshots: Snapshots) -> None:
    rows = snapshots.rows(url)
    customers = {row[0] for row in held(rows["customers"], "id")}
    assert len(customers) == 40
    orders = rows["orders"].read()
    held_orders = {row[0] for row in held(rows["orders"], "id")}
    assert held_orders == set(orders.filter(pl.col("customer").is_in(list(customers)))["id"])
    lines = rows["lines"].read()
    held_lines = held(rows["lines"], "order_id", "n")
    assert held_lines == set(lines.filter(pl.col("order_id").is_in(list(held_orders))).rows())
    held_notes = held(rows["notes"], "order_id", "n")
    assert {note for note in held_notes if note[1] is not None} == {line for line in held_lines if line[0] % 3}
    assert rows["notes"].read(part="training").height + len(held(rows["notes"], "id")) == 2400


def test_rows_without_a_parent_are_entities_by_themselves(url: str, snapshots: Snapshots) -> None:
    notes = snapshots.rows(url)["notes"]
    alone = [note for note in notes.read(part="held_out")["n"] if note is None]
    assert 0.05 < len(alone) / notes.read()["n"].null_count() < 0.15


def test_rows_hang_on_what_a_polymorphic_key_refers_to(url: str, snapshots: Snapshots) -> None:
    statements = (
        "CREATE TABLE remarks (id INTEGER PRIMARY KEY, type TEXT, about INTEGER);"
        "INSERT INTO remarks SELECT NULL, 'Order', id FROM orders;"
        "INSERT INTO remarks SELECT NULL, 'Customer', id FROM customers;"
        "INSERT INTO remarks SELECT NULL, 'Remark', id FROM customers;"
        "INSERT INTO remarks SELECT NULL, NULL, id FROM customers;"
    )
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.executescript(statements)
    branches = tuple(
        ForeignKey(
            columns=("about",),
            parent=parent,
            parent_columns=("id",),
            branch=Branch(column="type", labels=(label,)),
        )
        for parent, label in (("orders", "Order"), ("customers", "Customer"), ("remarks", "Remark"))
    )
    keys = {table.name: table.foreign_keys for table in snapshots.catalog(url).tables} | {"remarks": branches}
    rows = snapshots.rows(url, foreign_keys=keys)
    remarks = held(rows["remarks"], "type", "about")
    for table, label in (("orders", "Order"), ("customers", "Customer")):
        assert {about for kind, about in remarks if kind == label} == {row[0] for row in held(rows[table], "id")}
    for label in ("Remark", None):
        assert 20 < sum(kind == label for kind, _ in remarks) < 60


def test_tables_without_an_entity_root_hold_nothing_out(url: str, snapshots: Snapshots) -> None:
    rows = snapshots.rows(url)
    for table in ("countries", "small", "under_small"):
        assert not rows[table].held_out().any()
        assert len(rows[table].held_out()) == rows[table].rows


def test_the_seed_decides(url: str, snapshots: Snapshots) -> None:
    one, same, other = (snapshots.artifacts(url, seed=seed)["orders"] for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_a_table_is_held_out_the_same_whatever_else_is_read(url: str, snapshots: Snapshots) -> None:
    alone = snapshots.rows(url, tables=["customers"])["customers"].held_out()
    assert alone.to_list() == snapshots.rows(url)["customers"].held_out().to_list()


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_the_share_decides_how_many(url: str, snapshots: Snapshots, share: float) -> None:
    artifacts = snapshots.artifacts(url, hold_out=share)
    assert artifacts["customers"].facts["held_out"] == 400 * share
    assert TableRows(artifacts["customers"]).held_out().sum() == 400 * share


def test_keys_of_different_types_meet(sqlite_database: Database, snapshots: Snapshots) -> None:
    """The parent's key is kept as text because one value is none of a number, the child's as an integer."""
    url = sqlite_database(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, code INTEGER UNIQUE); "
        "CREATE TABLE child (id INTEGER PRIMARY KEY, code INTEGER REFERENCES parent (code));"
        "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 300)"
        "INSERT INTO parent SELECT i, i FROM s;"
        "INSERT INTO child SELECT id, code FROM parent; UPDATE parent SET code = 'none' WHERE id = 300;"
    )
    rows = snapshots.rows(url)
    assert rows["parent"].schema["code"] == pl.String
    assert rows["child"].schema["code"] == pl.Int64
    parents = {str(code) for (code,) in held(rows["parent"], "code")} - {"none"}
    assert {str(code) for (code,) in held(rows["child"], "code")} == parents
    assert parents
