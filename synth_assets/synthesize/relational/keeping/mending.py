"""Rows that still break something when each kind has been kept: they take what a row has that breaks nothing.

What is kept of one kind may break another: a label that is changed because of a NULL may have been a part of a
combination. Columns that have to do with each other, directly or over others, are therefore taken together.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.matching import group_numbers

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


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
