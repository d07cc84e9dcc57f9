"""A database in which every kind of dependency holds in every row, and the queries that count rows that break one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

SCHEMA = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, city TEXT NOT NULL, country TEXT NOT NULL, is_private BOOLEAN NOT NULL,
  is_business BOOLEAN NOT NULL, is_public BOOLEAN NOT NULL, is_other BOOLEAN NOT NULL,
  orders INTEGER NOT NULL, spent NUMERIC(14, 2), age INTEGER NOT NULL
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY, min_price NUMERIC(8, 2) NOT NULL, list_price NUMERIC(8, 2) NOT NULL, stock INTEGER NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), opens_at TIME, closes_at TIME,
  currency TEXT NOT NULL, tax_code TEXT NOT NULL, rate INTEGER NOT NULL,
  net NUMERIC(12, 2) NOT NULL, discount NUMERIC(12, 2) NOT NULL, fee NUMERIC(12, 2) NOT NULL,
  total NUMERIC(12, 2) NOT NULL, carrier TEXT, parcel_grams INTEGER, state TEXT NOT NULL,
  paid NUMERIC(12, 2) NOT NULL
);
CREATE TABLE lines (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
  product_id INTEGER NOT NULL REFERENCES products (id), quantity INTEGER NOT NULL, price NUMERIC(8, 2) NOT NULL,
  amount NUMERIC(12, 2) NOT NULL, order_total NUMERIC(12, 2) NOT NULL
);
"""
CITIES = {
    "Oslo": "NO", "Bergen": "NO", "Moss": "NO", "Roma": "IT", "Milano": "IT", "Bari": "IT", "Lyon": "FR",
    "Paris": "FR", "Nice": "FR", "Bonn": "DE", "Berlin": "DE", "Essen": "DE", "Graz": "AT", "Wien": "AT", "Linz": "AT",
}  # fmt: skip
COMBINATIONS = [
    ("NOK", "A", 25), ("NOK", "B", 15), ("NOK", "C", 12), ("EUR", "A", 22), ("EUR", "B", 10), ("EUR", "C", 4),
    ("EUR", "A", 20), ("EUR", "B", 6), ("EUR", "D", 19), ("SEK", "A", 25), ("SEK", "D", 6), ("SEK", "C", 12),
]  # fmt: skip
PRODUCTS = 500
BROKEN = {
    "city -> country": "SELECT count(*) FROM (SELECT 1 FROM customers GROUP BY city "
    "HAVING min(country) < max(country))",
    "one of": "SELECT count(*) FROM customers WHERE is_private + is_business + is_public + is_other != 1",
    "count": "SELECT count(*) FROM customers c WHERE orders != (SELECT count(*) FROM orders WHERE customer_id = c.id)",
    "sum": "SELECT count(*) FROM customers c WHERE round(coalesce(spent, -1), 2) != (SELECT coalesce(round("
    "sum(total), 2), -1) FROM orders WHERE customer_id = c.id)",
    "min_price <= list_price": "SELECT count(*) FROM products WHERE min_price > list_price",
    "opens_at <= closes_at": "SELECT count(*) FROM orders WHERE opens_at > closes_at",
    "net": "SELECT count(*) FROM orders o WHERE round(net, 2) != (SELECT coalesce(round(sum(amount), 2), 0) "
    "FROM lines WHERE order_id = o.id)",
    "total = net + fee": "SELECT count(*) FROM orders WHERE round(total, 2) != round(net + fee, 2)",
    "discount <= net": "SELECT count(*) FROM orders WHERE discount > net",
    "carrier and parcel": "SELECT count(*) FROM orders WHERE (carrier IS NULL) != (parcel_grams IS NULL)",
    "state and carrier": "SELECT count(*) FROM orders WHERE (state IN ('open', 'held')) != (carrier IS NULL)",
    "amount = price * quantity": "SELECT count(*) FROM lines WHERE round(amount, 2) != round(price * quantity, 2)",
    "copy across a key": "SELECT count(*) FROM lines l JOIN orders o ON o.id = l.order_id "
    "WHERE round(l.order_total, 2) != round(o.total, 2)",
}


def build_shop(path: Path, *, customers: int = 400, seed: int = 7) -> None:
    """A seeded database at `path`."""
    rng = np.random.default_rng(seed)
    cities = list(CITIES)
    low = np.round(np.exp(rng.normal(3, 0.6, PRODUCTS)), 2)
    high = np.round(low + rng.exponential(4, PRODUCTS), 2)
    people, orders, lines = [], [], []
    for person in range(1, customers + 1):
        city = cities[int(min(rng.integers(len(cities)), rng.integers(len(cities))))]
        kind = int(rng.choice(4, p=[0.5, 0.3, 0.15, 0.05]))
        first = len(orders)
        for _ in range(int(rng.poisson(1 + 2 * kind))):
            order, net = len(orders) + 1, 0
            wanted = range(int(rng.integers(0, 5)))
            bought = [(int(rng.integers(PRODUCTS)), int(rng.integers(1, 6))) for _ in wanted]
            net = sum(round(high[product] * 100) * quantity for product, quantity in bought)
            fee = int(rng.integers(0, 900))
            opens = None if rng.random() < 0.2 else int(rng.integers(0, 700))
            closes = None if rng.random() < 0.2 else (opens or 0) + int(rng.integers(0, 700))
            parcel = (None, None) if rng.random() < 0.3 else (("sea", "air", "road")[kind % 3], int(rng.gamma(4, 500)))
            orders.append(
                (
                    order,
                    person,
                    _time(opens),
                    _time(closes),
                    *COMBINATIONS[int(rng.choice(12, p=np.arange(6, 18) / 138))],
                    net / 100,
                    int(rng.random() ** 2 * net) / 100,
                    fee / 100,
                    (net + fee) / 100,
                    *parcel,
                    ("open", "held")[order % 2] if parcel[0] is None else ("sent", "back")[order % 2],
                    # Paid when it is sent, but for a few who pay a part.
                    0 if parcel[0] is None else (net + fee) // (2 if order % 25 == 0 else 1) / 100,
                )
            )
            lines += [
                (order, product + 1, quantity, high[product], round(high[product] * quantity, 2), (net + fee) / 100)
                for product, quantity in bought
            ]
        spent = [round(order[10] * 100) for order in orders[first:]]
        flags = [int(kind == at) for at in range(4)]
        people.append(
            (
                person,
                city,
                CITIES[city],
                *flags,
                len(spent),
                sum(spent) / 100 if spent else None,
                int(rng.integers(18, 90)),
            )
        )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        products = [(at + 1, low[at], high[at], int(rng.integers(0, 99))) for at in range(PRODUCTS)]
        for table, rows in (("customers", people), ("products", products), ("orders", orders)):
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        numbered = [(at, *line) for at, line in enumerate(lines, start=1)]
        connection.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)", numbered)


def broken_rows(path: Path) -> dict[str, int]:
    """How many rows break each dependency."""
    known = ", ".join(f"('{currency}', '{code}', {rate})" for currency, code, rate in COMBINATIONS)
    unknown = f"SELECT count(*) FROM orders WHERE (currency, tax_code, rate) NOT IN (VALUES {known})"
    with closing(sqlite3.connect(path)) as connection:
        queries = {**BROKEN, "combination": unknown}
        return {name: connection.execute(query).fetchone()[0] for name, query in queries.items()}


def _time(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}:00"
