"""Numbers of children by spans of time, and no more at one time than there are labels."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.counts import CountsInTime
from synth_assets.synthesize.relational.families.panels import Panel, within_room

RNG = np.random.default_rng(0)


def test_each_span_keeps_its_own_numbers() -> None:
    years = pl.Series("year", np.repeat(np.arange(2000, 2010), 200))
    counts = np.where(years.to_numpy() < 2005, 1, 4)
    known = CountsInTime.of(counts, years, min_group=10)
    drawn = RNG.random(len(years))  # has nothing to do with the year
    restored = known.restore(drawn, years, rng=RNG)
    assert restored[years.to_numpy() < 2005].mean() == 1
    assert restored[years.to_numpy() >= 2005].mean() == 4


def test_without_time_who_was_drawn_to_have_none_has_none() -> None:
    known = CountsInTime.of(np.array([0, 0, 2, 3] * 100), None, min_group=10)
    drawn = np.array([0.0, 1.0, 0.0, 2.0] * 100)
    assert (known.restore(drawn, None, rng=RNG)[drawn == 0] == 0).all()


def test_what_is_too_much_at_one_time_goes_to_the_nearest_with_room() -> None:
    panel = Panel(label="round", time="year", labels=("a", "b"), shares=(0.5, 0.5), earliest=(1, 1), latest=(9, 9))
    times = pl.Series("year", [1, 1, 2, 2, 9, 9])
    counts = within_room(np.array([3, 2, 0, 0, 1, 0]), times, panel, rng=RNG)
    by_year = [int(counts[:2].sum()), int(counts[2:4].sum()), int(counts[4:].sum())]
    assert by_year == [2, 2, 2]


def test_numbers_that_fit_stay() -> None:
    panel = Panel(label="round", time="year", labels=("a", "b"), shares=(0.5, 0.5), earliest=(1, 1), latest=(9, 9))
    counts = np.array([1, 1, 0])
    assert within_room(counts, pl.Series("year", [1, 1, 2]), panel, rng=RNG) is counts
