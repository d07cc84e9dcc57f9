"""Rows that still break something when each kind has been kept: they take what a row has that breaks nothing.

What is kept of one kind may break another: a label that is changed because of a NULL may have been a part of a
combination. Columns that have to do with each other, directly or over others, are therefore taken together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.combination import unknown
from synth_assets.dependencies.determined import undetermined
from synth_assets.dependencies.grid import off_grid
from synth_assets.dependencies.null_by import wrongly_null
from synth_assets.dependencies.null_together import partly_null
from synth_assets.dependencies.one_of import not_one
from synth_assets.dependencies.order import above
from synth_assets.plan.dependencies import (
    Combination,
    Computed,
    Dependency,
    Determined,
    NotAbove,
    NullBy,
    NullTogether,
    OneOf,
    OnGrid,
    Total,
)
from synth_assets.synthesize.relational.matching import group_numbers

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def broken_rows(rows: pl.DataFrame, one: Dependency, known: Mapping[str, pl.DataFrame]) -> Mask:
    """True for rows that break a dependency; sums of children and what is computed are not looked at.

    Args:
        known: The combinations that may come out, by the text of their dependency.
    """
    match one:
        case Combination():
            wrong = unknown(rows, known[one.text], one.columns)
        case Determined():
            wrong = undetermined(rows, one)
        case OneOf():
            return not_one(rows, one)
        case NullTogether():
            wrong = partly_null(rows, one)
        case NullBy():
            wrong = wrongly_null(rows, one)
        case NotAbove():
            wrong = above(rows, one.lower, one.upper)
        case OnGrid():
            wrong = off_grid(rows, one)
        case Computed() | Total():
            return np.zeros(rows.height, dtype=np.bool_)
    return wrong.to_numpy()


def tied_together(ties: Iterable[Collection[str]]) -> list[frozenset[str]]:
    """The columns that have to do with each other, directly or over others."""
    groups: list[frozenset[str]] = []
    for tie in ties:
        touched = [group for group in groups if group & set(tie)]
        groups = [group for group in groups if group not in touched] + [frozenset(tie).union(*touched)]
    return groups


def donors(
    rows: pl.DataFrame, wrong: Mask, good: Mask, *, alike: Sequence[str], rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Wrong rows that have a good one with the same in all columns of `alike`, and such a one for each."""
    takers, givers = np.flatnonzero(wrong), np.flatnonzero(good)
    if not alike or not len(givers):
        return (takers, rng.choice(givers, len(takers))) if len(givers) else (givers, givers)
    groups = group_numbers([rows.select(pl.struct(alike).hash().alias("alike"))])[0]
    givers = givers[np.argsort(groups[givers], kind="stable")]
    first = np.searchsorted(groups[givers], groups[takers], side="left")
    offered = np.searchsorted(groups[givers], groups[takers], side="right") - first
    takers, first, offered = takers[offered > 0], first[offered > 0], offered[offered > 0]
    return takers, givers[first + (rng.random(len(takers)) * offered).astype(np.int64)]
