"""A small shop in PostgreSQL, and what tests ask a target."""

import contextlib
import datetime
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import sqlalchemy

from tests.servers import postgres_binaries

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY, email varchar(80) COLLATE "C" NOT NULL, mood mood DEFAULT 'sad'::mood,
  moods mood[], points positive, favourite int, born date, seen timestamptz DEFAULT now(), extra jsonb, ref uuid,
  photo bytea, PRIMARY KEY (id), CONSTRAINT email_once UNIQUE (email));
CREATE TABLE orders (
  id serial PRIMARY KEY, customer_id bigint NOT NULL, parent_id int, total numeric(10,2) CHECK (total >= 0),
  note text DEFAULT 'it''s', tax numeric GENERATED ALWAYS AS (total * 0.2) STORED,
  CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE ON UPDATE RESTRICT,
  FOREIGN KEY (parent_id) REFERENCES orders);
ALTER TABLE customers ADD CONSTRAINT favourite_order FOREIGN KEY (favourite) REFERENCES orders
  DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE "order lines" (order_id int REFERENCES orders, line int, sku text, PRIMARY KEY (order_id, line));
CREATE TABLE nothing (a text, b int);
CREATE UNIQUE INDEX big_orders ON orders (total) WHERE total > 1000;
CREATE INDEX lower_mail ON customers USING btree (lower(email) text_pattern_ops);
CREATE INDEX happy ON customers (id) WHERE mood = 'happy'::mood;
COMMENT ON TABLE orders IS 'It''s \\ orders'; COMMENT ON COLUMN orders.note IS 'A note';
"""


# The shop as a target has it whose people have partitioned two of its tables, one of them twice.
# A key of a partitioned table holds what its rows are parted by.
WITH_WIDER_KEYS = SHOP.replace("ON orders (total) WHERE", "ON orders (id, total) WHERE")
PARTITIONED = (
    WITH_WIDER_KEYS.replace(
        "(parent_id) REFERENCES orders);", "(parent_id) REFERENCES orders) PARTITION BY RANGE (id);"
    ).replace("PRIMARY KEY (order_id, line));", "PRIMARY KEY (order_id, line)) PARTITION BY HASH (order_id);")
    + """
CREATE TABLE orders_first PARTITION OF orders FOR VALUES FROM (MINVALUE) TO (10) PARTITION BY HASH (id);
CREATE TABLE orders_first_0 PARTITION OF orders_first FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE orders_first_1 PARTITION OF orders_first FOR VALUES WITH (modulus 2, remainder 1);
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
CREATE TABLE lines_0 PARTITION OF "order lines" FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE lines_1 PARTITION OF "order lines" FOR VALUES WITH (modulus 2, remainder 1);
"""
)


def shop_frames(refresh: int, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Rows in which every customer, order and line carries the number of its refresh."""
    ids = list(range(1, rows + 1))
    at = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    return {
        "customers": pl.DataFrame(
            {
                "id": ids,
                "email": [f"{n}@{refresh}.example" for n in ids],
                "mood": ["it's ok" if n % 2 else None for n in ids],
                "moods": ["{sad,happy}" for _ in ids],
                "points": ids,
                "favourite": [n if n % 3 else None for n in ids],
                "born": [datetime.date(1980, 1, 1) for _ in ids],
                "seen": [at for _ in ids],
                "extra": ['{"a": 1.10}' for _ in ids],
                "ref": ["7f000000-0000-4000-8000-000000000001" for _ in ids],
                "photo": [b"\x00\xff" if n % 2 else b"" for n in ids],
            }
        ),
        "orders": pl.DataFrame(
            {
                "id": ids,
                "customer_id": ids,
                "parent_id": [n - 1 if n > 1 else None for n in ids],
                "total": pl.Series([Decimal(n) / 4 for n in ids], dtype=pl.Decimal(10, 2)),
                "note": [f"refresh {refresh}" for _ in ids],
            }
        ),
        "order lines": pl.DataFrame({"order_id": ids, "line": [1] * rows, "sku": [f"{refresh}-{n}" for n in ids]}),
        "nothing": pl.DataFrame(schema={"a": pl.String, "b": pl.Int64}),
    }


@contextlib.contextmanager
def connected(url: str) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def rows_of(url: str, sql: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def run_in(url: str, script: str) -> None:
    with connected(url) as connection:
        connection.execute(script.encode())


def make_roles(url: str, *names: str) -> None:
    """Roles of the server, which tests in other processes may have made and may still use: nobody drops them."""
    for name in names:
        run_in(
            url,
            f"DO $$BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END$$",
        )


def own_schemas(url: str) -> list[str]:
    found = rows_of(url, r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'synth\_assets\_%' ORDER BY 1")
    return [name.split("_")[2] for (name,) in found]


def dumped(url: str) -> str:
    """The schema as pg_dump prints it, without what is ours."""
    parts = sqlalchemy.make_url(url)
    command = [
        *(str(postgres_binaries() / "pg_dump"), "--schema-only", "--exclude-schema=synth_assets*"),
        f"--dbname={parts.set(drivername='postgresql').render_as_string(hide_password=False)}",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    # A key that newer releases draw for every dump.
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))
