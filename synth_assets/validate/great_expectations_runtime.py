"""Great Expectations itself: imported when it is first needed, with its analytics off."""

import os
from functools import cache
from typing import Any

import polars as pl


@cache
def great_expectations() -> Any:
    """The module `great_expectations`. Its analytics must be off before it is imported: it never calls home."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    return gx


def expectation_class(kind: str) -> Any | None:
    """The class of an expectation by its name in snake case; None if there is none."""
    great_expectations()
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        return get_expectation_impl(kind)
    except ExpectationNotFoundError:
        return None


def known_types() -> list[str]:
    """The names of every expectation that there is."""
    great_expectations()
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    return sorted(list_registered_expectation_implementations())


def ephemeral_context() -> Any:
    """A context that lives in memory, prints no progress and sends nothing."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.enable_analytics(False)
    return context


def as_pandas(frame: pl.DataFrame) -> Any:
    """The rows as Great Expectations reads them.

    Integers and booleans keep their NULLs as pandas' nullable types, decimals become floats (their digits are checked
    exactly elsewhere), times of day become ISO text, which sorts as they do.
    """
    import pandas as pd

    columns: dict[str, Any] = {}
    for column in frame:
        has_nulls = column.null_count() > 0
        if has_nulls and column.dtype.is_integer():
            kind = pd.arrays.IntegerArray
            columns[column.name] = kind(
                column.fill_null(0).to_numpy(writable=True), column.is_null().to_numpy(writable=True)
            )
        elif has_nulls and column.dtype == pl.Boolean:
            filled = column.fill_null(False).to_numpy(writable=True)
            columns[column.name] = pd.arrays.BooleanArray(filled, column.is_null().to_numpy(writable=True))
        elif column.dtype.is_decimal():
            columns[column.name] = column.cast(pl.Float64).to_numpy()
        elif column.dtype == pl.Time:
            columns[column.name] = column.cast(pl.String).to_pandas()
        else:
            columns[column.name] = column.to_pandas()
    return pd.DataFrame(columns, copy=False)
