"""Rows that break what is to hold between their own columns."""

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


def broken_rows(rows: pl.DataFrame, one: Dependency, combinations: pl.DataFrame | None) -> npt.NDArray[np.bool_]:
    """True for rows that break a dependency; sums of children and what is computed are not looked at.

    Args:
        combinations: Those that may be, where that is what the dependency is about.
    """
    match one:
        case Combination() if combinations is not None:
            wrong = unknown(rows, combinations, one.columns)
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
        case Computed() | Total() | Combination():
            return np.zeros(rows.height, dtype=np.bool_)
    return wrong.to_numpy()
