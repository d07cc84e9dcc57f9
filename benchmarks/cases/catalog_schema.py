"""The schema of a benchmark from a catalog and its rows."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from synth_assets.catalog.model import Catalog, Column, Kind, Table

# A text of so few values, each so often, is a category.
MOST_CATEGORIES = 1000
FEWEST_ROWS_EACH = 10


def schema_of(catalog: Catalog, frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """What SCHEMA.json says of all tables."""
    tables = {
        table.name: {
            "primary_key": list(table.primary_key.columns) if table.primary_key else [],
            "columns": {column.name: kind_of(column, table, catalog, frames[table.name]) for column in table.columns},
        }
        for table in catalog.tables
    }
    keys = [
        {"table": t.name, "columns": list(k.columns), "parent": k.parent, "parent_columns": list(k.parent_columns)}
        for t in catalog.tables
        for k in t.foreign_keys
    ]
    return {"tables": tables, "foreign_keys": keys}


def kind_of(column: Column, table: Table, catalog: Catalog, rows: pl.DataFrame) -> str:
    """What a referee may compare: columns that refer or are referred to, single keys and unique columns are ids."""
    primary = [table.primary_key.columns] if table.primary_key else []
    alone = {columns[0] for columns in (*primary, *(key.columns for key in table.unique_keys)) if len(columns) == 1}
    referred = {c for t in catalog.tables for k in t.foreign_keys if k.parent == table.name for c in k.parent_columns}
    if column.name in alone | referred or any(column.name in key.columns for key in table.foreign_keys):
        return "id"
    if rows[column.name].null_count() == rows.height:
        return "text"  # nothing to compare
    if column.type.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
        return "numerical"
    if column.type.kind in (Kind.DATE, Kind.DATETIME):
        return "datetime"
    if column.type.kind is Kind.BOOLEAN:
        return "boolean"
    values = rows[column.name].drop_nulls()
    few = values.n_unique() <= min(MOST_CATEGORIES, max(values.len() // FEWEST_ROWS_EACH, 2))
    return "categorical" if few else "text"
