"""Texts that are blank rather than null, in columns of fakes."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from synth_assets.store.folder import Folder
from synth_assets.synthesize.rules.rules import Rules

N = 2_000


def people(table: Any) -> Any:
    """Of a tenth neither street nor city is known, a fifth has no phone, half has no second name; nulls besides."""
    rng = np.random.default_rng(1)
    nowhere, second, phone = rng.random(N) < 0.1, rng.random(N) < 0.5, rng.random(N)
    table.fake("middle", ["" if has else f"Ada{i}" for i, has in enumerate(second)], "middle_name", nullable=False)
    table.fake("street", ["" if no else f"Road {i}" for i, no in enumerate(nowhere)], "street_address")
    table.fake("city", ["" if no else f"Town{i}" for i, no in enumerate(nowhere)], "city")
    numbers = [None if p < 0.3 else " " if p < 0.5 else f"+49 30 {i:06d}" for i, p in enumerate(phone)]
    return table.fake("phone", numbers, "phone")


def shares(rows: pl.DataFrame) -> dict[str, float]:
    return {name: float((rows[name].drop_nulls().str.strip_chars() == "").to_numpy().mean()) for name in rows.columns}


def test_blank_fakes_are_as_many_as_in_the_source_and_in_the_same_rows(table: Any, folder: Folder) -> None:
    people(table).fit().save(folder)
    nulls = {"phone": np.random.default_rng(2).random(5_000) < 0.3}
    made = Rules.load(folder).sample(5_000, rng=np.random.default_rng(3), nulls=nulls)
    assert shares(made) == pytest.approx(shares(table.rows), abs=0.03)
    assert made["phone"].is_null().to_list() == nulls["phone"].tolist()
    assert ((made["street"] == "") == (made["city"] == "")).all()


def test_nulls_that_no_row_of_the_source_has_leave_the_other_columns_as_often_blank(table: Any) -> None:
    made = people(table).sample(5_000, nulls={"street": np.ones(5_000, dtype=bool)})
    assert made["street"].null_count() == 5_000
    assert shares(made.drop("street"))["middle"] == pytest.approx(0.5, abs=0.03)


def test_columns_that_are_blank_each_in_its_own_rows_keep_their_shares(table: Any) -> None:
    rng = np.random.default_rng(1)
    for place in range(12):
        blank = rng.random(N) < 0.3
        table.fake(f"c{place}", ["" if no else f"x{i}" for i, no in enumerate(blank)], "word")
    assert shares(table.sample(5_000)) == pytest.approx(shares(table.rows), abs=0.04)


def test_what_few_rows_leave_blank_is_never_blank(table: Any) -> None:
    made = table.fake("name", ["", *(f"Ada {i}" for i in range(200))], "full_name").sample(5_000)
    assert not (made["name"] == "").any()


def test_rows_of_a_partial_table_are_blank_where_the_real_ones_are(table: Any) -> None:
    rows = people(table).rows
    made = table.transform()
    for name in rows.columns:
        assert ((made[name] == "") == (rows[name].str.strip_chars() == "")).fill_null(value=True).all(), name
    assert made["phone"].is_null().to_list() == rows["phone"].is_null().to_list()
