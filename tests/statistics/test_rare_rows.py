"""Rows with a value that few share: which they are, and that their copies are counted."""

import numpy as np
import polars as pl

from synth_assets.statistics.rare_rows import count_rare_copies, holds_rare_value

COLUMNS = ("size", "place")


def rows(count: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    places = rng.choice(["north", "south"], count).astype(object)
    places[:4] = "here only"
    return pl.DataFrame({"size": rng.normal(size=count).round(6), "place": places})


def test_a_rare_category_and_what_few_numbers_reach_are_rare() -> None:
    source = rows(500, 0).with_columns(pl.when(pl.int_range(500) == 7).then(None).otherwise("size").alias("size"))
    rare = holds_rare_value(source, source, columns=COLUMNS, min_group=10)
    ends = source["size"].rank("ordinal").is_in([*range(1, 10), *range(491, 500)]).fill_null(value=False)
    assert rare.tolist() == (ends | (source["place"] == "here only")).to_list()


def test_a_number_that_many_have_is_not_rare_at_the_end_either() -> None:
    source = pl.DataFrame({"votes": [0] * 10 + list(range(1, 200))})
    rare = holds_rare_value(source, source, columns=["votes"], min_group=10)
    assert rare.nonzero()[0].tolist() == list(range(200, 209))


def test_of_few_numbers_none_is_rare() -> None:
    few = pl.DataFrame({"size": [float(i) for i in range(39)]})
    assert not holds_rare_value(few, few, columns=["size"], min_group=10).any()


def test_rare_rows_that_come_out_whole_are_counted() -> None:
    source = rows(500, 0)
    rare = source.filter(pl.Series(holds_rare_value(source, source, columns=COLUMNS, min_group=10)))
    common = source.filter(~pl.Series(holds_rare_value(source, source, columns=COLUMNS, min_group=10)))
    leaked = count_rare_copies(source, rare, columns=COLUMNS, rare_in=COLUMNS, min_group=10)
    assert leaked.copied == leaked.rows == rare.height > leaked.allowed
    kept_back = count_rare_copies(source, common, columns=COLUMNS, rare_in=COLUMNS, min_group=10)
    assert kept_back.copied == 0
    half = rare.with_columns(pl.col("size") + 1e-3)
    assert count_rare_copies(source, half, columns=COLUMNS, rare_in=COLUMNS, min_group=10).copied == 0


def test_a_few_coincidences_of_computed_values_are_let_pass() -> None:
    allowed = {n: count_rare_copies(many(n), many(n), columns=["x"], rare_in=["x"], min_group=2) for n in (10, 1_000)}
    assert allowed[10].allowed == 2
    assert 15 <= allowed[1_000].allowed <= 25


def many(count: int) -> pl.DataFrame:
    return pl.DataFrame({"x": [f"label {i}" for i in range(count)]})
