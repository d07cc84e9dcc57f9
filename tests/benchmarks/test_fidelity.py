"""Figures of nearness: best for rows of the same origin, bad for rows that lost what holds them together."""

import numpy as np
import polars as pl
import pytest

from benchmarks.figures.fidelity import quality, two_sample

KINDS = {"x": "numerical", "y": "numerical", "place": "categorical", "empty": "numerical"}


def rows(count: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    return pl.DataFrame(
        {
            "x": x,
            "y": x + 0.1 * rng.normal(size=count),
            "place": np.where(x > 0, "north", "south"),
            "empty": pl.Series([None] * count, dtype=pl.Float64),
        }
    )


def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
    """Each column by itself is as it was."""
    rng = np.random.default_rng(9)
    return frame.select(series.gather(pl.Series(rng.permutation(frame.height))) for series in frame)


def test_two_samples_of_one_origin_cannot_be_told_apart() -> None:
    auc = two_sample(rows(3_000, seed=1), rows(3_000, seed=2), KINDS, rng=np.random.default_rng(0))
    assert auc == pytest.approx(0.5, abs=0.04)


def test_rows_that_lost_their_dependencies_are_told_apart() -> None:
    real = rows(3_000, seed=1)
    auc = two_sample(real, shuffled(real), KINDS, rng=np.random.default_rng(0))
    assert auc is not None
    assert auc > 0.9


def test_where_values_are_missing_tells_rows_apart() -> None:
    real = rows(2_000, seed=1)
    empty_where_high = rows(2_000, seed=2).with_columns(pl.when(pl.col("x") < 1).then("y").alias("y"))
    auc = two_sample(real, empty_where_high, KINDS, rng=np.random.default_rng(0))
    assert auc is not None
    assert auc > 0.55


def test_too_few_rows_give_no_figure() -> None:
    few = rows(20, seed=1)
    assert two_sample(few, few, KINDS, rng=np.random.default_rng(0)) is None


def test_shape_and_trend_see_different_things() -> None:
    kinds = {column: kind for column, kind in KINDS.items() if column != "empty"}
    real = rows(2_000, seed=1)
    found = quality(real, shuffled(real), kinds, rng=np.random.default_rng(0))
    assert found.shape == pytest.approx(1.0)
    assert found.trend is not None
    assert found.trend < 0.7


def test_a_wide_table_is_compared_over_all_its_columns() -> None:
    rng = np.random.default_rng(1)
    real = pl.DataFrame({f"c{i}": rng.normal(size=100) for i in range(50)})
    moved = real.with_columns(pl.all() + 1_000)
    found = quality(real, moved, dict.fromkeys(real.columns, "numerical"), rng=rng)
    assert found.shape == pytest.approx(0.0)
    assert found.trend == pytest.approx(1.0)
