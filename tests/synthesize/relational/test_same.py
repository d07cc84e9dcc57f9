"""Numbers that are another one of their row in some rows."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.same import find_same
from synth_assets.synthesize.relational.training import Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel

ROWS = 2_000


def _areas(rng: np.random.Generator) -> pl.DataFrame:
    total = rng.integers(300, 3_000, ROWS)
    bare = np.where(rng.random(ROWS) < 0.4, total, (total * rng.random(ROWS)).astype(np.int64))
    return pl.DataFrame({"total": total, "bare": bare, "rooms": rng.integers(1, 9, ROWS)})


def test_a_number_that_is_another_is_found_and_comes_back() -> None:
    rows = _areas(np.random.default_rng(0))
    (one,) = find_same(rows, among=rows.columns, by=rows.columns, min_group=1)
    assert {one.column, one.by} == {"total", "bare"}
    told = one.encode(rows)
    assert told.sum() == (rows["total"] == rows["bare"]).sum()
    assert one.decode(rows.with_columns(told), pl.Int64()).equals(rows[one.column])


def test_nothing_beyond_the_protected_range_is_taken_over() -> None:
    rows = _areas(np.random.default_rng(0))
    (one,) = find_same(rows, among=["bare"], by=["total"], min_group=10)
    drawn = pl.DataFrame({"total": [9_999, 500], "bare": [400, 400], one.told: [True, True]})
    assert one.decode(drawn, pl.Int64()).to_list() == [400, 500]


def test_a_few_numbers_that_a_tree_tells_apart_need_nothing() -> None:
    rng = np.random.default_rng(0)
    floors = rng.integers(1, 6, ROWS)
    rows = pl.DataFrame({"floors": floors, "lifts": np.where(rng.random(ROWS) < 0.7, floors, 0)})
    assert find_same(rows, among=rows.columns, by=rows.columns, min_group=1) == ()


def test_drawn_rows_are_the_same_as_often() -> None:
    rows = _areas(np.random.default_rng(0))
    model = ValueModel.fit(
        Training(rows),
        table="houses",
        synthesizer="trees",
        options={},
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
        seed=0,
    )
    drawn = model.sample(Surroundings(ROWS), np.random.default_rng(1))
    assert abs((drawn["bare"] == drawn["total"]).mean() - 0.4) < 0.05
    assert drawn.columns == rows.columns


def test_tables_of_few_rows_or_without_numbers_have_none() -> None:
    texts = pl.DataFrame({"name": ["a"] * ROWS})
    assert find_same(texts, among=(), by=(), min_group=1) == ()
    few = pl.DataFrame({"a": range(20), "b": range(20)})
    assert find_same(few, among=few.columns, by=few.columns, min_group=1) == ()
