"""The order in which siblings came, where no column says it."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import Rows

FEWEST_PAIRS = 200
NEARLY_ALL = 0.9


def arrival(rows: pl.DataFrame, families: Rows, running: pl.Series | None, *, seed: int) -> pl.Series:
    """The running key if rows came in its order, else a random order: siblings then know each other all the same.

    Rows that lie in no order of their own may be sorted by one of their values, as exports are. Each row would then be
    drawn beyond the one before it, and errors would add up: the more siblings, the larger the values.

    Args:
        rows: The learned columns.
        families: The family of each row.
        running: A whole-number key of the rows, None if they have none.
        seed: Of the random order.
    """
    if running is not None:
        arranged = Arranged.by(families, running)
        if not any(_is_sorted(values, arranged) for values in rows.iter_columns()):
            return running
    return pl.Series(np.random.default_rng(seed).permutation(len(families)))


def _is_sorted(values: pl.Series, arranged: Arranged) -> bool:
    """Whether nearly every sibling's value lies on the same side of that of the sibling before."""
    if not (values.dtype.is_numeric() or values.dtype.is_temporal()):
        return False
    ordered = values.to_physical().cast(pl.Float64)[arranged.order]
    steps = ordered.diff().filter(pl.Series(arranged.position > 0)).drop_nulls()
    steps = steps.filter(steps != 0)
    up = int((steps > 0).sum())
    return len(steps) >= FEWEST_PAIRS and max(up, len(steps) - up) >= NEARLY_ALL * len(steps)
