"""Tables that are short, wide, constant, unique or nothing at all; bounds."""

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec
from tests.synthesize.trees.made_tables import drawn, every_type, fitted, saved


@pytest.mark.parametrize("rows", [0, 1, 2, 9, 10, 19, 20, 21, 100])
def test_short_tables(rows: int) -> None:
    real = every_type(rows)
    made = drawn(fitted(real), 50)
    assert made.schema == real.schema
    assert made.height == 50
    if rows:
        assert all(made[name].null_count() == 0 for name in real.columns if real[name].null_count() == 0)


@pytest.mark.parametrize("rows", [1, 5, 19])
def test_short_tables_show_no_value(rows: int) -> None:
    real = every_type(rows)
    made = drawn(fitted(real), 200)
    for name in ("float", "single", "decimal", "instant", "huge"):
        assert made[name].is_in(real[name].implode()).mean() < 0.05, name
    assert not set(made["label"].unique()) & set(real["label"].unique())


def test_no_rows_are_drawn() -> None:
    real = every_type(100)
    made = drawn(fitted(real), 0)
    assert made.schema == real.schema
    assert made.height == 0


def test_no_columns() -> None:
    real = pl.DataFrame(height=10)
    model = fitted(real)
    assert drawn(model, 7).shape == (7, 0)
    assert drawn(type(model).load(saved(model)), 7).shape == (7, 0)


def test_one_column() -> None:
    real = pl.DataFrame({"x": np.random.default_rng(0).integers(0, 5, 1_000)})
    made = drawn(fitted(real), 1_000)
    assert set(made["x"].unique()) == {0, 1, 2, 3, 4}


def test_all_unique_texts_become_made_up_ones() -> None:
    real = pl.DataFrame({"code": [f"K{n:05d}" for n in range(500)]})
    made = drawn(fitted(real), 500)["code"]
    assert made.null_count() == 0
    assert not made.is_in(real["code"].implode()).any()
    assert made.str.len_chars().max() <= 6  # type: ignore[operator]


def test_two_hundred_columns() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(5, 1_500))
    weights = rng.normal(size=(200, 5))
    values = weights @ hidden + rng.normal(size=(200, 1_500)) * 0.3
    real = pl.DataFrame({f"c{k}": row for k, row in enumerate(values)})
    made = drawn(fitted(real), 1_500)
    off = np.abs(np.corrcoef(made.to_numpy().T) - np.corrcoef(values)).mean()
    assert off < 0.12  # 0.37 if columns were drawn on their own


def test_bounds_hold() -> None:
    rng = np.random.default_rng(0)
    real = pl.DataFrame({"share": np.clip(rng.normal(0.9, 0.2, 40), 0, 1), "age": rng.integers(18, 99, 40)})
    made = drawn(
        fitted(
            real.head(12),
            ColumnSpec("share", ColumnKind.NUMBER, nullable=False, minimum=0, maximum=1),
            ColumnSpec("age", ColumnKind.NUMBER, nullable=False, minimum=18, maximum=120),
        ),
        2_000,
    )
    assert made["share"].is_between(0, 1).all()
    assert made["age"].is_between(18, 120).all()


def test_bounds_of_times_and_decimals() -> None:
    real = every_type(15)
    first = real["day"].dt.epoch("d").sort()[3]
    made = drawn(
        fitted(
            real,
            ColumnSpec("day", ColumnKind.DATETIME, nullable=False, minimum=first),
            ColumnSpec("decimal", ColumnKind.NUMBER, nullable=False, minimum=20.5, maximum=21.25),
        ),
        2_000,
    )
    assert (made["day"].dt.epoch("d") >= first).all()
    assert made["decimal"].cast(pl.Float64).is_between(20.5, 21.25).all()


def test_integers_beyond_the_exact_floats_keep_their_type_and_range() -> None:
    values = np.random.default_rng(0).integers(2**63, 2**64 - 1, 2_000, dtype=np.uint64)
    real = pl.DataFrame({"big": pl.Series(values, dtype=pl.UInt64)})
    made = drawn(fitted(real), 1_000)["big"]
    assert made.dtype == pl.UInt64
    assert made.min() >= real["big"].min()  # type: ignore[operator]


def test_long_decimals() -> None:
    texts = [f"{12_345_678_901_234_567_890 + k * 997}.{k % 100:02d}" for k in range(500)]
    real = pl.DataFrame({"money": pl.Series(texts).cast(pl.Decimal(38, 2))})
    made = drawn(fitted(real), 200)["money"]
    assert made.dtype == pl.Decimal(38, 2)
    assert made.min() >= real["money"].min()  # type: ignore[operator]
    assert made.max() <= real["money"].max()  # type: ignore[operator]
