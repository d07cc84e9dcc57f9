"""The part of the year that late times lie in: seasons end in autumn, however long after the beginning."""

from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.ticks import from_ticks

FEWEST_ROWS = 500
_UNEVEN = 0.25  # of the months' shares: chi-squared statistic over the number of rows
_RANKED = 200  # rows of which the days of the year are put in order; of fewer each is taken for itself
_MOST_KNOTS = 64
_FEWEST_A_KNOT = 10
_DAYS = 365.25
Whole = npt.NDArray[np.int64]


class Season(Value):
    """When in the year times lie that come more than a year after those that they are counted from.

    A gap of years is told to some weeks only, so that times would fall anywhere in the year. Each keeps its year, and
    takes the day that as many of the real ones come before (quantile mapping).

    Attributes:
        days: The days of the year, from 0, that equal shares of the times lie between.
    """

    days: tuple[float, ...]

    @classmethod
    def find(cls, times: pl.Series, since: pl.Series, dtype: pl.DataType, *, min_group: int) -> Self | None:
        """From times in the type's physical unit; None if months are about alike, or rows few."""
        late = ((times - since) > _DAYS * ticks_a_day(dtype)).fill_null(value=False)
        when = from_ticks(times.filter(late), dtype)
        if len(when) < FEWEST_ROWS:
            return None
        months = np.bincount(when.dt.month().to_numpy(), minlength=13)[1:] / len(when)
        if 12 * float(((months - 1 / 12) ** 2).sum()) < _UNEVEN:
            return None
        days = when.dt.ordinal_day().to_numpy() - 1
        knots = min(_MOST_KNOTS, len(days) // max(min_group, _FEWEST_A_KNOT))
        # The first and the last day are not one row's.
        end = min_group / len(days)
        return cls(days=tuple(np.quantile(days, np.linspace(end, 1 - end, knots + 1)).tolist()))

    def moved(self, times: pl.Series, since: pl.Series, dtype: pl.DataType) -> pl.Series:
        """The times, those that come more than a year after on the days that they should have."""
        day = ticks_a_day(dtype)
        late = np.flatnonzero(((times - since) > _DAYS * day).fill_null(value=False).to_numpy())
        if not len(late):
            return times
        at = from_ticks(times.gather(late), dtype).dt.ordinal_day().cast(pl.Int64).to_numpy() - 1
        share = (at + 0.5) / _DAYS
        if len(late) >= _RANKED:
            share = (np.argsort(np.argsort(at, kind="stable")) + 0.5) / len(late)
        wanted = np.rint(np.interp(share, np.linspace(0, 1, len(self.days)), self.days)).astype(np.int64)
        shift = np.zeros(len(times), np.int64)
        shift[late] = (np.minimum(wanted, 364) - at) * day
        return times + pl.Series(shift)


def ticks_a_day(dtype: pl.DataType) -> int:
    """How many of its physical units a day has."""
    if not isinstance(dtype, pl.Datetime):
        return 1
    return 86_400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[dtype.time_unit]
