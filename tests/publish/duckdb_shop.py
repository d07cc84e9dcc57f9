"""A shop in DuckDB, and looks into its files from outside."""

import datetime
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from synth_assets.publish.duckdb_connection import reading

SHOP = """
CREATE SEQUENCE numbers;
CREATE TABLE customers (
  id BIGINT PRIMARY KEY DEFAULT nextval('numbers'), email VARCHAR NOT NULL UNIQUE, vip BOOLEAN DEFAULT false,
  born DATE, seen TIMESTAMP WITH TIME ZONE DEFAULT now());
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id BIGINT NOT NULL REFERENCES customers (id),
  total DECIMAL(10, 2) CHECK (total >= 0), note VARCHAR DEFAULT 'no''ne',
  tax DOUBLE GENERATED ALWAYS AS (total * 0.2), kind ENUM ('web', 'sh''op'),
  CONSTRAINT small CHECK (length(note) < 50));
CREATE TABLE "order lines" (
  order_id INTEGER REFERENCES orders (id), line INTEGER, sku VARCHAR, PRIMARY KEY (order_id, line),
  UNIQUE (sku, order_id));
CREATE TABLE codes (code VARCHAR PRIMARY KEY, n UBIGINT);
COMMENT ON TABLE orders IS 'it''s';
COMMENT ON COLUMN orders.note IS '100%';
CREATE INDEX by_kind ON orders (kind);
CREATE INDEX lower_mail ON customers (lower(email));
"""


def shop_frames(refresh: int, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Rows in which every customer, order and line carries the number of its refresh."""
    ids = list(range(1, rows + 1))
    at = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    return {
        "customers": pl.DataFrame(
            {
                "id": ids,
                "email": [f"{n}@{refresh}.example" for n in ids],
                "vip": [n % 2 == 0 if n % 7 else None for n in ids],
                "born": [datetime.date(1980, 1, 1) + datetime.timedelta(days=n) for n in ids],
                "seen": [at for _ in ids],
            }
        ),
        "orders": pl.DataFrame(
            {
                "id": ids,
                "customer_id": ids,
                "total": pl.Series([Decimal(n) / 4 for n in ids], dtype=pl.Decimal(10, 2)),
                "note": [f"refresh {refresh}" for _ in ids],
                "kind": ["web" if n % 2 else "sh'op" for n in ids],
            }
        ),
        "order lines": pl.DataFrame({"order_id": ids, "line": [1] * rows, "sku": [f"{refresh}-{n}" for n in ids]}),
        "codes": pl.DataFrame({"code": ["most"], "n": pl.Series([2**64 - 1], dtype=pl.UInt64)}),
    }


def path_of(url: str) -> Path:
    return Path(url.removeprefix("duckdb:///"))


def run_in(url: str, script: str) -> None:
    with duckdb.connect(str(path_of(url))) as connection:
        connection.execute(script)


def rows_of(url: str, sql: str) -> list[tuple[Any, ...]]:
    with reading(path_of(url), step="test") as connection:
        return connection.execute(sql).fetchall()


def files_beside(url: str) -> list[str]:
    path = path_of(url)
    return sorted(found.name.rpartition(".")[2] for found in path.parent.glob(f".{path.name}.synth-assets.*"))


class Process:
    """Another process that has a file open until it is told to go."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        script = (
            f"import duckdb\nc = duckdb.connect({str(path_of(url))!r}, read_only={read_only})\n"
            "print('open', flush=True)\nwhile sql := input():\n    print(c.execute(sql).fetchall(), flush=True)\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def ask(self, sql: str) -> str:
        assert self._process.stdin is not None
        print(sql, file=self._process.stdin, flush=True)
        return self._answer()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
