"""The production database of the demo's shop: 14 tables with keys of every kind, everybody in it invented."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import polars as pl

from benchmarks.cases.case import Case, Places
from benchmarks.cases.catalog_schema import schema_of
from demo.shop.database import build
from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Kind, Table
from synth_assets.catalog.reflect import reflect

SEED, CUSTOMERS = 2026, 4_000


def shop(places: Places) -> Case:  # noqa: ARG001 (nothing is read)
    """As `make demo` builds it, its columns learned whatever the demo's plan says of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        build(path, seed=SEED, customers=CUSTOMERS)
        engine = open_engine(f"sqlite:///{path}")
        catalog = reflect(engine)
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            frames = {table.name: _read(connection, table) for table in catalog.tables}
    return Case(name="shop", frames=frames, schema=schema_of(catalog, frames))


def _read(connection: sqlite3.Connection, table: Table) -> pl.DataFrame:
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = connection.execute(f'SELECT {quoted} FROM "{table.name}"').fetchall()
    return _as_declared(pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None), table)


def _as_declared(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Days, times and booleans, which SQLite keeps as texts and numbers."""
    declared = []
    for column in table.columns:
        values = pl.col(column.name)
        match column.type.kind:
            case Kind.DATE:
                values = values.str.to_date()
            case Kind.DATETIME:
                values = values.str.to_datetime(time_unit="us")
            case Kind.BOOLEAN:
                values = values.cast(pl.Boolean)
        declared.append(values)
    return rows.select(declared)
