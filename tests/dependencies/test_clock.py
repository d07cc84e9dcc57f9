"""Parts of times, clock times and numbers put together."""

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.formulas import find_formulas

NONE = pl.DataFrame()


def flights(rows: int = 3_000) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    minutes = pl.Series("at", rng.integers(0, 60 * 24 * 365, rows))
    times = (minutes * 60_000_000 + 1_672_531_200_000_000).cast(pl.Datetime("us"))  # from 2023 on
    local = times.dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    hour, minute = rng.integers(0, 24, rows), rng.integers(0, 60, rows)
    delay = rng.integers(-20, 300, rows)
    total = (hour * 60 + minute + delay) % 1_440
    arrived = np.where(total == 0, 2_400, total // 60 * 100 + total % 60)
    never = rng.random(rows) < 0.02
    return pl.DataFrame(
        {
            "at": times,
            "local_hour": local.dt.hour().cast(pl.Int64),
            "month": times.dt.month().cast(pl.Int64),
            "hour": hour,
            "minute": minute,
            "scheduled": hour * 100 + minute,
            "delay": pl.Series(delay).set(pl.Series(never), None),
            "arrived": arrived,
        }
    )


def found(rows: pl.DataFrame) -> dict[str, Formula]:
    return {formula.column: formula for formula in find_formulas(rows, NONE, min_group=10, seed=0)}


def test_parts_of_a_time_are_found_with_their_zone() -> None:
    formulas = found(flights())
    assert formulas["local_hour"].text == "local_hour = hour(at, America/New_York)"
    assert formulas["month"].text == "month = month(at)"


def test_the_zone_is_found_where_the_first_rows_are_of_one_morning() -> None:
    rows = flights().sort("at").with_columns(local_day=pl.col("at").dt.offset_by("-5h").dt.day().cast(pl.Int64))
    morning = rows["at"].dt.hour().is_between(10, 16)
    rows = pl.concat([rows.filter(morning)[:100], rows.filter(~morning), rows.filter(morning)[100:]])
    assert found(rows)["local_day"].text == "local_day = day(at, America/Bogota)"


def test_clock_times_and_numbers_put_together_are_found() -> None:
    formulas = found(flights())
    assert formulas["scheduled"].text == "scheduled = minute + 100 * hour"
    assert formulas["arrived"].text == "arrived = scheduled + delay minutes"
    assert formulas["arrived"].partial


def test_a_partial_formula_leaves_what_it_does_not_know() -> None:
    rows = flights()
    drawn = rows.with_columns(arrived=pl.lit(5, dtype=pl.Int64))
    made = found(rows)["arrived"].apply(drawn, pl.Int64())
    unknown = rows["delay"].is_null()
    assert made.filter(unknown).unique().to_list() == [5]
    assert made.filter(~unknown).equals(rows["arrived"].filter(~unknown), check_names=False)


def test_formulas_that_build_on_each_other_come_in_order() -> None:
    formulas = find_formulas(flights(), NONE, min_group=10, seed=0)
    order = [formula.column for formula in formulas]
    assert order.index("scheduled") < order.index("arrived")


@pytest.mark.parametrize("column", ["local_hour", "month", "scheduled", "arrived"])
def test_one_row_that_differs_is_no_formula(column: str) -> None:
    rows = flights()
    wrong = rows[column].to_numpy().copy()
    wrong[7] = wrong[7] % 12 + 1 if wrong[7] != wrong[7] % 12 + 1 else wrong[7] + 1
    assert column not in found(rows.with_columns(pl.Series(column, wrong)))
