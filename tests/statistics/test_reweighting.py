import numpy as np
import polars as pl

from synth_assets.plan.balance import Balance
from synth_assets.statistics.reweighting import wished_rows


def test_classes_have_their_shares_and_within_each_rows_are_drawn_at_random() -> None:
    rng = np.random.default_rng(0)
    values = pl.Series(["a"] * 50 + ["b"] * 900 + [None] * 50)
    wished = Balance(column="x", shares={"a": 0.25})
    rows = wished_rows(values, wished, rng=rng)
    found = values.gather(rows)
    assert (len(rows), int((found == "a").sum())) == (200, 50)
    assert len(np.unique(rows)) == len(rows)
    # What is not named keeps its proportions, NULL among it.
    several = [wished_rows(values, wished, rng=rng) for _ in range(200)]
    nulls = [values.gather(one).null_count() for one in several]
    assert abs(float(np.mean(nulls)) - 150 * 50 / 950) < 0.6


def test_a_value_that_nobody_holds_leaves_no_row_to_compare() -> None:
    rows = wished_rows(pl.Series([True] * 20), Balance(column="x", shares={"false": 0.5}), rng=np.random.default_rng(0))
    assert len(rows) == 0
