"""What foreign keys and pairs of columns determine."""

import numpy as np
import polars as pl

from synth_assets.dependencies.jointly import find_jointly_determined
from synth_assets.plan.dependencies import Determined

KEYS = (("origin",), ("dest",))


def flights(rows: int = 4_000) -> pl.DataFrame:
    rng = np.random.default_rng(4)
    origin, dest, year = rng.integers(1, 4, rows), rng.integers(10, 60, rows), rng.integers(2020, 2024, rows)
    miles = rng.integers(50, 3_000, (4, 60))[origin, dest]
    fee = rng.integers(1, 30, 60)[dest]
    fare = rng.integers(40, 900, (60, 4))[dest % 12, year - 2020]
    return pl.DataFrame(
        {
            "origin": origin, "dest": dest, "year": year, "group": dest % 12,
            "miles": miles, "fee": fee, "fare": fare, "delay": rng.integers(-10, 60, rows),
        }
    )  # fmt: skip


def found(rows: pl.DataFrame, wrong: float = 0.0) -> set[str]:
    wanted = ["miles", "fee", "fare", "delay", "group"]
    labels = ["year", "group"]
    return {one.text for one in find_jointly_determined(rows, keys=KEYS, labels=labels, wanted=wanted, wrong=wrong)}


def test_what_one_key_or_two_determine_is_found() -> None:
    assert found(flights()) == {
        "origin, dest -> miles",
        "dest -> fee",
        "dest -> group",
        "year, group -> fare",
    }


def test_one_wrong_row_is_enough_unless_few_are_let_by() -> None:
    rows = flights().with_row_index("#").with_columns(miles=pl.col("miles") + (pl.col("#") == 17))
    rows = rows.drop("#")
    assert "origin, dest -> miles" not in found(rows)
    assert "origin, dest -> miles" in found(rows, wrong=0.02)


def test_what_one_column_determines_is_not_found_with_another() -> None:
    rows = flights()
    known = [Determined(by=("group",), column="fee")]
    texts = {
        one.text for one in find_jointly_determined(rows, keys=KEYS, labels=["group"], wanted=["fee"], known=known)
    }
    assert texts == set()


def test_rows_that_nothing_repeats_determine_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = pl.DataFrame({"origin": np.arange(500), "dest": np.arange(500), "delay": rng.integers(0, 9, 500)})
    assert find_jointly_determined(rows, keys=KEYS, labels=(), wanted=["delay"]) == ()


def test_unrelated_columns_are_not_found() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        rows = pl.DataFrame({name: rng.integers(0, 30, 300) for name in ("origin", "dest", "a", "b", "c")})
        assert find_jointly_determined(rows, keys=KEYS, labels=("a", "b", "c"), wanted=("a", "b", "c")) == ()
