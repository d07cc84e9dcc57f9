"""Columns that say what another column of the row before or after says."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.links import Link, find_links, linked

FAMILIES, ROWS = 100, 5


@pytest.fixture
def versions() -> tuple[pl.DataFrame, Arranged]:
    """Prices of a hundred products, each valid until the day before the next one begins."""
    rng = np.random.default_rng(0)
    products = np.repeat(np.arange(FAMILIES), ROWS)
    begins = [
        date(2020, 1, 1) + timedelta(days=int(day)) for day in rng.integers(1, 90, len(products)).cumsum() % 3_000
    ]
    rows = pl.DataFrame({"product": products, "valid_from": begins}).sort("product", "valid_from")
    price = pl.Series("price", rng.integers(100, 900, rows.height))
    rows = rows.with_columns(
        price,
        pl.col("valid_from")
        .shift(-1)
        .over("product")
        .dt.offset_by("-1d")
        .fill_null(date(9999, 12, 31))
        .alias("valid_to"),
    )
    rows = rows.with_columns(pl.col("price").shift(1).over("product").fill_null(0).alias("old_price"))
    return rows.drop("product"), Arranged.by(products, rows["valid_from"])


def test_the_end_of_a_version_is_the_day_before_the_next(versions: tuple[pl.DataFrame, Arranged]) -> None:
    rows, arranged = versions
    links = find_links(rows, arranged, follows=arranged.position > 0, among=["valid_to"])
    assert links == (Link(column="valid_to", of="valid_from", later=True, offset=-1, share=1.0),)
    made = rows.with_columns(pl.lit(date(2001, 1, 1)).alias("valid_to"))
    again = linked(made, arranged, links, np.random.default_rng(0))
    inside = ~pl.Series(arranged.last)
    assert again.filter(inside).equals(rows.filter(inside))
    assert again.filter(~inside).equals(made.filter(~inside))


def test_what_is_said_before_is_said_again(versions: tuple[pl.DataFrame, Arranged]) -> None:
    rows, arranged = versions
    links = find_links(rows, arranged, follows=arranged.position > 0, among=["price", "old_price"])
    assert links == (Link(column="old_price", of="price", later=False, offset=0, share=1.0),)
    made = linked(rows.with_columns(pl.col("price") + 1), arranged, links, np.random.default_rng(0))
    assert made["old_price"].to_list()[1] == rows["price"][0] + 1
    assert made["old_price"].to_list()[0] == 0


def test_gaps_between_versions_stay_as_frequent(versions: tuple[pl.DataFrame, Arranged]) -> None:
    rows, arranged = versions
    broken = np.random.default_rng(1).random(rows.height) < 0.05
    rows = rows.with_columns(rows["valid_to"].zip_with(pl.Series(~broken), rows["valid_from"]).alias("valid_to"))
    (link,) = find_links(rows, arranged, follows=arranged.position > 0, among=["valid_to"])
    assert 0.9 < link.share < 1


def test_what_is_alike_in_all_rows_of_a_family_is_not_said_by_the_row_before() -> None:
    rng = np.random.default_rng(0)
    city = np.repeat(rng.integers(0, 50, FAMILIES), ROWS)
    rows = pl.DataFrame({"billed_to": city, "sent_to": city, "day": rng.integers(0, 900, FAMILIES * ROWS)})
    arranged = Arranged.by(np.repeat(np.arange(FAMILIES), ROWS), rows["day"])
    assert find_links(rows, arranged, follows=arranged.position > 0, among=rows.columns) == ()
