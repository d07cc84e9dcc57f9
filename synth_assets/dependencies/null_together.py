"""Columns that are NULL in the same rows."""

from collections.abc import Collection

import numpy as np
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, may_be_chance
from synth_assets.plan.dependencies import NullTogether


def find_null_together(rows: pl.DataFrame) -> tuple[NullTogether, ...]:
    """Groups of columns that are NULL in the same rows, where some are and some are not."""
    if rows.height < FEWEST_ROWS:
        return ()
    names = [name for name in rows.columns if 0 < rows[name].null_count() < rows.height]
    groups: dict[bytes, list[str]] = {}
    for name in names:
        groups.setdefault(np.packbits(rows[name].is_null().to_numpy()).tobytes(), []).append(name)
    return tuple(
        NullTogether(columns=tuple(group))
        for group in groups.values()
        if len(group) > 1 and not may_be_chance(rows.height, rows[group[0]].is_null(), tried=len(names) ** 2)
    )


def partly_null(rows: pl.DataFrame, one: NullTogether) -> pl.Series:
    """True for rows in which some of the columns are NULL and some are not."""
    nulls = pl.sum_horizontal(pl.col(name).is_null().cast(pl.Int64) for name in one.columns)
    return rows.select((nulls > 0) & (nulls < len(one.columns))).to_series()


def keep_null_together(
    rows: pl.DataFrame, one: NullTogether, *, free: Collection[str], rng: np.random.Generator
) -> pl.DataFrame:
    """Rows in which all columns are NULL where the first is, or where one is that may not be changed.

    Where that one is not, the others take the values of a row in which none is NULL.
    """
    leader = next((name for name in one.columns if name not in free), one.columns[0])
    others = [name for name in one.columns if name != leader and name in free]
    wrong = partly_null(rows, one).to_numpy()
    if not wrong.any():
        return rows
    whole = np.flatnonzero(~wrong & rows[leader].is_not_null().to_numpy())
    source = np.arange(rows.height)
    open_ = np.flatnonzero(wrong & rows[leader].is_not_null().to_numpy())
    if len(whole):
        source[open_] = rng.choice(whole, len(open_))
    empty = rows[leader].is_null()
    return rows.with_columns(
        pl.when(empty)
        .then(None)
        .otherwise(pl.when(pl.col(name).is_null()).then(rows[name].gather(source)).otherwise(pl.col(name)))
        .alias(name)
        for name in others
    )
