"""Times as whole numbers: how many units of its type a time lies after the type's first moment."""

import polars as pl


def ticks(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Times in the physical unit of another type."""
    return values.cast(dtype).to_physical().cast(pl.Int64)


def from_ticks(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Whole numbers in the physical unit of a type as values of it."""
    return (values.cast(pl.Int32) if dtype == pl.Date else values).cast(dtype)
