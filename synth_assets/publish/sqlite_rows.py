"""Rows as SQLite stores them: integers, reals, texts and blobs, times written as the source wrote them."""

from collections.abc import Mapping, Sequence
from typing import cast

import polars as pl

from synth_assets.publish.errors import RowsRefused

_GREATEST_INTEGER = 2**63 - 1
_EXACT_DIGITS = 15
_DATE = "%Y-%m-%d"
_TIME = "%H:%M:%S%.6f"


def stored(frame: pl.DataFrame, *, table: str, columns: Sequence[str], formats: Mapping[str, str]) -> pl.DataFrame:
    """The rows with columns of Int64, Float64, String and Binary only.

    Args:
        formats: How the source writes the times of a column, in chrono's strftime; ISO text otherwise.

    Raises:
        RowsRefused: NaN, which SQLite would store as NULL; an integer beyond 64 bits; a type that is not flat.
    """
    return frame.select(_stored(frame[column], table, formats.get(column)) for column in columns)


def _stored(values: pl.Series, table: str, form: str | None) -> pl.Series:
    match values.dtype:
        case pl.String | pl.Binary | pl.Int64:
            return values
        case pl.Null:
            return values.cast(pl.String)
        case pl.Categorical | pl.Enum:
            return values.cast(pl.String)
        case pl.Boolean:
            return values.cast(pl.Int64)
        case pl.Float32 | pl.Float64:
            return _real(values, table)
        case pl.Decimal():
            return _number(values)
        case pl.Date:
            return values.dt.to_string(form or _DATE)
        case pl.Time:
            return values.dt.to_string(form or _TIME)
        case pl.Datetime():
            zone = "+00:00" if values.dtype.time_zone else ""
            return values.dt.to_string(form or f"{_DATE} {_TIME}{zone}")
        case dtype if dtype.is_integer():
            return _integer(values, table)
        case dtype:
            raise RowsRefused(
                table, values.name, f"has the type {dtype}, which SQLite cannot store", "Report it: rows must be flat."
            )


def _real(values: pl.Series, table: str) -> pl.Series:
    if values.is_nan().any():
        raise RowsRefused(
            table,
            values.name,
            "holds NaN, which SQLite would store as NULL",
            "Let the column be learned or set to null in the plan instead of kept.",
        )
    # A 32-bit number is widened by its shortest decimal text, as databases print it: 0.1 stays 0.1.
    return values if values.dtype == pl.Float64 else values.cast(pl.String).cast(pl.Float64)


def _number(values: pl.Series) -> pl.Series:
    dtype = cast(pl.Decimal, values.dtype)
    if not dtype.scale and (dtype.precision or 0) <= 18:
        return values.cast(pl.Int64)
    if (dtype.precision or 0) <= _EXACT_DIGITS:
        return values.cast(pl.Float64)
    return values.cast(pl.String).cast(pl.Float64)


def _integer(values: pl.Series, table: str) -> pl.Series:
    greatest = cast(int | None, values.max())
    if greatest is not None and greatest > _GREATEST_INTEGER:
        raise RowsRefused(
            table, values.name, "holds an integer beyond 64 bits with sign", "Let the column be learned or masked."
        )
    return values.cast(pl.Int64)
