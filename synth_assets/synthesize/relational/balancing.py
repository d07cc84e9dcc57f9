"""Wished shares of a column's values: the column is drawn first, and all others given it.

A model that is learned from rows of which each value's are there in its wished share gives, by Bayes' rule, every row
its value with the odds that it has in the source times wished over real share: rows of which a value is likely get it
first. A few rows are then given another value, so that the shares are met as nearly as whole rows can.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.plan.balance import Balance
from synth_assets.statistics.encoding import as_text
from synth_assets.statistics.reweighting import classes, shares, wished_rows
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.matching import Rows

BALANCED = "balanced"
_NAMED_VALUES = "named values.parquet"


def training_rows(values: pl.Series, wished: Balance, *, min_group: int, rng: np.random.Generator) -> Rows:
    """The rows to learn the column from: as many as there can be with the wished shares.

    Values that fewer than `min_group` rows share are left out: they must not come out.
    """
    texts = as_text(values)
    counts = texts.drop_nulls().value_counts(name="#").filter(pl.col("#") >= min_group)
    may_come_out = texts.is_null() | texts.is_in(counts[texts.name].implode())
    rows = np.flatnonzero(may_come_out.to_numpy())
    return rows[wished_rows(texts.gather(rows), wished, rng=rng)]


def save_named_values(folder: Folder, values: pl.Series, wished: Balance) -> None:
    """Save the values that the plan names as the column holds them: a number or a truth value, not its text."""
    first = [int(np.argmax(classes(values, wished) == place)) for place in range(len(wished.shares))]
    folder.write_frame(_NAMED_VALUES, values.gather(first).alias("value").to_frame())


def with_wished_shares(drawn: pl.Series, folder: Folder, wished: Balance, *, rng: np.random.Generator) -> pl.Series:
    """Drawn values of which rows chosen at random are replaced until the shares are as wished.

    Args:
        drawn: Of each row.
        folder: Where `save_named_values` has saved.
    """
    named = folder.read_frame(_NAMED_VALUES)["value"].cast(drawn.dtype)
    of_row = classes(drawn, wished)
    wanted = _whole(shares(wished), len(drawn))
    others = np.flatnonzero(of_row == len(named))
    if not len(others):
        wanted = _whole(shares(wished)[:-1] / max(sum(wished.shares.values()), 1e-9), len(drawn))
        wanted = np.r_[wanted, 0]
    counts = np.bincount(of_row, minlength=len(wanted))
    surplus = [
        rng.permutation(np.flatnonzero(of_row == place))[count:]
        for place, count in enumerate(wanted)
        if counts[place] > count
    ]
    free = rng.permutation(np.concatenate([np.empty(0, dtype=np.int64), *surplus]))
    lacking = np.repeat(np.arange(len(wanted)), np.maximum(wanted - counts, 0))
    source = np.arange(len(drawn))
    source[free] = np.where(
        lacking < len(named), len(drawn) + lacking, rng.choice(others, len(lacking)) if len(others) else 0
    )
    return pl.concat([drawn, named.alias(drawn.name)]).gather(source)


def _whole(share: npt.NDArray[np.float64], rows: int) -> Rows:
    """Numbers of rows that add up to `rows`, as near to the shares as whole rows can: by the largest remainder."""
    wanted = share * rows
    counts = np.floor(wanted).astype(np.int64)
    missing = rows - int(counts.sum())
    counts[np.argsort(counts - wanted, kind="stable")[:missing]] += 1
    return counts
