"""Columns that say how long it is from one time to another."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.formulas import find_formulas

ROWS = 300
RNG = np.random.default_rng(2)
STARTED = pl.Series("started", [datetime(2024, 1, 1) + timedelta(seconds=int(s)) for s in RNG.integers(0, 10**7, ROWS)])  # noqa: DTZ001 (no time zone)
SECONDS = RNG.integers(60, 900_000, ROWS)
ENDED = STARTED + pl.Series([timedelta(seconds=int(s)) for s in SECONDS])


def text_of(length: pl.Series, *times: pl.Series) -> list[str]:
    rows = pl.DataFrame({"length": length, "other": RNG.random(ROWS)})
    return [one.text for one in find_formulas(rows, pl.DataFrame(times), min_group=10, seed=0)]


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (pl.Series(SECONDS), "length = seconds from started to ended"),
        (pl.Series(SECONDS // 60), "length = full minutes from started to ended"),
        (pl.Series(np.floor(SECONDS / 3600 + 0.5).astype(np.int64)), "length = hours from started to ended"),
        (pl.Series(np.round(SECONDS / 86_400, 4)), "length = days from started to ended"),
        (pl.Series(SECONDS / 86_400), "length = days from started to ended"),
    ],
)
def test_lengths_are_computed(length: pl.Series, text: str) -> None:
    assert text_of(length, STARTED, ENDED.alias("ended")) == [text]


def test_days_between_dates_are_computed_and_given_again() -> None:
    first = pl.Series("first", [date(2024, 1, 1) + timedelta(days=int(d)) for d in RNG.integers(0, 900, ROWS)])
    last = (first + pl.Series([timedelta(days=int(d)) for d in SECONDS // 20_000])).alias("last")
    rows = pl.DataFrame([first, last, pl.Series("days", SECONDS // 20_000)])
    found = find_formulas(rows.select("days"), rows.select("first", "last"), min_group=10, seed=0)
    assert not found  # the only column to learn is learned
    found = find_formulas(rows.with_columns(other=pl.lit(1)), pl.DataFrame(), min_group=10, seed=0)
    of_days = [one for one in found if one.column in ("days", "last")]
    assert len(of_days) == 1
    made = of_days[0].apply(rows, rows.schema[of_days[0].column])
    assert made.equals(rows[of_days[0].column])


def test_one_row_that_is_off_is_enough() -> None:
    off = SECONDS // 60
    off[5] += 2
    assert text_of(pl.Series(off), STARTED, ENDED.alias("ended")) == []
