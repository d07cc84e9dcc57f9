"""Whole numbers in whose order siblings stand where no key and no time orders them: a year, a visit, a day."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import Rows

FEWEST_STEPS = 200
_APART = 0.9  # share of siblings that stand by themselves, if the number goes on by equal steps
_REGULAR = 0.5  # share of steps that are the most frequent one
_IN_ORDER = 0.98  # share of rows, as they came, that do not stand before the sibling before them
_DIFFER = 0.3  # share of those that stand behind it


def numbering(rows: pl.DataFrame, candidates: Sequence[str], families: Rows) -> str | None:
    """The column that tells most siblings apart, of those that number them; None if none does.

    A column does whose neighbours in a family are mostly one and the same step apart, or in whose order rows came:
    chance would bring half of them out of order. What is an amount is neither.

    Args:
        rows: In the order in which they came.
        candidates: Columns of whole numbers.
        families: The family of each row, negative for rows without siblings.
    """
    told = {name: share for name in candidates if (share := _told_apart(rows[name], families)) is not None}
    return max(told, key=lambda name: told[name]) if told else None


def _told_apart(values: pl.Series, families: Rows) -> float | None:
    """The share of siblings that have another number than the one before; None for a column that numbers none."""
    if values.null_count():
        return None
    steps = _steps(values, families)
    apart = steps[steps != 0]
    if len(steps) < FEWEST_STEPS or not len(apart):
        return None
    share = len(apart) / len(steps)
    regular = np.unique(apart, return_counts=True)[1].max() >= _REGULAR * len(apart)
    if share >= _APART and regular:
        return share
    came = _steps(pl.Series(np.arange(len(values))), families, values)
    return share if np.mean(came >= 0) >= _IN_ORDER and np.mean(came > 0) >= _DIFFER else None


def _steps(order_by: pl.Series, families: Rows, values: pl.Series | None = None) -> npt.NDArray[np.int64]:
    """How far siblings' values, those of the order if no others are given, lie apart in that order."""
    arranged = Arranged.by(families, order_by)
    ordered = (order_by if values is None else values).cast(pl.Int64).to_numpy()[arranged.order]
    follows = (arranged.position > 0) & (families[arranged.order] >= 0)
    return np.diff(ordered, prepend=ordered[:1])[follows]
