"""Where days lie in their months."""

from datetime import date

import numpy as np
import polars as pl

from synth_assets.synthesize.months import are_monthly, days_of, end_months, folded_back, in_month


def _days(*dates: date) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return days_of(pl.Series(dates))


def test_days_are_counted_from_both_sides_of_a_month() -> None:
    days = _days(date(2024, 1, 1), date(2024, 2, 28), date(2024, 2, 29), date(1969, 12, 30))
    assert in_month(days, "begin").tolist() == [1, 28, 29, 30]
    # From a last day it is as far as to the next one.
    assert in_month(days, "end").tolist() == [30, 1, 31, 1]


def test_dates_are_monthly_if_far_more_lie_on_one_day() -> None:
    rng = np.random.default_rng(0)
    even = pl.Series(rng.integers(18_000, 20_000, 3_000)).cast(pl.Int32).cast(pl.Date)
    assert not are_monthly(even)
    assert are_monthly(even.dt.month_end().append(even))
    assert are_monthly(even.dt.month_start().append(even))
    assert not are_monthly(even.dt.month_end()[:100])


def test_months_end_with_a_row_if_hardly_one_passes_their_last_day() -> None:
    days = np.arange(19_000, 24_000, 7)
    ends = np.unique(days + in_month(days, "end"))
    both = np.sort(np.r_[days, np.repeat(ends, 2)])
    assert end_months(np.tile(both[1:], 3), np.tile(both[:-1], 3))
    assert not end_months(np.tile(days[1:], 3), np.tile(days[:-1], 3))


def test_what_lies_beyond_comes_on_the_same_day_of_an_earlier_month() -> None:
    (first, last) = _days(date(2023, 11, 5), date(2024, 3, 30))
    beyond = np.repeat(_days(date(2024, 3, 31), date(2024, 4, 15), date(2024, 12, 31)), 200)
    same = np.ones(len(beyond), np.int64)
    into = np.resize(_days(date(2023, 11, 20), date(2024, 2, 1), date(2024, 3, 8)), len(beyond))
    made = folded_back(beyond, same * first, same * last, into)
    assert made.min() >= first
    assert made.max() <= last
    assert set(in_month(made[200:400], "begin")) == {15}
    assert (in_month(made[400:] + 1, "begin") == 1).all()
    assert np.unique(made[400:]).tolist() == _days(date(2023, 11, 30), date(2024, 2, 29)).tolist()
    assert folded_back(same * last, same * first, same * last, into).tolist() == (same * last).tolist()
