"""Where families start, told by where they end, if that says more.

Clubs that still play, subscriptions that still run: all end with the latest data, and the more rows they have, the
earlier they began. A start drawn by itself would send many beyond the latest value, and pulling these back would shift
the whole table to earlier times. So what is learned is then the time at which a family would end if its rows followed
each other at the usual stride; the start is that much before.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.ticks import from_ticks
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import Rows

LENGTH = "#length"
FEWEST_FAMILIES = 50
MOST_CLASSES = 8
MOST_CODES = 32
CLEARLY = 0.1  # nats
Whole = npt.NDArray[np.int64]


def find_stride(values: pl.Series, families: Rows, arranged: Arranged, *, unit: int) -> int | None:
    """The usual step from sibling to sibling, in the column's physical unit, if ends say more than starts; else None.

    Compared is what either leaves open (conditional entropy) once it is known about how many rows a family has.
    """
    starts, lengths = first_values(values, families, arranged)
    follows = arranged.position > 0
    if len(starts) < FEWEST_FAMILIES or not follows.any():
        return None
    ordered = values.to_physical().cast(pl.Int64).to_numpy()[arranged.order]
    stride = int(np.median(np.diff(ordered, prepend=ordered[:1])[follows])) // unit * unit
    if stride <= 0:
        return None
    sizes = np.searchsorted(np.quantile(lengths, np.arange(1, MOST_CLASSES) / MOST_CLASSES), lengths, side="right")
    ends = starts + (lengths - 1) * stride
    # On one scale: what is cut into wider bins would seem to be better known.
    width = max(np.ptp(np.quantile(starts, [0.05, 0.95])) / MOST_CODES, 1.0)
    left_open = [_conditional_entropy(((v - v.min()) / width).astype(np.intp), sizes) for v in (starts, ends)]
    return stride if left_open[1] < left_open[0] - CLEARLY else None


def first_values(values: pl.Series, families: Rows, arranged: Arranged) -> tuple[Whole, Whole]:
    """(physical value of the first sibling, number of siblings) of each family, in the order of `arranged`."""
    first = np.flatnonzero(arranged.position == 0)
    lengths = np.diff(np.r_[first, len(families)])
    physical = values.to_physical().cast(pl.Int64).to_numpy()
    return physical[arranged.order[first]], lengths


def ends_of(values: pl.Series, families: Rows, arranged: Arranged, *, stride: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(where each family would end, its number of siblings) of each family, in the order of `arranged`."""
    starts, lengths = first_values(values, families, arranged)
    return pl.DataFrame({values.name: starts + (lengths - 1) * stride}), pl.DataFrame({LENGTH: lengths})


def starts_of(ends: pl.Series, lengths: Whole, *, stride: int, dtype: pl.DataType) -> pl.Series:
    """The first siblings' values, of the given type."""
    starts = (ends - (pl.Series(lengths) - 1) * stride).alias(ends.name)
    return from_ticks(starts, dtype)


def _conditional_entropy(codes: npt.NDArray[np.intp], given: npt.NDArray[np.intp]) -> float:
    """H(codes | given) in nats, with Miller and Madow's correction."""
    width = int(codes.max()) + 1
    return _entropy(given * width + codes) - _entropy(given)


def _entropy(codes: npt.NDArray[np.intp]) -> float:
    _, counts = np.unique(codes, return_counts=True)
    share = counts / len(codes)
    return float(-(share * np.log(share)).sum()) + (len(counts) - 1) / (2 * len(codes))
