"""What comes out looks like what went in: types, NULLs, distributions, pairs, rounding, times."""

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.protocol import Synthesizer
from tests.synthesize.trees.made_tables import distance, drawn, every_type, fitted, pair_distance

DEPENDENT = [("label", "integer"), ("label", "decimal"), ("flag", "label"), ("float", "decimal"), ("closed", "refund")]


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return every_type(6_000)


@pytest.fixture(scope="module")
def synthetic(real: pl.DataFrame) -> pl.DataFrame:
    return drawn(fitted(real), 6_000)


def test_the_engine_is_a_synthesizer(real: pl.DataFrame) -> None:
    assert isinstance(fitted(real.head(0)), Synthesizer)


def test_types_and_order_of_columns_are_those_of_the_fitted_frame(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    assert synthetic.schema == real.schema
    assert synthetic.height == 6_000


def test_distributions_are_kept(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    # Two samples of 6,000 rows over 12 cells differ by about 0.025.
    far = {name: distance(real[name], synthetic[name]) for name in real.columns}
    assert max(far.values()) < 0.05, far


def test_pairs_are_kept(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    shuffled = real.select(
        real[name].shuffle(seed=at) for at, name in enumerate(real.columns)
    )  # what an engine that knows no pairs would give
    for a, b in DEPENDENT:
        kept = pair_distance(real, synthetic, a, b)
        assert kept < 0.08, (a, b, kept)
        assert pair_distance(real, shuffled, a, b) > 3 * kept


def test_columns_without_null_get_none_and_all_null_stays_so(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    for name in real.columns:
        share = real[name].null_count() / real.height
        assert synthetic[name].null_count() / synthetic.height == pytest.approx(share, abs=0.02)
        assert (real[name].null_count() == 0) == (synthetic[name].null_count() == 0)


def test_null_together_holds_in_every_row(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    assert (real["closed"].is_null() == real["refund"].is_null()).all()
    assert (synthetic["closed"].is_null() == synthetic["refund"].is_null()).all()


def test_a_column_that_another_decides_follows_it_in_every_row(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    assert synthetic.select((pl.col("flag") == pl.col("label").is_in(["east", "west"])).all()).item()


def test_few_countries_of_many_cities_hold_in_every_row() -> None:
    rng = np.random.default_rng(5)
    city = rng.integers(0, 60, 3_000)
    frame = pl.DataFrame({"country": [f"c{n % 7}" for n in city], "city": [f"t{n}" for n in city]})
    made = drawn(fitted(frame), 3_000)
    pairs = set(frame.unique().rows())
    assert set(made.rows()) <= pairs
    assert made.n_unique() > 50


def test_rounding_is_the_sources(real: pl.DataFrame, synthetic: pl.DataFrame) -> None:
    assert (synthetic["instant"].dt.truncate("1m") == synthetic["instant"]).all()
    assert (synthetic["zoned"].dt.truncate("1d") == synthetic["zoned"]).all()
    assert (synthetic["refund"].drop_nulls().round(2) == synthetic["refund"].drop_nulls()).all()
    assert (synthetic["clock"].cast(pl.Int64) % 60_000_000_000 == 0).all()
    # Numbers that are not rounded are not made so, and not copied.
    assert synthetic["float"].is_in(real["float"].implode()).mean() < 0.01


def test_salaries_stay_in_thousands() -> None:
    rng = np.random.default_rng(2)
    exact = np.round(rng.lognormal(10, 0.4, 5_000), 2)
    salary = np.where(rng.random(5_000) < 0.6, np.round(exact, -3), exact)
    made = drawn(fitted(pl.DataFrame({"salary": salary})), 5_000)["salary"]
    assert (made % 1000 == 0).mean() == pytest.approx(0.6, abs=0.05)  # type: ignore[union-attr]


def test_opening_hours_and_weekdays_are_kept(synthetic: pl.DataFrame) -> None:
    assert synthetic["instant"].dt.hour().is_between(9, 16).all()
    assert (synthetic["instant"].dt.weekday() <= 5).mean() > 0.99  # type: ignore[operator]
    assert (synthetic["zoned"].dt.weekday() <= 5).mean() > 0.99  # type: ignore[operator]


def test_heavy_tails_and_spikes() -> None:
    rng = np.random.default_rng(4)
    value = np.where(rng.random(8_000) < 0.7, 0.0, rng.pareto(1.2, 8_000) * 100)
    real = pl.DataFrame({"value": value})
    made = drawn(fitted(real), 8_000)
    assert (made["value"] == 0).mean() == pytest.approx(0.7, abs=0.02)  # type: ignore[union-attr]
    for share in (0.75, 0.9, 0.99):
        assert made["value"].quantile(share) == pytest.approx(real["value"].quantile(share), rel=0.15)


def test_what_a_number_that_is_a_name_decides_holds() -> None:
    # 160 schools of 30 pupils: numbers that lie side by side have nothing in common.
    rng = np.random.default_rng(5)
    number, church = rng.choice(9_999, 160, replace=False), rng.random(160) < 0.5
    school = rng.integers(160, size=4_800)
    real = pl.DataFrame({"school": number[school], "church": np.where(church, "yes", "no")[school]})
    made = drawn(fitted(real), 4_800)
    decided = dict(zip(number.tolist(), np.where(church, "yes", "no").tolist(), strict=True))
    assert all(decided[school] == answer for school, answer in made.rows())


def test_what_many_columns_say_together_is_kept() -> None:
    # No single column tells the total; a tree alone would need one leaf for each combination.
    rng = np.random.default_rng(6)
    parts = rng.normal(size=(4, 6_000))
    real = pl.DataFrame({f"part{k}": part for k, part in enumerate(parts)}).with_columns(total=parts.sum(axis=0))
    made = drawn(fitted(real, leading=("part0", "part1", "part2", "part3")), 6_000)
    error = made["total"] - made.select(pl.sum_horizontal("^part.$")).to_series()
    assert error.std() < 0.5  # type: ignore[operator]


def test_nan_is_missing_and_infinity_does_not_come_out() -> None:
    values = np.r_[np.random.default_rng(0).normal(size=500), np.full(50, np.nan), np.full(3, np.inf)]
    made = drawn(fitted(pl.DataFrame({"x": values})), 300)["x"]
    assert made.is_finite().all()
