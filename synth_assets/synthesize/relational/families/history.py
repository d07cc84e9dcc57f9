"""What rows learn of the siblings before them, and how they are learned then."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.deviation import plain_numbers
from synth_assets.synthesize.months import days_of, in_month
from synth_assets.synthesize.relational.families.arranged import LAST, POSITION, Arranged
from synth_assets.synthesize.relational.families.order import (
    SIDES,
    FamilyOrder,
    mean_of,
    month_of,
    previous_of,
    same_of,
    since_of,
)
from synth_assets.synthesize.relational.matching import Rows

ENOUGH_FIRST = 5_000
MOST_POSITIONS = 8


def contexts_before(
    rows: pl.DataFrame, known: pl.DataFrame | None, arranged: Arranged, order: FamilyOrder
) -> pl.DataFrame:
    """What each row knows of the siblings before it, in the order of `rows`; nulls for first siblings."""
    around = rows if known is None else pl.concat([known, rows], how="horizontal")
    follows = arranged.position > 0
    sorted_rows = around.select(order.previous)[arranged.order]
    first = pl.Series(~follows)
    before = sorted_rows.select(
        pl.when(first).then(None).otherwise(pl.col(name).shift(1)).alias(name) for name in order.previous
    )
    context = before.rename({name: previous_of(name) for name in order.previous})
    starts = np.maximum.accumulate(np.where(~follows, np.arange(len(follows)), 0))
    at = np.arange(len(follows))
    means = []
    told = {mean_of(name): sorted_rows[name].cast(pl.Float64).to_numpy() for name in order.averaged}
    told |= {
        share.name: sorted_rows[share.column].eq(share.label).fill_null(value=False).cast(pl.Float64).to_numpy()
        for share in order.shares
    }
    for name, values in told.items():
        there = ~np.isnan(values)
        sums, counts = np.r_[0.0, np.cumsum(np.where(there, values, 0.0))], np.r_[0.0, np.cumsum(there)]
        count = counts[at] - counts[starts[at]]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count > 0, (sums[at] - sums[starts[at]]) / count, np.nan)
        means.append(pl.Series(name, mean, nan_to_null=True))
    same = [
        (sorted_rows[name].eq_missing(before[name]) & pl.Series(follows)).alias(same_of(name))
        for name in order.compared
    ]
    months = [
        pl.Series(name, in_month(np.r_[0, days_of(around[column][arranged.order])[:-1]], side)).set(first, None)
        for name, (column, side) in order.months.items()
        if column in around.columns
    ]
    distances = [_since(around[name], arranged).alias(since_of(name)) for name in order.since]
    for name, column in order.gaps.items():
        if column in around.columns:
            distances.append(_since(around[column], arranged).shift(1).set(first, None).alias(name))
    for name, side in ((name, side) for name in order.dated for side in SIDES):
        months.append(pl.Series(month_of(name, side), in_month(days_of(around[name][arranged.order]), side)))
    context = context.with_columns(
        *means, *same, *months, *distances, pl.Series(POSITION, arranged.position), pl.Series(LAST, arranged.last)
    )
    back = np.empty(len(arranged.order), dtype=np.int64)
    back[arranged.order] = np.arange(len(arranged.order))
    return context[back]


def _since(values: pl.Series, arranged: Arranged) -> pl.Series:
    """How far each row, in the order of siblings, is from the one before it, in physical units; NULL for first ones."""
    return values.to_physical().cast(pl.Int64)[arranged.order].diff().set(pl.Series(arranged.position == 0), None)


def first_rows(arranged: Arranged, continuous: npt.NDArray[np.bool_]) -> tuple[Rows, pl.DataFrame]:
    """The rows that the model of first siblings is trained on, and their context; only `continuous` rows are.

    Where there are few families, it is trained on all rows, so that it has much to learn from; the position that a row
    really has lets it tell what only first siblings are like.
    """
    known = continuous[arranged.order]
    first = (arranged.position == 0) & known
    chosen = np.flatnonzero(first if int(first.sum()) >= ENOUGH_FIRST else known)
    return arranged.order[chosen], first_context(arranged.position[chosen], arranged.last[chosen])


def first_context(position: Rows, last: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """What first siblings know beside the context of their family."""
    return pl.DataFrame({POSITION: np.minimum(position, MOST_POSITIONS), LAST: last})


def step_rows(
    rows: pl.DataFrame, arranged: Arranged, order: FamilyOrder, continuous: npt.NDArray[np.bool_]
) -> tuple[Rows, pl.DataFrame]:
    """All `continuous` siblings but the first: their numbers, and the rows as they are learned.

    The order column is a gap then, and columns that follow the sibling before are deviations from it.
    """
    follows = (arranged.position > 0) & continuous[arranged.order]
    at = arranged.order[follows]
    columns = rows[at]
    before = arranged.order[np.flatnonzero(follows) - 1]
    for name, deviation in order.deviations.items():
        values = plain_numbers(rows[name])
        off = pl.Series(name, deviation.encode(values[at], values[before]))
        columns = columns.with_columns(off.cast(pl.Int64) if deviation.whole else off)
    if order.column:
        physical = rows[order.column][arranged.order].to_physical().cast(pl.Int64)
        gaps = (physical.diff().filter(pl.Series(follows)) // order.unit).rename(order.column)
        columns = columns.with_columns(gaps)
    return at, columns


def with_first_totals(rows: pl.DataFrame, known: pl.DataFrame | None, order: FamilyOrder) -> pl.DataFrame:
    """First siblings with the running totals that begin at zero."""
    around = rows if known is None else pl.concat([known, rows], how="horizontal")
    made = []
    for total in (total for total in order.running if total.from_zero):
        signs = total.signs(around[total.label] if total.label else None, rows.height)
        values = total.following(np.zeros(rows.height), plain_numbers(around[total.by]), signs)
        made.append(pl.Series(total.column, values))
    return rows.with_columns(made)
