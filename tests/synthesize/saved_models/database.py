"""An invented database of two tables, whose saved models hold every kind of part."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SCHEMA = """
CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL, region TEXT NOT NULL);
CREATE TABLE sales (
  id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL REFERENCES shops (id), sold DATE NOT NULL, paid DATE,
  amount REAL NOT NULL, code TEXT NOT NULL
);
"""
PLAN = {"dataset": "sales", "source": "production", "targets": ["staging"]}
REGIONS = ("north", "south")


def build_sales(path: Path) -> None:
    """A seeded database: rows in time, gaps between dates, faked and patterned text."""
    rng = np.random.default_rng(8)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for shop in range(120):
            region = shop % 3 == 0
            phone = f"+49 30 {rng.integers(10**5, 10**6)}"
            connection.execute("INSERT INTO shops VALUES (?, ?, ?, ?)", (shop, f"Shop {shop}", phone, REGIONS[region]))
            sold = date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 90)))
            for _ in range(int(rng.poisson(6 if region else 2))):
                sold += timedelta(days=int(rng.integers(1, 20)))
                paid = str(sold + timedelta(days=int(rng.integers(0, 9)))) if rng.random() < 0.8 else None
                amount = round(float(rng.gamma(3 if region else 1, 20)), 2)
                connection.execute(
                    "INSERT INTO sales (shop_id, sold, paid, amount, code) VALUES (?, ?, ?, ?, ?)",
                    (shop, str(sold), paid, amount, f"S-{rng.integers(1000, 9999)}"),
                )
