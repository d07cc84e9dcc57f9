"""Rows as DuckDB reads them: Arrow, with a strict cast of every column to the type of the target's."""

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from synth_assets.catalog.frames import decimal_of
from synth_assets.catalog.model import Catalog, Kind
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.request import Rows

_MOMENT = r"^(\d+-\d\d-\d\d)(.*) BC$"


def held_types(catalog: Catalog, tables: Mapping[str, Rows]) -> dict[str, pl.Schema]:
    """How the rows hold each column; numbers that stand as texts since their type states no digits, by their digits."""
    if catalog.dialect == "duckdb":
        return {name: rows.schema for name, rows in tables.items()}
    found = {}
    for table in catalog.tables:
        sent = tables[table.name]
        schema = dict(sent.schema)
        for column in table.columns:
            if column.type.kind is Kind.DECIMAL and schema.get(column.name) == pl.String:
                texts = [batch[column.name] for batch in sent.batches(columns=[column.name])]
                measured = decimal_of(pl.concat(texts)) if texts else None
                schema[column.name] = measured or pl.String()
        found[table.name] = pl.Schema(schema)
    return found


def arrow(frame: pl.DataFrame, *, types: Mapping[str, str]) -> pa.Table:
    """The rows for DuckDB: dates before the year 1 and intervals in its words, if they stand in PostgreSQL's.

    Args:
        types: The target's type of each column.
    """
    reworded = frame.with_columns(
        _reworded(frame[name], native) for name, native in types.items() if frame.schema[name] == pl.String
    )
    return reworded.select(list(types)).to_arrow(compat_level=pl.CompatLevel.oldest())


def casts(types: Mapping[str, str]) -> str:
    """What stands between SELECT and FROM, a column after the other."""
    return ", ".join(f"CAST({quoted(name)} AS {native})" for name, native in types.items())


def _reworded(texts: pl.Series, native: str) -> pl.Series:
    if native.startswith(("DATE", "TIMESTAMP")):
        return texts.str.replace(_MOMENT, "$1 (BC)$2")
    if native == "INTERVAL":
        return texts.str.replace_all("+", "", literal=True)
    return texts
