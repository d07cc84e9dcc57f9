"""Rows that no key and no time orders stand in the order of a whole number that tells them apart."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.numbered import numbering

PATIENTS, VISITS = 100, 8
FAMILIES = np.repeat(np.arange(PATIENTS), VISITS)
VISIT = np.tile(np.arange(VISITS), PATIENTS)


def visits(**columns: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.DataFrame:
    return pl.DataFrame({name: values.astype(np.int64) for name, values in columns.items()})


def test_a_number_that_goes_on_by_equal_steps_numbers_rows_in_whatever_order_they_come() -> None:
    rng = np.random.default_rng(0)
    come = rng.permutation(PATIENTS * VISITS)
    rows = visits(age=20 + FAMILIES % 50 + VISIT, pulse=rng.integers(50, 120, PATIENTS * VISITS))[come]
    assert numbering(rows, ["pulse", "age"], FAMILIES[come]) == "age"


def test_a_number_in_whose_order_rows_came_numbers_them() -> None:
    rng = np.random.default_rng(1)
    day = rng.integers(0, 400, PATIENTS * VISITS).reshape(PATIENTS, VISITS)
    rows = visits(pulse=rng.integers(50, 120, PATIENTS * VISITS), day=np.sort(day, axis=1).ravel())
    assert numbering(rows, ["pulse", "day"], FAMILIES) == "day"


def test_amounts_number_nothing() -> None:
    rng = np.random.default_rng(2)
    rows = visits(
        pulse=rng.integers(50, 120, PATIENTS * VISITS),
        paid=rng.integers(0, 10_000, PATIENTS * VISITS),
        flag=rng.integers(0, 2, PATIENTS * VISITS),
    )
    assert numbering(rows, rows.columns, FAMILIES) is None


def test_what_is_unknown_of_some_rows_or_the_same_for_all_siblings_numbers_nothing() -> None:
    rows = visits(age=20 + VISIT, born=1900 + FAMILIES)
    some = rows.with_columns(pl.when(pl.int_range(pl.len()) == 5).then(None).otherwise(pl.col("age")).alias("age"))
    assert numbering(some, ["age", "born"], FAMILIES) is None
    assert numbering(rows, ["born"], FAMILIES) is None


def test_of_two_numbers_that_one_counts_which_tells_more_siblings_apart() -> None:
    rows = visits(season=VISIT // 2, round=VISIT)
    assert numbering(rows, ["season", "round"], FAMILIES) == "round"
