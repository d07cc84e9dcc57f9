"""Bars tell of groups only."""

from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_assets.validate.bars import ANOTHER_VALUE, ANY_VALUE, NO_VALUE, bars, bins_of, moved

MIN_GROUP = 10


def labels(source: pl.Series, synthetic: pl.Series | None = None) -> dict[str, tuple[float, float]]:
    other = source if synthetic is None else synthetic
    bins = bins_of(source, other.dtype, min_group=MIN_GROUP)
    return {b.label: (b.source, b.synthetic) for b in bars(source, other, bins, min_group=MIN_GROUP)}


NUMBERS = st.one_of(
    st.lists(st.none() | st.integers(-(10**6), 10**6), max_size=120).map(lambda v: pl.Series(v, dtype=pl.Int64)),
    st.lists(st.none() | st.sampled_from([0, 1, 2, 3]), max_size=120).map(lambda v: pl.Series(v, dtype=pl.Int64)),
    st.lists(st.none() | st.floats(width=32), max_size=120).map(lambda v: pl.Series(v, dtype=pl.Float64)),
    st.lists(st.none() | st.datetimes(), max_size=120).map(lambda v: pl.Series(v, dtype=pl.Datetime("us"))),
    st.lists(st.none() | st.dates(), max_size=120).map(lambda v: pl.Series(v, dtype=pl.Date)),
    st.lists(st.none() | st.sampled_from("abc"), max_size=120).map(lambda v: pl.Series(v, dtype=pl.String)),
)


@given(NUMBERS)
@settings(max_examples=150, deadline=None)
def test_enough_source_rows_stand_behind_every_bar(source: pl.Series) -> None:
    found = labels(source)
    assert all(round(real * source.len()) >= MIN_GROUP for real, _ in found.values())
    assert sum(real for real, _ in found.values()) <= 1.001


def test_rare_labels_and_those_of_synthetic_rows_alone_have_no_bar() -> None:
    source = pl.Series(["x"] * 60 + ["y"] * 31 + ["rare"] * 9)
    assert labels(source, pl.Series(["x"] * 50 + ["invented"] * 50)) == {"x": (0.6, 0.5), "y": (0.31, 0.0)}
    assert labels(pl.Series([f"value {at}" for at in range(40)])) == {ANY_VALUE: (1.0, 1.0)}


def test_what_is_beyond_the_most_frequent_is_put_together() -> None:
    source = pl.Series([f"v{at}" for at in range(20) for _ in range(10)])
    assert labels(source)[ANOTHER_VALUE] == (0.4, 0.4)


def test_extremes_are_not_told() -> None:
    source = pl.Series([*range(1000, 2000), 7_654_321, -987_654]).cast(pl.Int64)
    found = labels(source)
    assert not any("7,654" in label or "987" in label for label in found)
    assert next(iter(found)).startswith("under ")
    assert list(found)[-1].endswith(" or more")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([date(2020, 1, 1) + timedelta(days=at) for at in range(3000)], "2022 to 2023"),
        ([datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=at) for at in range(2000)], "8 Jan 2024 to 15 Jan 2024"),
        ([time(at % 24) for at in range(240)], "08:00 to 10:00"),
        ([timedelta(days=at % 10) for at in range(200)], "3 days to 4 days"),
        ([at % 5 for at in range(100)], "3"),
        ([1950 + at % 60 for at in range(600)], "1960 to 1964"),
    ],
)
def test_ranges_begin_and_end_at_round_values(values: list[object], expected: str) -> None:
    assert expected in labels(pl.Series(values))


def test_missing_values_have_a_bar_where_there_are_enough() -> None:
    assert labels(pl.Series([1] * 80 + [None] * 20))[NO_VALUE] == (0.2, 0.2)
    assert NO_VALUE not in labels(pl.Series([1] * 91 + [None] * 9))


def test_how_much_of_the_source_has_moved() -> None:
    before = pl.Series(["x"] * 50 + ["y"] * 50)
    bins = bins_of(before, before.dtype, min_group=MIN_GROUP)
    known = bars(before, before, bins, min_group=MIN_GROUP)
    assert moved(before, bins, known, min_group=MIN_GROUP) == 0.0
    assert moved(pl.Series(["x"] * 80 + ["y"] * 20), bins, known, min_group=MIN_GROUP) == pytest.approx(0.3)
