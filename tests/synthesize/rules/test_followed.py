"""Codes whose parts are what other columns of the row say."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from synth_assets.store.folder import Folder
from synth_assets.synthesize.rules.rules import Rules

N = 900
DAYS = pl.Series("day", [dt.date(2021, 1, 1) + dt.timedelta(days=i * 7 % 1_400) for i in range(N)])
KINDS = pl.Series("kind", [["shoes", "bags", "hats"][i % 3] for i in range(N)])
BESIDE = pl.DataFrame([DAYS, KINDS])


def fitted(table: Any, source: list[str | None], *, unique: bool = False) -> Rules:
    table.column("code", source, unique=unique)
    return table.fit(beside=BESIDE)


@pytest.mark.parametrize("unique", [True, False])
def test_years_and_categories_in_codes_are_those_of_the_row(table: Any, folder: Folder, unique: bool) -> None:
    code = [f"{k[:3].upper()}-{d.year}/{i * 37 % 9_973:05d}" for i, (d, k) in enumerate(zip(DAYS, KINDS, strict=True))]
    fitted(table, code, unique=unique).save(folder)
    beside = BESIDE.sample(2_000, with_replacement=True, seed=1)
    made = Rules.load(folder).sample(2_000, rng=np.random.default_rng(0), nulls={}, beside=beside)["code"]
    assert made.str.contains(r"^[A-Z]{3}-\d{4}/\d{5}$").all()
    assert made.str.head(3).to_list() == beside["kind"].str.head(3).str.to_uppercase().to_list()
    assert made.str.slice(4, 4).to_list() == beside["day"].dt.year().cast(pl.String).to_list()
    assert not set(made) & set(code)
    assert made.n_unique() > 1_900 if not unique else made.n_unique() == 2_000


@pytest.mark.parametrize("form", ["%y", "%Y%m", "%y%m%d"])
def test_times_are_told_in_the_form_of_the_code(table: Any, form: str) -> None:
    rules = fitted(table, [f"C{d:{form}}-{i:06d}" for i, d in enumerate(DAYS)])
    made = rules.sample(N, rng=np.random.default_rng(0), nulls={}, beside=BESIDE)["code"]
    assert made.str.extract(r"^C(\d+)-").to_list() == DAYS.dt.to_string(form).to_list()


def test_a_part_that_one_row_has_otherwise_follows_nothing(table: Any) -> None:
    code = [f"A-{d.year}-{i:05d}" for i, d in enumerate(DAYS)]
    code[5] = "A-1999-00005"
    made = fitted(table, code).sample(N, rng=np.random.default_rng(0), nulls={}, beside=BESIDE)["code"]
    assert (made.str.slice(2, 4) == DAYS.dt.to_string("%Y")).to_numpy().mean() < 0.6


def test_rows_in_which_the_column_is_null_or_missing_keep_a_code_of_the_pattern(table: Any) -> None:
    rules = fitted(table, [None if i % 9 == 0 else f"A-{d.year}-{i:05d}" for i, d in enumerate(DAYS)])
    nothing = BESIDE.with_columns(pl.lit(None, dtype=pl.Date).alias("day"))
    for beside in (nothing, None, BESIDE.select("kind")):
        made = rules.sample(N, rng=np.random.default_rng(0), nulls={}, beside=beside)["code"]
        assert made.str.contains(r"^A-202\d-\d{5}$").all()


def test_what_comes_after_a_part_may_be_anything(table: Any) -> None:
    rng = np.random.default_rng(1)
    rules = fitted(table, [f"PAY-{d:%Y%m}-{rng.integers(2**28):07x}" for d in DAYS])
    made = rules.sample(N, rng=np.random.default_rng(0), nulls={}, beside=BESIDE)["code"]
    assert made.str.contains("^PAY-[0-9]{6}-[0-9a-f]{7}$").all()
    assert made.str.slice(4, 6).to_list() == DAYS.dt.to_string("%Y%m").to_list()
