"""Numbers that never fall from one row of a family to the next: a meter's readings, a car's kilometres."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, is_chance
from synth_assets.synthesize.relational.matching import Rows

RARELY_FALLS = 0.1  # share of the steps in which what goes up by itself, as a population does, falls at least
_FAMILY, _STEP = "#family", "#step"


def find_rising(
    rows: pl.DataFrame, order_by: pl.Series, *, order: Rows, follows: npt.NDArray[np.bool_], among: Collection[str]
) -> tuple[str, ...]:
    """The columns of numbers that never fall, where what falls in one of ten steps would hardly have gone on rising.

    A row is compared to the last one before it in which the number is known; steps between rows of one moment, which
    may have come about in another order, are not looked at.

    Args:
        rows: The table's columns.
        order_by: In whose order siblings stand.
        order: Row numbers, family by family, in the order of each.
        follows: For each row in that order, whether the one before it is the one before it in its family.
        among: Columns that may never fall.
    """
    names = [name for name in rows.columns if name in among and rows.schema[name].is_numeric()]
    family, moments = pl.Series(_FAMILY, np.cumsum(~follows)), order_by.gather(order)
    later = (moments != moments.shift(1)).fill_null(value=True)
    found = []
    for name in names:
        ordered = pl.DataFrame({name: rows[name].gather(order), _FAMILY: family})
        before = pl.col(name).forward_fill().shift(1).over(_FAMILY)
        step = ordered.select((pl.col(name) - before).cast(pl.Float64).alias(_STEP))[_STEP].filter(later)
        rises, falls = int((step > 0).sum()), int((step < 0).sum())
        if not falls and rises >= FEWEST_ROWS and not is_chance(rises, 1 - RARELY_FALLS, tried=len(names)):
            found.append(name)
    return tuple(found)


def without_falls(rows: pl.DataFrame, families: Rows, columns: Collection[str]) -> pl.DataFrame:
    """The rows with the numbers of each family in the order of its rows; where one is NULL, it stays so.

    Args:
        families: The family of each row; those of one lie side by side and in their order.
    """
    return rows.with_columns(_in_order(rows[name], families) for name in columns)


def _in_order(values: pl.Series, families: Rows) -> pl.Series:
    known = np.flatnonzero(values.is_not_null().to_numpy())
    starts = np.r_[True, families[known][1:] != families[known][:-1]] if len(known) else np.zeros(0, dtype=np.bool_)
    sorted_ = np.lexsort((values.gather(known).cast(pl.Float64).to_numpy(), np.cumsum(starts)))
    source = np.arange(len(values))
    source[known] = known[sorted_]
    return values.gather(source)
