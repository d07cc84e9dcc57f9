"""How far numbers are off others: found only where they are closer than codes, and undone without a loss."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.deviation import Deviation, Tie, find_tie, may_follow, plain_numbers, typed

ROWS = 4_000
RNG = np.random.default_rng(5)
BY = np.sort(RNG.gamma(3.0, 100.0, ROWS)) + 20


def test_a_difference_is_found_where_noise_does_not_grow() -> None:
    tie = find_tie(BY + RNG.normal(0, 0.2, ROWS), BY, times=False)
    assert tie is not None
    assert (tie.way, tie.slope) == ("difference", 1.0)


def test_a_slope_is_found() -> None:
    tie = find_tie(0.3 * BY - 40 + RNG.normal(0, 0.05, ROWS), BY, times=False)
    assert tie is not None
    assert tie.way == "difference"
    assert tie.slope == pytest.approx(0.3, rel=0.01)


def test_a_ratio_is_found_where_noise_grows_with_the_values() -> None:
    tie = find_tie(np.round(BY * RNG.choice([24.0, 33.0], ROWS) * RNG.normal(1, 0.002, ROWS)), BY, times=False)
    assert tie is not None
    assert tie.way == "ratio"


@pytest.mark.parametrize("noise", [20.0, 100.0])
def test_what_codes_tell_as_well_is_left_alone(noise: float) -> None:
    assert find_tie(BY + RNG.normal(0, noise, ROWS), BY, times=False) is None


def test_few_rows_tell_nothing() -> None:
    assert find_tie(BY[:100] + 1, BY[:100], times=False) is None


@pytest.mark.parametrize("way", ["difference", "ratio"])
@pytest.mark.parametrize(
    "values",
    [
        pl.Series("v", [10, 25, None, 31]),
        pl.Series("v", [1.25, 7.5, None, 3.75]),
        pl.Series("v", [Decimal("1.25"), Decimal("7.50"), None, Decimal("3.75")]),
        pl.Series("v", [date(2024, 1, 1) + timedelta(days=d) for d in (0, 9, 400)] + [None]),
    ],
    ids=["whole", "float", "decimal", "date"],
)
def test_what_is_encoded_comes_back(values: pl.Series, way: str) -> None:
    by = np.array([3.1, 24.7, 8.0, 12.25])
    tie = Tie.model_validate({"gain": 1.0, "way": way, "slope": 1.0 if way == "ratio" else 0.37})
    deviation = Deviation.of(values, tie, min_group=1)
    wide = deviation.model_copy(update={"least": -1e9, "most": 1e9})
    off = wide.encode(plain_numbers(values), by)
    assert typed("v", wide.decode(off, by), values.dtype).to_list() == values.to_list()


def test_nothing_comes_out_beyond_what_enough_rows_reach() -> None:
    values = pl.Series("v", np.arange(1_000.0))
    deviation = Deviation.of(values, Tie(gain=1.0, way="difference", slope=1.0), min_group=10)
    assert deviation.decode(np.array([-50.0, 5_000.0]), np.array([0.0, 0.0])).tolist() == [10.0, 990.0]


def test_columns_of_few_values_do_not_follow() -> None:
    assert may_follow(pl.Series(BY))
    assert not may_follow(pl.Series(np.round(BY / 200)))
    assert not may_follow(pl.Series(np.where(RNG.random(ROWS) < 0.3, 7.0, BY)))


def test_nothing_of_nothing_is_nothing() -> None:
    closed = RNG.random(ROWS) < 0.2
    by = np.where(closed, 0.0, BY)
    sales = np.where(closed, 0.0, np.round(by * RNG.normal(8, 0.02, ROWS)))
    tie = find_tie(sales, by, times=False)
    assert tie is not None
    assert tie.way == "ratio"
    assert may_follow(pl.Series(sales))
    deviation = Deviation.of(pl.Series(sales), tie, min_group=1).model_copy(update={"least": 0.0, "most": 1e9})
    assert (deviation.decode(deviation.encode(sales, by), by) == sales).all()
    assert find_tie(np.where(RNG.random(ROWS) < 0.2, 0.0, sales), by, times=False) is None
