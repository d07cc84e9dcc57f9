"""Times on a grid: which are found, what breaks them, and how times are moved to one."""

from datetime import date, time, timedelta

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.grid import Grid, find_grid, find_grids, keep_on_grid, off_grid
from synth_assets.dependencies.order import above, keep_orders
from synth_assets.plan.dependencies import NotAbove

ROWS = 600
MONTHS = pl.Series("on", [date(2000 + n // 12, n % 12 + 1, 1) for n in range(200)])
_FROM_2020 = 1_577_836_800_000_000  # microseconds
MINUTES = pl.Series("on", _FROM_2020 + np.arange(20_000) * 7 * 60_000_000).cast(pl.Datetime("us"))


def some(values: pl.Series, *, seed: int = 0) -> pl.Series:
    return values.gather(np.random.default_rng(seed).integers(0, len(values), ROWS))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (MONTHS, "the first of a month"),
        (MONTHS.dt.month_end(), "the last of a month"),
        (MONTHS.dt.offset_by("14d"), "day 15 of a month"),
        (MONTHS.dt.truncate("3mo"), "the first of every 3 months"),
        (MONTHS.dt.truncate("1y"), "the first of every 12 months"),
        (MONTHS.dt.truncate("1w"), "a Monday"),
        (MONTHS.dt.truncate("1w").dt.offset_by("6d"), "a Sunday"),
        (MONTHS.cast(pl.Datetime("us")), "the first of a month"),
        (MONTHS.dt.truncate("1w").cast(pl.Datetime("ns")).dt.offset_by("8h"), "a Monday, at 08:00:00"),
        (MINUTES.dt.truncate("1d"), "at midnight"),
        (MINUTES.dt.truncate("1d").dt.offset_by("86399s"), "at 23:59:59"),
        (MINUTES.dt.truncate("1h"), "at full hours"),
        (MINUTES.dt.truncate("15m"), "at full 15 minutes"),
        (MINUTES.dt.truncate("15m").dt.offset_by("7m"), "at full 15 minutes and 00:07:00"),
        (MINUTES.dt.cast_time_unit("ms"), "at full minutes"),
        (MINUTES.dt.truncate("30m").dt.time(), "at full 30 minutes"),
    ],
)
def test_the_coarsest_grid_is_found_and_one_row_beside_it_is_enough(values: pl.Series, said: str) -> None:
    values = some(values).set(pl.Series(np.arange(ROWS) % 9 == 0), None)
    (one,) = find_grids(pl.DataFrame({"on": values}))
    assert one.text == f"on is {said}"
    assert not off_grid(pl.DataFrame({"on": values}), one).any()
    beside = time(0, 0, 1) if values.dtype == pl.Time else values.drop_nulls()[0] + timedelta(days=1, seconds=1)
    broken = values.scatter(4, beside)
    assert off_grid(pl.DataFrame({"on": broken}), one).arg_true().to_list() == [4]
    assert one not in find_grids(pl.DataFrame({"on": broken}))


def test_few_different_times_tell_no_grid() -> None:
    five_mondays = some(pl.Series("on", [date(2024, 1, 1) + timedelta(weeks=n) for n in range(5)]))
    assert find_grid(five_mondays) is None
    fifty = some(pl.Series("on", [date(2024, 1, 1) + timedelta(weeks=n) for n in range(50)]))
    assert find_grid(fifty) is not None
    assert find_grid(fifty[:40]) is None
    seconds = pl.Series("on", np.random.default_rng(0).integers(0, 10**9, ROWS) * 10**6).cast(pl.Datetime("us"))
    assert find_grids(seconds.to_frame()) == ()


@pytest.mark.parametrize("of", [MONTHS, MONTHS.dt.month_end(), MONTHS.dt.truncate("1w")])
def test_times_move_to_the_nearest_point_or_the_one_that_is_asked_for(of: pl.Series) -> None:
    grid = find_grid(some(of))
    assert grid is not None
    days = pl.Series("on", np.random.default_rng(1).integers(-9_000, 30_000, ROWS).astype(np.int32)).cast(pl.Date)
    floor, nearest, ceil = (grid.snapped(days, towards=way) for way in ("floor", "nearest", "ceil"))
    assert all(grid.has(values).all() for values in (floor, nearest, ceil))
    assert (floor <= days).all() and (days <= ceil).all() and ((ceil - floor).dt.total_days() <= 31).all()
    off = (nearest - days).dt.total_days().abs()
    assert (off <= (ceil - days).dt.total_days()).all() and (off <= (days - floor).dt.total_days()).all()
    assert keep_on_grid(days.to_frame(), grid, {"on"})["on"].equals(nearest)
    assert keep_on_grid(days.to_frame(), grid, set())["on"].equals(days)


def test_what_is_out_of_order_takes_a_point_of_its_own_grid() -> None:
    rng = np.random.default_rng(2)
    billed, paid = some(MONTHS), pl.Series("paid", rng.integers(11_000, 17_000, ROWS).astype(np.int32)).cast(pl.Date)
    rows, grid = pl.DataFrame({"on": billed, "paid": paid}), find_grid(billed)
    assert grid is not None
    for lower, upper in (("on", "paid"), ("paid", "on")):
        order = NotAbove(lower=lower, upper=upper)
        assert above(rows, lower, upper).sum() > 100
        kept = keep_orders(rows, [order], {"on", "paid"}, {"on": grid})
        assert not above(kept, lower, upper).any() and not off_grid(kept, grid).any()
        stays = keep_orders(rows, [order], {"on"}, {"on": grid})
        assert stays["paid"].equals(paid) and not above(stays, lower, upper).any() and not off_grid(stays, grid).any()


def test_two_columns_of_one_grid_exchange_their_times() -> None:
    rows = pl.DataFrame({"a": some(MONTHS), "b": some(MONTHS, seed=1)})
    grids = {name: Grid(column=name, every="month") for name in rows.columns}
    kept = keep_orders(rows, [NotAbove(lower="a", upper="b")], {"a", "b"}, grids)
    assert (kept["a"] <= kept["b"]).all()
    both = pl.concat([rows["a"], rows["b"].alias("a")]).sort()
    assert pl.concat([kept["a"], kept["b"].alias("a")]).sort().equals(both)
