"""Numbers of PostgreSQL whose type states no digits, or more than polars has: the type that their values need."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from synth_assets.catalog.frames import measured_decimal, polars_type
from synth_assets.catalog.model import Column, Kind, Table
from synth_assets.catalog.sql_text import quoted

# A query of PostgreSQL gives at most 1,664 columns.
_MOST_COLUMNS = 300


def measured_decimals(
    table: Table, *, exactly: bool, source: str, rows: Callable[[str, str], Sequence[tuple[Any, ...]]]
) -> dict[str, pl.Decimal]:
    """The types of the columns that polars can hold as numbers although their declared type has no polars type.

    Args:
        exactly: Leave out columns whose values are written with different scales (1.5 and 1.50), which one type of
            polars does not tell apart.
        source: What follows FROM.
        rows: Runs a query on a table.
    """
    columns = [c for c in table.columns if c.type.kind is Kind.DECIMAL and isinstance(polars_type(c.type), pl.String)]
    found: dict[str, pl.Decimal] = {}
    for start in range(0, len(columns), _MOST_COLUMNS):
        some = columns[start : start + _MOST_COLUMNS]
        [answer] = rows(f"SELECT {', '.join(map(_measure, some))} FROM {source}", table.name)
        for position, column in enumerate(some):
            special, whole, least, written, needed = answer[5 * position : 5 * position + 5]
            dtype = measured_decimal(whole=whole or 1, written=written or 0, needed=needed or 0)
            mixed = column.type.precision is None and least != written
            if not special and dtype is not None and not (exactly and mixed):
                found[column.name] = dtype
    return found


def _measure(column: Column) -> str:
    """Whether any value is none but NaN or infinity; most digits before the point; scales; digits behind it."""
    value = f"t.{quoted(column.name)}::numeric"
    after_point = f"rtrim(split_part({value}::text, '.', 2), '0')"
    return (
        f"coalesce(bool_or({value}::text ~ '[NI]'), false), "
        f"max(length(ltrim(split_part({value}::text, '.', 1), '-'))), "
        f"min(scale({value})), max(scale({value})), max(length({after_point}))"
    )
