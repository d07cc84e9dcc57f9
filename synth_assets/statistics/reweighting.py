"""Rows chosen so that the values of one of their columns have wished shares."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.plan.balance import Balance
from synth_assets.statistics.encoding import as_text

Rows = npt.NDArray[np.int64]


def classes(values: pl.Series, wished: Balance) -> Rows:
    """For each value its place among the named ones; their number for any other value, NULL included."""
    texts = as_text(values)
    found = np.full(len(texts), len(wished.shares), dtype=np.int64)
    for place, name in enumerate(wished.shares):
        found[(texts == name).fill_null(value=False).to_numpy()] = place
    return found


def shares(wished: Balance) -> npt.NDArray[np.float64]:
    """The share of each class, that of all values that are not named last; they add up to 1."""
    return np.array([*wished.shares.values(), wished.rest])


def wished_rows(values: pl.Series, wished: Balance, *, rng: np.random.Generator) -> Rows:
    """Numbers of rows, ascending, drawn without replacement: as many as there can be with the wished shares.

    Of each class rows are drawn at random, so that within a class everything is distributed as before: this is the
    table reweighted by class, without a row counted twice. No row if a class that is wished for has none.
    """
    of_row = classes(values, wished)
    share = shares(wished)
    counts = np.bincount(of_row, minlength=len(share))
    asked = share > 0
    total = float((counts[asked] / share[asked]).min())
    chosen = [
        rng.choice(np.flatnonzero(of_row == place), min(round(total * part), int(counts[place])), replace=False)
        for place, part in enumerate(share)
    ]
    return np.sort(np.concatenate(chosen))
