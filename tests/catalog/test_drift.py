from collections.abc import Callable

import psycopg
import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.drift import ChangeKind, compare
from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.catalog.reflect import reflect
from tests.servers import PostgresServer

BEFORE = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE DOMAIN amount AS numeric CHECK (VALUE > 0);
CREATE TABLE customers (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE orders (
  id serial PRIMARY KEY, customer integer REFERENCES customers, total numeric(10,2), state state, states state[],
  note text DEFAULT 'none', double integer GENERATED ALWAYS AS (1) STORED, paid amount,
  CONSTRAINT positive CHECK (total > 0)
);
CREATE INDEX by_total ON orders (total);
CREATE INDEX by_note ON orders (lower(note));
CREATE TABLE gone (id integer);
"""
CHANGES = [
    ("ALTER TABLE orders ALTER total TYPE numeric(12,2)", "orders.total: numeric(10,2) became numeric(12,2)"),
    ("ALTER TABLE orders ALTER total SET NOT NULL", "orders.total: may no longer be null"),
    ("ALTER TABLE orders ALTER id DROP DEFAULT", "orders.id: identity by default became no default"),
    ("ALTER TABLE orders ALTER note SET DEFAULT 'x'", "orders.note: default 'none'::text became default 'x'::text"),
    (
        "ALTER TABLE orders ALTER double DROP EXPRESSION",
        "orders.double: generated as 1 (stored) became no default",
    ),
    ('ALTER TABLE orders ALTER note TYPE text COLLATE "C"', "orders.note: the collation by default became C"),
    ("ALTER TABLE orders ADD gift boolean NOT NULL", "orders.gift: the column is new (boolean, is never null)"),
    ("ALTER TABLE orders DROP note", "orders.note: the column is gone\norders: the index on expressions*is gone"),
    (
        "ALTER TYPE state ADD VALUE 'sent' BEFORE 'paid'",
        "orders.state: the label 'sent' is new\norders.states: the label 'sent' is new",
    ),
    (
        "ALTER TYPE state RENAME VALUE 'paid' TO 'settled'",
        """orders.state: the label 'paid' is gone, the label 'settled' is new
orders.states: the label 'paid' is gone, the label 'settled' is new""",
    ),
    (
        "ALTER DOMAIN amount ADD CONSTRAINT small CHECK (VALUE < 9)",
        "orders.paid: the domain amount was * and became *CHECK ((VALUE < (9)::numeric))'",
    ),
    ("ALTER TABLE orders DROP CONSTRAINT orders_pkey", "orders: the primary key (id) is gone"),
    ("ALTER TABLE gone ADD PRIMARY KEY (id)", "gone.id: may no longer be null\ngone: the primary key (id) is new"),
    (
        "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id, customer)",
        "orders.customer: may no longer be null\norders: the primary key (id) became (id, customer)",
    ),
    ("ALTER TABLE customers DROP CONSTRAINT customers_email_key", "customers: the unique key (email) is gone"),
    (
        """ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey,
        ADD FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE""",
        """orders: the foreign key (customer) to customers (id) is gone
orders: the foreign key (customer) to customers (id), on delete cascade, is new""",
    ),
    ("ALTER TABLE orders DROP CONSTRAINT positive", "orders: the check (total > (0)::numeric) is gone"),
    ("ALTER TABLE orders ADD EXCLUDE (id WITH =)", "orders: the constraint EXCLUDE USING btree (id WITH =) is new"),
    ("DROP INDEX by_total", "orders: the index on (total) is gone"),
    ("CREATE UNIQUE INDEX ON orders (id) WHERE total > 1", "orders: the unique index on (id) where (total > *) is new"),
    ("CREATE TABLE fresh (a text, b text)", "fresh: the table is new, with the columns a, b"),
    ("DROP TABLE gone", "gone: the table is gone"),
    ("ALTER TABLE orders RENAME CONSTRAINT positive TO above_zero", ""),
    ("ALTER INDEX by_note RENAME TO by_lower_note", ""),
    ("COMMENT ON TABLE orders IS 'orders'", ""),
]


def script(url: str, sql: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.encode())


@pytest.fixture(scope="module")
def template(postgres: PostgresServer) -> tuple[str, Catalog]:
    url = postgres.create_database()
    script(url, BEFORE)
    return url.rpartition("/")[2], reflect(open_engine(url))


@pytest.mark.parametrize(("sql", "expected"), CHANGES, ids=[sql for sql, _ in CHANGES])
def test_message(postgres: PostgresServer, template: tuple[str, Catalog], sql: str, expected: str) -> None:
    name, before = template
    url = postgres.create_database(template=name)
    script(url, sql)
    drift = compare(before, reflect(open_engine(url)))
    assert bool(drift) == bool(expected)
    lines, wanted = str(drift).splitlines(), expected.splitlines()
    assert len(lines) == len(wanted)
    for line, pattern in zip(lines, wanted, strict=True):
        start, *rest = pattern.split("*")
        assert line.startswith(start)
        assert all(part in line for part in rest)


def test_new_and_removed(sqlite_database: Callable[..., str]) -> None:
    before = reflect(open_engine(sqlite_database("CREATE TABLE a (x, y); CREATE TABLE b (x)", name="before")))
    after = reflect(open_engine(sqlite_database("CREATE TABLE a (y, z TEXT); CREATE TABLE c (x)", name="after")))
    drift = compare(before, after)
    assert drift.new_tables == ("c",)
    assert drift.removed_tables == ("b",)
    assert drift.new_columns == (("a", "z"),)
    assert drift.removed_columns == (("a", "x"),)
    assert type(drift).model_validate_json(drift.model_dump_json()) == drift
    assert not compare(after, after)


def test_options_and_order(sqlite_database: Callable[..., str]) -> None:
    before = reflect(open_engine(sqlite_database("CREATE TABLE a (x INT, y INT)", name="before")))
    after = reflect(open_engine(sqlite_database("CREATE TABLE a (y INT, x INT) STRICT", name="after")))
    drift = compare(before, after)
    assert [change.kind for change in drift.changes] == [ChangeKind.COLUMN_ORDER, ChangeKind.TABLE_OPTIONS]
    assert str(drift) == "a: the columns stand in another order: y, x\na: the options () became (STRICT)"


def test_labels_that_are_spelled_in_the_type() -> None:
    def catalog(*labels: str) -> Catalog:
        native = f"ENUM({', '.join(map(repr, labels))})"
        column = Column(name="s", type=DataType(kind=Kind.ENUM, native=native, labels=labels))
        return Catalog(dialect="duckdb", tables=(Table(name="t", columns=(column,)),))

    assert str(compare(catalog("a", "b"), catalog("a", "b", "c"))) == "t.s: the label 'c' is new"
    assert str(compare(catalog("a", "b"), catalog("b", "a"))) == "t.s: the labels stand in another order: 'b', 'a'"
