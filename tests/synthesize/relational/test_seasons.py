"""Times that come years after others lie in the season that they should; few unknown beginnings do no harm."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.seasons import FEWEST_ROWS, Season

ROWS = 4 * FEWEST_ROWS


def careers(rng: np.random.Generator) -> pl.DataFrame:
    """From a day of a summer to one of the same summer, or of a later one; nobody plays from October to March."""
    first = rng.integers(1950, 2000, ROWS)
    years = np.where(rng.random(ROWS) < 0.3, 0, rng.integers(2, 15, ROWS))
    begun = rng.integers(90, 270, ROWS)
    ended = np.where(years == 0, begun + rng.integers(0, 270 - begun), rng.integers(90, 270, ROWS))

    def days(year: np.ndarray, day: np.ndarray) -> list[date]:
        return [date(int(y), 1, 1) + timedelta(days=int(d)) for y, d in zip(year, day, strict=True)]

    return pl.DataFrame({"first": days(first, begun), "last": days(first + years, ended)})


def test_what_comes_years_later_comes_in_season() -> None:
    rng = np.random.default_rng(0)
    rows = careers(rng)
    gaps = Gaps.find(rows, min_group=1)
    assert [(gap.column, gap.since, gap.season is not None) for gap in gaps.steps] == [("last", "first", True)]
    encoded = gaps.encode(rows)
    # As if gaps were told to four months.
    late = encoded["last"] > 366
    off = pl.Series(rng.integers(-60, 61, ROWS))
    smeared = encoded.with_columns(last=encoded["last"] + off * late.cast(pl.Int64))
    drawn = gaps.decode(smeared, rows.schema)
    assert (drawn["last"] >= drawn["first"]).all()
    assert drawn.filter(~late)["last"].equals(rows.filter(~late)["last"])
    days = drawn.filter(late)["last"].dt.ordinal_day()
    assert days.is_between(90, 272).all()
    real = rows.filter(late)["last"].dt.ordinal_day()
    assert all(abs(days.quantile(q) - real.quantile(q)) < 6 for q in (0.1, 0.5, 0.9))  # type: ignore[operator]
    years = drawn.filter(late)["last"].dt.year() - rows.filter(late)["last"].dt.year()
    assert years.abs().max() <= 1
    (alone,) = gaps.decode(smeared.filter(late)[:1], rows.schema)["last"].to_list()
    assert 4 <= alone.month <= 9


def test_a_season_is_found_only_where_there_is_one() -> None:
    rng = np.random.default_rng(0)
    since = pl.Series(rng.integers(0, 3_000, ROWS))
    any_day = since + pl.Series(rng.integers(400, 4_000, ROWS))
    assert Season.find(any_day, since, pl.Date(), min_group=10) is None
    seasonal = any_day - any_day % 365 + any_day % 100
    assert Season.find(seasonal, since, pl.Date(), min_group=10) is not None
    assert Season.find(seasonal[: FEWEST_ROWS // 2], since[: FEWEST_ROWS // 2], pl.Date(), min_group=10) is None


def test_the_first_and_last_days_of_a_season_are_not_one_row_s() -> None:
    since = pl.Series(np.zeros(1_000, np.int64))
    days = np.full(1_000, 365 * 3 + 150) + np.arange(1_000) % 20
    days[0], days[1] = 365 * 3 + 1, 365 * 3 + 350
    season = Season.find(pl.Series(days), since, pl.Date(), min_group=10)
    assert season is not None
    assert 145 < min(season.days) <= max(season.days) < 175


def test_few_beginnings_that_nobody_knows_do_not_hide_the_order() -> None:
    rows = careers(np.random.default_rng(1))
    unknown = rows.with_columns(rows["first"].set(pl.Series(range(ROWS)) < 20, None))
    gaps = Gaps.find(unknown, min_group=1)
    assert [(gap.column, gap.since) for gap in gaps.steps] == [("last", "first")]
    encoded = gaps.encode(unknown)
    assert encoded["last"].null_count() == 0
    assert encoded["last"].min() == 0
    decoded = gaps.decode(encoded, unknown.schema)
    assert decoded["last"].null_count() == 0
    shift = (decoded["last"] - unknown["last"]).dt.total_days()[:20]
    assert shift.abs().max() < 10  # type: ignore[operator]
    often = rows.with_columns(rows["first"].set(pl.Series(range(ROWS)) < ROWS // 5, None))
    assert Gaps.find(often, min_group=1).steps == ()
