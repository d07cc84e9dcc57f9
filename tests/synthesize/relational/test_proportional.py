"""Numbers that go with the product or quotient of two others."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.residuals import Residuals

ROWS = 3_000


def _charges(rng: np.random.Generator) -> pl.DataFrame:
    months, rate = rng.integers(1, 73, ROWS), rng.uniform(20, 120, ROWS).round(2)
    charged = (months * rate * rng.normal(1, 0.03, ROWS)).round(2)
    return pl.DataFrame({"months": months, "rate": rate, "charged": charged, "noise": rng.gamma(2.0, 50.0, ROWS)})


def test_the_ratio_to_a_product_is_learned() -> None:
    rows = _charges(np.random.default_rng(0))
    residuals = Residuals.find(rows, min_group=10, among=rows.columns)
    (one,) = residuals.mostly
    assert (one.formula.text, one.deviation.way) == ("charged = months * rate", "ratio")
    encoded = residuals.encode(rows)
    assert encoded[one.off].std() < 0.05
    decoded = residuals.decode(encoded, rows.schema)
    assert ((decoded["charged"] - rows["charged"]).abs() <= 0.01 * rows["charged"]).mean() > 0.98


def test_numbers_that_know_nothing_of_each_other_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({name: rng.gamma(3.0, 10.0, ROWS) for name in "abcd"})
    assert Residuals.find(rows, min_group=10, among=rows.columns).mostly == ()
