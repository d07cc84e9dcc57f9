"""Formulas that hold in most rows."""

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.nearly import find_nearly

ROWS = 2_000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _texts(rows: pl.DataFrame, outside: pl.DataFrame | None = None) -> list[str]:
    return sorted(one.formula.text for one in find_nearly(rows, outside, among=rows.columns))


def test_sums_products_and_copies_with_exceptions_are_found(rng: np.random.Generator) -> None:
    price, quantity = rng.integers(100, 9_000, ROWS) / 100, rng.integers(1, 9, ROWS)
    discount = rng.choice([0.0, 0.05, 0.1], ROWS)
    total = np.floor(price * quantity * (1 - discount) * 100 + 0.5) / 100
    by_hand = rng.random(ROWS) < 0.05
    total[by_hand] = np.round(total[by_hand] - 10, 0)
    games, won = rng.integers(40, 163, ROWS), rng.integers(0, 40, ROWS)
    drawn = np.where(rng.random(ROWS) < 0.3, rng.integers(1, 4, ROWS), 0)
    ordered = rng.integers(1, 400, ROWS)
    rows = pl.DataFrame(
        {
            "price": price,
            "quantity": quantity,
            "discount": discount,
            "total": total,
            "games": games,
            "won": won,
            "lost": games - won - drawn,
            "ordered": ordered,
            "delivered": np.where(rng.random(ROWS) < 0.1, ordered - 1, ordered),
            "noise": rng.normal(size=ROWS),
        }
    )
    assert _texts(rows) == ["delivered = ordered", "lost = games - won", "total = price * quantity * (1 - discount)"]


def test_what_is_mostly_nothing_or_far_off_elsewhere_is_none(rng: np.random.Generator) -> None:
    sparse = {f"s{at}": np.where(rng.random(ROWS) < 0.1, rng.integers(1, 90, ROWS), 0) for at in range(6)}
    assert _texts(pl.DataFrame(sparse)) == []
    games = rng.integers(1, 160, ROWS)
    pitched = np.where(rng.random(ROWS) < 0.6, games, rng.integers(1, 160, ROWS))
    assert _texts(pl.DataFrame({"games": games, "pitched": pitched})) == []


def test_others_are_told_by_a_few_factors_where_these_say_more(rng: np.random.Generator) -> None:
    price, seats = rng.choice([29, 99, 499], ROWS), rng.integers(1, 200, ROWS)
    enterprise = rng.random(ROWS) < 0.2
    rows = pl.DataFrame({"price": price, "seats": seats, "monthly": price * seats * np.where(enterprise, 0.9, 1.0)})
    ((formula, way),) = find_nearly(rows, None, among=["monthly"])
    assert (formula.text, way) == ("monthly = price * seats", "ratio")
    games = rng.integers(1, 160, ROWS)
    pitched = np.where(rng.random(ROWS) < 0.4, games, 0)  # all games of pitchers, none of others
    ((formula, way),) = find_nearly(pl.DataFrame({"games": games, "pitched": pitched}), None, among=["pitched"])
    assert (formula.text, way) == ("pitched = games", "ratio")


def test_what_it_needs_is_known_wherever_it_is_and_not_of_parents_alone(rng: np.random.Generator) -> None:
    price = rng.integers(100, 90_000, ROWS) / 100
    parent = pl.DataFrame({"products.price": price})
    assert _texts(pl.DataFrame({"price": price, "n": rng.integers(1, 9, ROWS)}), parent) == []
    amount = np.round(price * 3, 2)
    amount[:50] = 1.0
    known = pl.DataFrame({"n": np.full(ROWS, 3), "amount": amount})
    assert _texts(known, parent) == ["amount = products.price * n"]
    of_few = pl.DataFrame({"products.price": np.resize(np.array([19.0, 49.0, 99.0]), ROWS)})
    quantity = rng.integers(1, 40, ROWS)
    of_few_times = of_few["products.price"].to_numpy() * quantity
    assert _texts(pl.DataFrame({"n": quantity, "amount": np.where(amount == 1.0, 1.0, of_few_times)}), of_few) == []
    unknown = parent.with_columns(pl.when(pl.int_range(ROWS) > 10).then("products.price").alias("products.price"))
    assert _texts(known, unknown) == []


def test_the_number_that_is_spread_most_is_computed(rng: np.random.Generator) -> None:
    principal, interest = rng.integers(10_000, 900_000, ROWS) / 100, rng.integers(100, 30_000, ROWS) / 100
    fee = np.where(rng.random(ROWS) < 0.05, 15.0, 0.0)
    rows = pl.DataFrame({"principal": principal, "paid": principal + interest + fee, "interest": interest})
    assert _texts(rows) == ["paid = principal + interest"]


def test_quotients_of_whole_numbers_are_found(rng: np.random.Generator) -> None:
    seats, rooms = rng.integers(20, 4_000, ROWS), rng.integers(2, 60, ROWS)
    each = np.floor(seats / rooms * 1_000 + 0.5) / 1_000
    each[:3] = 9.999
    rows = pl.DataFrame({"each": each, "seats": seats, "rooms": rooms})
    assert _texts(rows) == ["each = seats / rooms"]
