from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.fakes import extend_text
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.settle import Rule, settle_texts
from synth_assets.synthesize.rules.uniqueness import unique_numbers

NOON = (18_262 * 86_400 + 43_200) * 1_000_000  # of the first day of 2020, in microseconds


def test_values_without_duplicates_stay_as_they_are(rng):
    values = pl.Series("n", [5, 1, 9, None])
    assert unique_numbers(values, rng).equals(values)


@pytest.mark.parametrize(
    "values",
    [
        pl.Series("n", [3] * 50 + [4] * 50 + [900]),
        pl.Series("n", [1.5] * 40 + [1.25, 2.0]),
        pl.Series("n", [Decimal("9.99")] * 30 + [Decimal("-1.00")]).cast(pl.Decimal(8, 2)),
        pl.Series("n", [date(2020, 1, 1)] * 30 + [date(2024, 1, 1)]),
        pl.Series("n", [NOON] * 30).cast(pl.Datetime("us", "UTC")),
        pl.Series("n", [7] * 20, dtype=pl.UInt64),
    ],
    ids=["integer", "float", "decimal", "date", "datetime", "unsigned"],
)
def test_duplicates_are_repaired(values, rng):
    repaired = unique_numbers(values, rng)
    assert repaired.dtype == values.dtype
    assert repaired.n_unique() == len(values)
    assert repaired.name == "n"


def test_nulls_stay(rng):
    repaired = unique_numbers(pl.Series("n", [1, None, 1, None]), rng)
    assert repaired.is_null().to_list() == [False, True, False, True]
    assert repaired.drop_nulls().n_unique() == 2


def test_distribution_stays(rng):
    values = pl.Series("n", rng.normal(0, 20_000, size=20_000).round().astype(np.int64))
    repaired = unique_numbers(values, rng)
    assert repaired.n_unique() == 20_000
    assert (repaired - values).abs().mean() < 200
    assert abs(repaired.std() - values.std()) < 200


def test_bounds_hold_to_the_last_value(rng):
    values = pl.Series("n", [1] * 60 + [100] * 40)
    repaired = unique_numbers(values, rng, minimum=1, maximum=100)
    assert sorted(repaired) == list(range(1, 101))
    with pytest.raises(CapacityTooSmall):
        unique_numbers(values, rng, minimum=1, maximum=99)


def test_instants_take_a_finer_step_where_the_bounds_ask_for_it(rng):
    values = pl.Series("t", [NOON] * 100).cast(pl.Datetime("us"))
    low = NOON
    repaired = unique_numbers(values, rng, minimum=low, maximum=low + 200_000_000)
    assert repaired.n_unique() == 100
    assert repaired.to_physical().max() <= low + 200_000_000


def test_settling_avoids_the_source_and_duplicates(rng):
    source = pl.Series([f"{number:02d}" for number in range(0, 100, 2)])
    rule = Rule(
        table="t", column="c", seen=SeenValues.of(source, key=b"k" * 32), unique=True,
        extend=extend_text(2), suffix_room=2, suffix_alphabet="0123456789",
    )  # fmt: skip
    draw = lambda rows, _: pl.Series(rng.integers(0, 100, size=rows)).cast(pl.String).str.zfill(2)  # noqa: E731
    values = settle_texts(draw, 60, rule=rule)
    assert values.n_unique() == 60
    assert not set(values) & set(source)
    with pytest.raises(CapacityTooSmall) as refused:
        settle_texts(draw, 61, rule=rule)
    assert refused.value.capacity == 60


def test_rows_that_must_not_be_the_source_may_share_the_last_free_value(rng):
    source = pl.Series([f"{number}" for number in range(9)])
    rule = Rule(
        table="t", column="c", seen=SeenValues.of(source, key=b"k" * 32),
        extend=extend_text(1), suffix_room=1, suffix_alphabet="0123456789",
    )  # fmt: skip
    values = settle_texts(lambda rows, _: pl.Series(["5"] * rows), 20, rule=rule)
    assert set(values) == {"9"}
