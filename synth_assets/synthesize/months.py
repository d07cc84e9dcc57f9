"""Where days lie in their months: what comes at the end of a month, or on the fifth, is told by that."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Days = npt.NDArray[np.int64]
Side = Literal["begin", "end"]
FEWEST_ROWS = 200
OFTEN = 2.0  # times as many rows as on other days that lie on one day of the month
A_LITTLE = 62
SELDOM, OFTEN_ENOUGH = 0.005, 0.05  # shares of pauses: rarer ones hardly matter, more frequent ones are learned well
_DAYS = 30.44
_IN_EVERY_MONTH = 28
_A_DAY = {"ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


def in_month(days: Days, side: Side) -> Days:
    """Of each day since the epoch which of its month it is, or how many it is to the next last day of a month."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    if side == "begin":
        return np.asarray(days - _first(months) + 1)
    end = _first(months + 1) - 1
    return np.asarray(np.where(days == end, _first(months + 2) - 1, end) - days)


def folded_back(days: Days, least: Days, most: Days, into: Days) -> Days:
    """Days beyond the last one that may be, as the same days of earlier months: those of the days `into`.

    The last day of a month stays that of one.
    """
    month = _months(into)
    month = np.where(_in(month, days) > most, _months(most) - 1, month)
    return np.asarray(np.where(days > most, np.maximum(_in(month, days), least), days))


def _months(days: Days) -> Days:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _in(months: Days, days: Days) -> Days:
    """The same days of other months."""
    first, after = _first(months.astype("datetime64[M]")), _first((months + 1).astype("datetime64[M]"))
    is_last = in_month(days + 1, "begin") == 1
    return np.where(is_last, after - 1, np.minimum(first + in_month(days, "begin") - 1, after - 1))


def _first(months: npt.NDArray[np.datetime64]) -> Days:
    return months.astype("datetime64[D]").astype(np.int64)


def ticks_a_day(dtype: pl.DataType) -> int:
    """Of dates and times with dates."""
    return _A_DAY[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 1


def days_of(values: pl.Series) -> Days:
    """The days since the epoch of dates or times, none of them NULL."""
    return np.asarray(values.to_physical().cast(pl.Int64).to_numpy() // ticks_a_day(values.dtype))


def end_months(days: Days, before: Days) -> bool:
    """Whether no month ends without a row: hardly any lies beyond the first last day of a month after the one before.

    Interest is paid, and accounts are closed, on such days.
    """
    left, passed = in_month(before, "end"), days - before
    ending = int(np.count_nonzero(passed == left))
    return ending >= FEWEST_ROWS and int(np.count_nonzero(passed > left)) <= SELDOM * ending


def pauses(days: Days, before: Days) -> float:
    """The share of rows that come months after the one before."""
    return int(np.count_nonzero(days - before > A_LITTLE)) / max(len(days), 1)


def are_monthly(values: pl.Series) -> bool:
    """Whether far more of the dates lie on one day of the month, the last one perhaps, than on others."""
    if len(values) < FEWEST_ROWS:
        return False
    days = days_of(values)
    usual = len(days) / _DAYS
    of_month = np.bincount(np.minimum(in_month(days, "begin"), _IN_EVERY_MONTH + 1))[1 : _IN_EVERY_MONTH + 1]
    last = int(np.count_nonzero(in_month(days + 1, "begin") == 1))
    return bool(max(int(of_month.max(initial=0)), last) >= OFTEN * usual)
