"""Columns that add up or count the rows that refer to them."""

from decimal import Decimal

import numpy as np
import polars as pl

from synth_assets.dependencies.totals import Children, broken, children_of, find_totals, total

ORDERS = 300


def lines(rng: np.random.Generator, *, orders: int = ORDERS) -> tuple[pl.DataFrame, np.ndarray]:
    parents = np.sort(rng.integers(0, orders, 3 * orders)).astype(np.int64)
    cents = rng.integers(100, 9000, len(parents))
    price = pl.Series("price", [Decimal(int(c)).scaleb(-2) for c in cents], dtype=pl.Decimal(10, 2))
    frame = pl.DataFrame([price]).with_columns(
        quantity=pl.Series(rng.integers(1, 9, len(parents))),
        amount=pl.Series(np.round(rng.random(len(parents)) * 9, 2)),
    )
    return frame, parents


def orders_of(frame: pl.DataFrame, parents: np.ndarray, *, orders: int = ORDERS) -> pl.DataFrame:
    price, quantity = frame["price"].cast(pl.Float64).to_numpy(), frame["quantity"].to_numpy()
    total_ = np.round(np.bincount(parents, weights=price * quantity, minlength=orders), 2)
    return pl.DataFrame(
        {
            "total": pl.Series(total_).cast(pl.Decimal(12, 2)),
            "amount": np.round(np.bincount(parents, weights=frame["amount"].to_numpy(), minlength=orders), 2),
            "lines": np.bincount(parents, minlength=orders),
            "weight": np.random.default_rng(9).integers(0, 900, orders),
        }
    )


def found_in(frame: pl.DataFrame, children: list[Children]) -> set[str]:
    return {found.text for found in find_totals(frame, children, min_group=10)}


def test_sums_products_and_counts_are_found_and_computed() -> None:
    frame, parents = lines(np.random.default_rng(0))
    children = children_of("lines", ("order_id",), frame, parents)
    orders = orders_of(frame, parents)
    found = find_totals(orders, [children], min_group=10)
    assert {one.text for one in found} == {
        "total = sum(lines.price * lines.quantity)",
        "amount = sum(lines.amount)",
        "lines = count(lines)",
    }
    for one in found:
        made = total(one, children, ORDERS, orders.schema[one.column])
        assert made.dtype == orders.schema[one.column]
        assert not broken(one, orders[one.column], children)
        assert broken(one, orders[one.column].reverse(), children) > ORDERS / 2


def test_discounts_and_taxes_rounded_line_by_line_are_found() -> None:
    rng = np.random.default_rng(3)
    frame, parents = lines(rng)
    frame = frame.with_columns(
        off=pl.Series(rng.choice([0.0, 0.05, 0.1], frame.height)), tax=pl.Series(rng.choice([7, 19], frame.height))
    )
    price, number = frame["price"].cast(pl.Float64).to_numpy() * 100, frame["quantity"].to_numpy()
    parts = np.floor(price * number * (1 - frame["off"].to_numpy()) * (1 + frame["tax"].to_numpy() / 100)) / 100
    orders = pl.DataFrame({"total": np.round(np.bincount(parents, weights=parts, minlength=ORDERS), 2)})
    children = children_of("lines", ("order_id",), frame, parents)
    (found,) = find_totals(orders, [children], min_group=10)
    assert found.text == "total = sum(lines.price * lines.quantity * (1 - lines.off) * (1 + lines.tax / 100))"
    assert not broken(found, orders["total"], children)
    assert broken(found, orders["total"] + 1, children) > ORDERS / 2


def test_rows_without_children_have_what_they_have_in_the_source() -> None:
    frame, parents = lines(np.random.default_rng(1))
    children = children_of("lines", ("order_id",), frame, parents)
    lonely = pl.Series(np.bincount(parents, minlength=ORDERS) == 0)
    assert lonely.sum() > 5
    orders = orders_of(frame, parents).select("amount")
    (as_null,) = find_totals(orders.with_columns(orders["amount"].set(lonely, None)), [children], min_group=10)
    assert as_null.without is None
    assert total(as_null, children, ORDERS, pl.Float64()).is_null().equals(lonely, check_names=False)
    (as_zero,) = find_totals(orders, [children], min_group=10)
    assert as_zero.without == 0
    various = pl.Series(np.where(lonely, np.arange(ORDERS), orders["amount"]))
    assert found_in(pl.DataFrame({"amount": various}), [children]) == set()
    shared_by_few = pl.Series(np.where(lonely, 77.0, orders["amount"]))
    assert found_in(pl.DataFrame({"amount": shared_by_few}), [children]) == (
        set() if lonely.sum() < 10 else {"amount = sum(lines.amount)"}
    )


def test_one_row_that_does_not_add_up_is_enough() -> None:
    frame, parents = lines(np.random.default_rng(2))
    amounts = orders_of(frame, parents)["amount"].to_numpy().copy()
    amounts[-1] += 0.01
    children = children_of("lines", ("order_id",), frame, parents)
    assert found_in(pl.DataFrame({"amount": amounts}), [children]) == set()


def test_chance_makes_no_total() -> None:
    """Small whole numbers, few parents and single children agree easily; none is taken for a total."""
    found: list[str] = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        orders = int(rng.integers(20, 300))
        parents = rng.integers(0, orders, int(orders * rng.uniform(0.5, 3))).astype(np.int64)
        children = children_of(
            "lines", ("order_id",), pl.DataFrame({n: rng.integers(0, 3, len(parents)) for n in "abcdef"}), parents
        )
        frame = pl.DataFrame({n: rng.binomial(1, rng.choice([0.001, 0.01, 0.3]), orders) for n in "uvwxyz"})
        found += found_in(frame, [children])
    assert found == []
