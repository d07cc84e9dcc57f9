"""Labels that one row of a family has, or at most one: found only where chance would not make them, and kept."""

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.relational.families.single import (
    Single,
    SingleLabel,
    find_single,
    places,
    settle_single,
)

MIN_GROUP = 10


def accounts(*, most: int = 3, count: int = 400, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
    """Holders of accounts, one of each its owner; the second of many is a guarantor."""
    rng = np.random.default_rng(seed)
    parents = np.repeat(np.arange(count), rng.integers(1, most + 1, count))
    place = np.arange(len(parents)) - np.searchsorted(parents, parents)
    role = np.where(place == 0, "owner", np.where((place == 1) & (parents % 3 < 2), "guarantor", "reader"))
    shuffled = rng.permutation(len(parents))
    rows = pl.DataFrame(
        {"role": role, "since": rng.integers(0, 900, len(parents)), "colour": rng.choice(["red", "blue"], len(parents))}
    )
    return rows[shuffled], parents[shuffled]


def found(rows: pl.DataFrame, parents: np.ndarray) -> tuple[Single, ...]:
    return find_single(
        rows,
        {"holders(account)": parents},
        by={"holders(account)": ("account",)},
        among=rows.columns,
        min_group=MIN_GROUP,
    )


def test_the_only_owner_is_found_and_what_has_no_order_is_not() -> None:
    (one,) = found(*accounts())
    assert one.column == "role"
    assert {label.label: label.always for label in one.labels} == {"owner": True, "guarantor": False}
    assert one.text == "at most one row of each account has each of 2 values of role"


def test_families_of_one_row_tell_nothing() -> None:
    assert found(*accounts(most=1)) == ()


def test_one_exception_is_enough() -> None:
    rows, parents = accounts()
    second = int(np.flatnonzero((rows["role"] == "reader").to_numpy())[0])
    rows = rows.with_columns(role=rows["role"].scatter(second, "owner"))
    assert [label.label for one in found(rows, parents) for label in one.labels] == ["guarantor"]


def test_rows_without_a_parent_tell_nothing_of_a_key() -> None:
    rows, parents = accounts()
    assert found(rows, np.where(parents == 7, -1, parents)) == ()


def test_of_two_columns_that_say_the_same_one_is_enough() -> None:
    rows, parents = accounts()
    twice = rows.with_columns(code=rows["role"].replace_strict({"owner": 1, "guarantor": 2, "reader": 3}))
    assert len(found(twice, parents)) == 1


def test_labels_that_few_rows_share_are_no_labels() -> None:
    rows, parents = accounts()
    rare = rows.with_columns(
        role=rows["role"].scatter(np.flatnonzero((rows["role"] == "guarantor").to_numpy())[9:], "reader")
    )
    assert all(label.label != "guarantor" for one in found(rare, parents) for label in one.labels)


@pytest.mark.parametrize("seed", range(3))
def test_drawn_labels_are_settled_and_stay_as_frequent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, parents = accounts(count=2_000)
    (one,) = found(rows, parents)
    drawn = rows["role"].gather(rng.permutation(rows.height))
    settled = settle_single(drawn, parents, one, rng)
    table = pl.DataFrame({"parent": parents, "role": settled}).group_by("parent").agg(pl.col("role"))
    assert all(roles.count("owner") == 1 and roles.count("guarantor") <= 1 for roles in table["role"].to_list())
    before, after = (dict(values.value_counts().rows()) for values in (drawn, settled))
    assert all(abs(after[role] - number) <= 0.03 * len(drawn) for role, number in before.items())


def test_labels_that_are_right_stay() -> None:
    rows, parents = accounts()
    (one,) = found(rows, parents)
    assert settle_single(rows["role"], parents, one, np.random.default_rng(0)).equals(rows["role"])


def test_where_every_label_may_be_had_once_no_row_repeats_one() -> None:
    rng = np.random.default_rng(5)
    parents = np.repeat(np.arange(500), 3)
    days = ["mon", "tue", "wed", "thu", "fri"]
    one = Single(
        key="hours(shop)",
        by=("shop",),
        column="day",
        labels=tuple(SingleLabel(label=day, always=False) for day in days),
    )
    settled = settle_single(pl.Series("day", rng.choice(days, 1_500)), parents, one, rng)
    assert pl.DataFrame({"shop": parents, "day": settled}).is_unique().all()


def test_flags_are_labels() -> None:
    rows, parents = accounts()
    flags = rows.select(is_default=pl.col("role") == "owner")
    (one,) = found(flags, parents)
    assert one.labels == (SingleLabel(label=True, always=True),)
    settled = settle_single(flags["is_default"].shuffle(seed=1), parents, one, np.random.default_rng(1))
    assert settled.dtype == pl.Boolean
    assert (
        pl.DataFrame({"parent": parents, "flag": settled})
        .group_by("parent")
        .agg(pl.col("flag").sum())["flag"]
        .eq(1)
        .all()
    )


def test_places_of_siblings() -> None:
    families, times = np.array([4, 4, 4, 9, 2, 2]), pl.Series([30, 10, 20, 5, 1, 2])
    assert places(families, times).to_list() == ["last", "first", "between", "only", "first", "last"]
    assert places(families).to_list() == ["first", "between", "last", "only", "first", "last"]
