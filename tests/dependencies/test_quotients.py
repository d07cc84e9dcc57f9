"""Columns that are one number divided by another: prices per unit, rates, shares in percent."""

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.discovery import breaches, discover
from synth_assets.dependencies.formulas import find_formulas
from synth_assets.plan.dependencies import Computed

ROWS = 1_000


@pytest.fixture
def campaigns() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    shown = np.where(rng.random(ROWS) < 0.05, 0, rng.integers(1, 5_000, ROWS))
    clicks = rng.binomial(shown, 0.03)
    return pl.DataFrame({"shown": shown, "clicks": clicks, "spent": rng.integers(100, 90_000, ROWS) / 100})


def test_quotients_are_found_with_their_constant(campaigns: pl.DataFrame) -> None:
    rows = campaigns.with_columns(
        per_click=pl.when(pl.col("clicks") > 0).then((pl.col("spent") / pl.col("clicks")).round(4)),
        per_thousand=pl.when(pl.col("shown") > 0).then((pl.col("spent") / pl.col("shown") * 1_000).round(2)),
    )
    found = find_formulas(rows, pl.DataFrame(), min_group=10, seed=0)
    assert {formula.text for formula in found} == {
        "per_click = spent / clicks",
        "per_thousand = spent / shown * 1000",
    }
    assert not any(formula.partial for formula in found)
    for formula in found:
        made = formula.apply(rows, pl.Float64())
        assert made.is_null().equals(rows[formula.column].is_null())
        assert (made - rows[formula.column]).abs().max() < 0.011  # type: ignore[operator]


def test_what_is_divided_by_nothing_may_be_anything(campaigns: pl.DataFrame) -> None:
    rows = campaigns.with_columns(rate=(pl.col("clicks") / pl.col("shown")).fill_nan(0.0))
    (formula,) = find_formulas(rows.with_columns(pl.col("rate").round(3)), pl.DataFrame(), min_group=10, seed=0)
    assert (formula.text, formula.partial) == ("rate = clicks / shown", True)
    made = formula.apply(rows.with_columns(rate=pl.lit(0.25)), pl.Float64())
    assert (made.filter(rows["shown"] == 0) == 0.25).all()
    assert np.allclose(made.filter(rows["shown"] > 0), rows["rate"].filter(rows["shown"] > 0), atol=0.0006)


def test_a_profile_has_them_and_counts_rows_that_break_them(campaigns: pl.DataFrame) -> None:
    rate = (pl.col("clicks") / pl.col("shown") * 1_000 + 0.5).floor() / 10
    rows = campaigns.with_columns(rate=rate.fill_nan(0.0))
    found = discover(rows, (), (), min_group=10)
    assert "rate = clicks / shown * 100" in {one.text for one in found}
    declared = Computed(column="rate", operation="quotient", left="clicks", right="shown", factor=100, scale=1)
    assert breaches(declared, rows, (), 10) == 0
    wrong = rows.with_columns(rate=pl.when(pl.int_range(pl.len()) < 7).then(99.0).otherwise("rate"))
    assert breaches(declared, wrong, (), 10) == int((wrong["shown"].head(7) > 0).sum())


def test_whole_numbers_and_unrelated_ones_are_no_quotients() -> None:
    rng = np.random.default_rng(1)
    numbers = {f"n{at}": rng.gamma(2.0, 50.0, ROWS).round(2) for at in range(12)}
    assert find_formulas(pl.DataFrame(numbers), pl.DataFrame(), min_group=10, seed=0) == ()
    few = {f"n{at}": rng.integers(1, 4, ROWS) / 10 for at in range(8)}
    assert find_formulas(pl.DataFrame(few), pl.DataFrame(), min_group=10, seed=0) == ()
