"""The demo's production database keeps what the README promises of it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.shop.database import build


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("demo") / "production.db"
    build(path)
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def one(shop: sqlite3.Connection, query: str) -> float:
    (value,) = shop.execute(query).fetchone()
    return value


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = list(connection.iterdump())
    connection.close()
    return lines


def test_is_large_enough_and_sound(shop: sqlite3.Connection) -> None:
    tables = [name for (name,) in shop.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) == 14
    assert sum(one(shop, f"SELECT count(*) FROM {table}") for table in tables) >= 60_000
    assert shop.execute("PRAGMA foreign_key_check").fetchall() == []
    assert shop.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize(
    "rule",
    [
        (
            "SELECT count(*) FROM orders"
            " WHERE abs(total - (SELECT sum(amount) FROM order_lines WHERE order_id = id)) > 0.005"
        ),
        (
            "SELECT count(*) FROM orders o JOIN addresses a ON a.id = shipping_address_id"
            " WHERE a.customer_id <> o.customer_id"
        ),
        "SELECT count(*) FROM customers c JOIN addresses a ON a.id = default_address_id WHERE a.customer_id <> c.id",
        "SELECT count(*) FROM customers WHERE referred_by >= id",
        "SELECT count(*) FROM orders o JOIN customers c ON c.id = customer_id WHERE ordered_at < created_at",
        "SELECT count(*) FROM shipments s JOIN orders o ON o.id = order_id WHERE s.shipped_at < o.shipped_at",
        "SELECT count(*) FROM shipment_lines l JOIN shipments s ON id = shipment_id AND l.order_id <> s.order_id",
        "SELECT count(*) FROM payments WHERE (method = 'card') <> (card_number IS NOT NULL)",
        "SELECT count(*) FROM loyalty_cards JOIN customers ON id = customer_id WHERE issued_on < date(created_at)",
        "SELECT count(*) FROM customers WHERE length(email) > 120 OR length(first_name) > 40 OR length(last_name) > 60",
        "SELECT count(*) FROM addresses WHERE length(postal_code) <> 5",
        "SELECT count(*) FROM shipments WHERE length(tracking_number) <> 14",
    ],
)
def test_no_row_breaks_the_shop_s_own_rules(shop: sqlite3.Connection, rule: str) -> None:
    assert one(shop, rule) == 0


def test_has_dependencies_worth_learning(shop: sqlite3.Connection) -> None:
    by_month = dict(
        shop.execute(
            "SELECT strftime('%m', ordered_at), count(*) FROM orders WHERE ordered_at < '2026-01-01' GROUP BY 1"
        )
    )
    assert by_month["12"] > 1.4 * by_month["08"]
    by_segment = dict(
        shop.execute(
            "SELECT segment, 1.0 * count(o.id) / count(DISTINCT c.id)"
            " FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY 1"
        )
    )
    assert by_segment["wholesale"] > 1.5 * by_segment["business"] > 2 * by_segment["consumer"]
    price = dict(
        shop.execute("SELECT c.name, avg(price) FROM products p JOIN categories c ON c.id = category_id GROUP BY 1")
    )
    assert price["Computing"] > 20 * price["Paper"]
    assert one(shop, "SELECT max(total) / avg(total) FROM orders") > 15
    assert one(shop, "SELECT avg(served_by IS NULL) FROM orders WHERE channel IN ('web', 'app')") == 1
    assert one(shop, "SELECT avg(served_by IS NULL) FROM orders WHERE channel IN ('phone', 'store')") == 0
    without_birth_date = dict(shop.execute("SELECT segment, avg(birth_date IS NULL) FROM customers GROUP BY 1"))
    assert without_birth_date["business"] > 0.6 > 0.2 > without_birth_date["consumer"]


def test_same_seed_same_rows(tmp_path: Path) -> None:
    build(tmp_path / "first.db", customers=300)
    build(tmp_path / "again.db", customers=300)
    build(tmp_path / "other.db", customers=300, seed=7)
    first = dump(tmp_path / "first.db")
    assert first == dump(tmp_path / "again.db")
    assert first != dump(tmp_path / "other.db")


def test_replaces_a_database_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "production.db"
    path.write_bytes(b"something older")
    counts = build(path, customers=300)
    with sqlite3.connect(path) as connection:
        assert one(connection, "SELECT count(*) FROM customers") == counts["customers"] == 300
    connection.close()
