"""Each kind within one row's table: how it is found, what breaks it, and how rows are made to keep it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.combination import (
    find_combinations,
    keep_combination,
    shared_combinations,
    unknown,
)
from synth_assets.dependencies.determined import find_determined, keep_determined, undetermined
from synth_assets.dependencies.null_by import find_null_by, keep_null_by, wrongly_null
from synth_assets.dependencies.null_together import find_null_together, keep_null_together, partly_null
from synth_assets.dependencies.one_of import find_one_of, keep_one_of, not_one
from synth_assets.dependencies.order import above, find_orders, keep_orders
from synth_assets.plan.dependencies import Combination, Dependency, Determined, NotAbove, NullBy, NullTogether, OneOf

ROWS = 600


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def texts(found: Sequence[Dependency]) -> set[str]:
    return {one.text for one in found}


# orders


def test_orders_of_numbers_and_times_are_found_and_what_follows_is_not(rng: np.random.Generator) -> None:
    low, more = rng.integers(0, 100, ROWS), rng.integers(0, 12, ROWS)
    rows = pl.DataFrame(
        {
            "low": low,
            "middle": low + rng.integers(0, 50, ROWS),
            "apart": low + 1_000,
            "other": rng.integers(0, 100, ROWS),
            "opens": [dt.time(int(hour)) for hour in low // 9],
            "closes": [dt.time(int(hour)) for hour in low // 9 + more],
        }
    ).with_columns(high=pl.col("middle") + pl.Series(rng.random(ROWS) * 30))
    assert texts(find_orders(rows)) == {"low <= middle", "middle <= high", "opens <= closes"}
    assert texts(find_orders(rows, besides=[frozenset({"low", "middle"})])) == {
        "middle <= high",
        "opens <= closes",
    }


def test_one_row_out_of_order_is_enough(rng: np.random.Generator) -> None:
    low = rng.integers(0, 100, ROWS)
    high = low + rng.integers(0, 50, ROWS)
    high[-1] = low[-1] - 1
    assert find_orders(pl.DataFrame({"low": low, "high": high})) == ()


def test_columns_that_merely_differ_in_size_have_no_order(rng: np.random.Generator) -> None:
    """Doubles of a team are more than its wins in every season, and nothing stands against fewer."""
    size = rng.normal(1, 0.1, 3_000)
    wins, doubles = rng.poisson(80 * size), rng.poisson(230 * size)
    assert (wins < doubles).all() and wins.max() > doubles.min()
    both = pl.DataFrame({"wins": wins, "doubles": doubles, "sparse": rng.binomial(1, 0.02, 3_000)})
    assert find_orders(both) == ()


def test_rows_out_of_order_exchange_their_values(rng: np.random.Generator) -> None:
    rows = pl.DataFrame({name: rng.integers(0, 100, ROWS) for name in "abc"}).with_columns(
        b=pl.when(pl.col("b") > 90).then(None).otherwise(pl.col("b"))
    )
    orders = (NotAbove(lower="a", upper="b"), NotAbove(lower="b", upper="c"))
    kept = keep_orders(rows, orders, {"a", "b", "c"})
    assert not above(kept, "a", "b").any() and not above(kept, "b", "c").any()
    assert sorted(kept.select("a", "b", "c").rows(), key=str) != sorted(rows.rows(), key=str)
    assert [sorted(row, key=str) for row in kept.rows()] == [sorted(row, key=str) for row in rows.rows()]
    assert keep_orders(kept, orders, {"a", "b", "c"}).equals(kept)


def test_a_column_that_must_stay_moves_the_other(rng: np.random.Generator) -> None:
    cents = [Decimal(int(value)).scaleb(-2) for value in rng.integers(0, 10_000, ROWS)]
    rows = pl.DataFrame({"price": pl.Series(cents, dtype=pl.Decimal(8, 2)), "limit": rng.integers(0, 100, ROWS)})
    order = (NotAbove(lower="price", upper="limit"),)
    raised = keep_orders(rows, order, {"limit"})
    assert raised["price"].equals(rows["price"]) and not above(raised, "price", "limit").any()
    lowered = keep_orders(rows, order, {"price"})
    assert lowered["limit"].equals(rows["limit"]) and not above(lowered, "price", "limit").any()
    assert lowered.schema == rows.schema == raised.schema


# determined


def test_columns_that_another_determines_are_found_without_what_follows(rng: np.random.Generator) -> None:
    city = rng.integers(0, 12, ROWS)
    rows = pl.DataFrame(
        {
            "city": [f"city {c}" for c in city],
            "country": [f"country {c // 3}" for c in city],
            "continent": [c // 6 for c in city],
            "colour": rng.integers(0, 4, ROWS),
        }
    )
    assert texts(find_determined(rows)) == {"city -> country", "country -> continent"}
    with_code = rows.with_columns(code=pl.col("country").str.replace("country", "C"))
    found = texts(find_determined(with_code))
    assert {"country -> code", "code -> country"} <= found


def test_rows_take_what_most_of_their_like_have(rng: np.random.Generator) -> None:
    city = rng.integers(0, 12, ROWS)
    country = np.where(rng.random(ROWS) < 0.1, rng.integers(0, 4, ROWS), city // 3)
    rows = pl.DataFrame({"city": city, "country": country})
    one = Determined(by=("city",), column="country")
    assert undetermined(rows, one).sum() > 10
    kept = keep_determined(rows, one, free={"city", "country"}, rng=rng)
    assert kept["country"].to_list() == (city // 3).tolist()
    other = keep_determined(rows, one, free={"city"}, rng=rng)
    assert other["country"].equals(rows["country"])
    assert not undetermined(other, one).any()


def test_several_columns_together_determine_one(rng: np.random.Generator) -> None:
    rows = pl.DataFrame({name: rng.integers(0, 3, ROWS) for name in "ab"} | {"c": rng.integers(0, 2, ROWS)})
    one = Determined(by=("a", "b"), column="c")
    kept = keep_determined(rows, one, free={"c"}, rng=rng)
    assert kept.group_by("a", "b").agg(pl.col("c").n_unique())["c"].max() == 1


# one of


def flags(kinds: np.ndarray, names: str) -> pl.DataFrame:
    return pl.DataFrame({name: kinds == at for at, name in enumerate(names)})


def test_groups_of_flags_are_found(rng: np.random.Generator) -> None:
    kinds = rng.choice(4, ROWS, p=[0.5, 0.3, 0.15, 0.05])
    other = rng.integers(0, 5, ROWS)
    rows = pl.concat(
        [
            flags(kinds, "abcd"),
            flags(other, "xyz").cast(pl.Int64),
            pl.DataFrame({"free": rng.random(ROWS) < 0.4}),
        ],
        how="horizontal",
    )
    assert texts(find_one_of(rows)) == {"one of a, b, c, d is set", "at most one of x, y, z is set"}


def test_rows_with_several_or_none_set_get_one(rng: np.random.Generator) -> None:
    rows = flags(rng.integers(0, 3, ROWS), "abc").with_columns(b=pl.Series(rng.random(ROWS) < 0.3)).cast(pl.Int64)
    one = OneOf(columns=("a", "b", "c"))
    wrong = not_one(rows, one)
    kept = keep_one_of(rows, one, free={"a", "b", "c"}, rng=rng)
    assert wrong.sum() > 50 and not not_one(kept, one).any()
    assert kept.schema == rows.schema
    assert kept.filter(pl.Series(~wrong)).equals(rows.filter(pl.Series(~wrong)))
    several = rows.filter(pl.Series(rows.sum_horizontal() > 1)), kept.filter(pl.Series(rows.sum_horizontal() > 1))
    assert ((several[0] - several[1]).min_horizontal() >= 0).all()
    at_most = OneOf(columns=("a", "b", "c"), always=False)
    assert keep_one_of(rows, at_most, free={"a", "b", "c"}, rng=rng).sum_horizontal().max() == 1


# combinations


def test_combinations_are_found_and_other_ones_replaced(rng: np.random.Generator) -> None:
    known = [("EUR", "A", 20), ("EUR", "B", 10), ("NOK", "A", 25), ("NOK", "C", 15), ("SEK", "B", 6), ("SEK", "C", 12)]
    drawn = [known[at] for at in rng.integers(0, 6, ROWS)]
    rows = pl.DataFrame(drawn, schema=["currency", "code", "rate"], orient="row").with_columns(
        size=pl.Series(rng.integers(0, 4, ROWS))
    )
    determined = find_determined(rows)
    assert texts(determined) == {"rate -> code", "rate -> currency"}
    assert texts(find_combinations(rows, determined, min_group=10)) == {"only known combinations of currency, code"}
    one = Combination(columns=("currency", "code", "rate"))
    allowed = shared_combinations(rows, one.columns, min_group=10)
    assert allowed.height == 6
    mixed = rows.with_columns(pl.col("code").shuffle(seed=1))
    kept = keep_combination(mixed, one, allowed, free=set(one.columns), rng=rng)
    assert unknown(mixed, allowed, one.columns).sum() > 50
    assert not unknown(kept, allowed, one.columns).any()
    assert kept["currency"].equals(mixed["currency"])
    fixed = keep_combination(mixed, one, allowed, free={"currency", "rate"}, rng=rng)
    assert not unknown(fixed, allowed, one.columns).any() and fixed["code"].equals(mixed["code"])


def test_in_many_rows_unrelated_columns_have_no_known_combinations(rng: np.random.Generator) -> None:
    rows = pl.DataFrame({"a": rng.integers(0, 4, 300_000), "b": rng.integers(0, 9, 300_000)})
    assert find_combinations(rows, (), min_group=10) == ()


def test_a_combination_that_few_rows_share_does_not_come_out(rng: np.random.Generator) -> None:
    rows = pl.DataFrame({"a": ["x"] * 50 + ["y"] * 50 + ["x"] * 3, "b": ["u"] * 50 + ["v"] * 50 + ["v"] * 3})
    one = Combination(columns=("a", "b"))
    allowed = shared_combinations(rows, one.columns, min_group=10)
    kept = keep_combination(rows, one, allowed, free={"a", "b"}, rng=rng)
    assert set(kept.rows()) == {("x", "u"), ("y", "v")}


# NULL together


def test_columns_that_are_null_together(rng: np.random.Generator) -> None:
    empty = pl.Series(rng.random(ROWS) < 0.3)
    rows = pl.DataFrame({name: rng.integers(0, 99, ROWS) for name in "abcd"})
    rows = rows.with_columns(
        *(rows[name].set(empty, None) for name in "ab"), rows["c"].set(pl.Series(rng.random(ROWS) < 0.3), None)
    )
    assert find_null_together(rows) == (NullTogether(columns=("a", "b")),)
    one = NullTogether(columns=("b", "c"))
    kept = keep_null_together(rows, one, free={"b", "c"}, rng=rng)
    assert partly_null(rows, one).any() and not partly_null(kept, one).any()
    assert kept["b"].equals(rows["b"])
    other = keep_null_together(rows, one, free={"b"}, rng=rng)
    assert not partly_null(other, one).any() and other["c"].equals(rows["c"])


# NULL by another column


def test_columns_that_are_null_according_to_another(rng: np.random.Generator) -> None:
    state = rng.choice(["open", "paid", "sent", "back"], ROWS)
    shipped = pl.Series(rng.integers(0, 99, ROWS)).set(pl.Series(np.isin(state, ["open", "paid"])), None)
    rows = pl.DataFrame({"state": state, "shipped": shipped, "size": rng.integers(0, 3, ROWS)})
    one = NullBy(by="state", column="shipped")
    assert find_null_by(rows, (), ()) == (one,)
    assert find_null_by(rows, [Determined(by=("state",), column="shipped")], ()) == ()
    wrong = rows.with_columns(rows["shipped"].set(pl.Series(rng.random(ROWS) < 0.2), 7))
    wrong = wrong.with_columns(wrong["shipped"].set(pl.Series(rng.random(ROWS) < 0.2), None))
    kept = keep_null_by(wrong, one, free={"shipped"}, rng=rng)
    assert wrongly_null(wrong, one).sum() > 50 and not wrongly_null(kept, one).any()
    assert kept["shipped"].is_null().equals(rows["shipped"].is_null())
    assert keep_null_by(rows, one, free={"shipped"}, rng=rng).equals(rows)
