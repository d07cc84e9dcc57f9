"""A database with every kind of key, small enough for tests, and the project that refreshes it."""

import base64
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.plan.resources import ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.refresh import Refresh

SCHEMA = """
CREATE TABLE regions (code TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE staff (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, grade INTEGER NOT NULL, boss_id INTEGER REFERENCES staff (id)
);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, region TEXT NOT NULL REFERENCES regions (code), email TEXT NOT NULL UNIQUE,
  segment TEXT NOT NULL CHECK (segment IN ('private', 'business')), born DATE,
  default_address_id INTEGER REFERENCES addresses (id)
);
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), kind TEXT NOT NULL,
  street TEXT NOT NULL
);
CREATE TABLE cards (
  customer_id INTEGER PRIMARY KEY REFERENCES customers (id), level TEXT NOT NULL, points INTEGER NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  seller_id INTEGER REFERENCES staff (id), checker_id INTEGER REFERENCES staff (id),
  ordered_on DATE NOT NULL, shipped_on DATE, state TEXT NOT NULL, CHECK (shipped_on >= ordered_on)
);
CREATE TABLE "order lines" (
  order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL, sku TEXT NOT NULL, amount NUMERIC(8,2),
  PRIMARY KEY (order_id, line)
);
CREATE TABLE returns (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT,
  FOREIGN KEY (order_id, line) REFERENCES "order lines" (order_id, line)
);
CREATE TABLE seasons (year INTEGER NOT NULL, team TEXT NOT NULL, wins INTEGER NOT NULL, PRIMARY KEY (year, team));
CREATE TABLE players (id INTEGER PRIMARY KEY, height INTEGER NOT NULL);
CREATE TABLE stints (
  player_id INTEGER NOT NULL REFERENCES players (id), year INTEGER NOT NULL, number INTEGER NOT NULL,
  team TEXT NOT NULL, hits INTEGER NOT NULL,
  PRIMARY KEY (player_id, year, number), FOREIGN KEY (year, team) REFERENCES seasons (year, team)
);
CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE customer_tags (
  customer_id INTEGER NOT NULL REFERENCES customers (id), tag_id INTEGER NOT NULL REFERENCES tags (id),
  PRIMARY KEY (customer_id, tag_id)
);
CREATE TABLE log (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), entry TEXT NOT NULL);
"""


def build_zoo(path: Path, *, customers: int = 400) -> None:
    """A seeded database at `path`; every order's address, line number and date obeys its rule."""
    rng = np.random.default_rng(5)
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    regions = [("N", "North"), ("S", "South"), ("E", "East")]
    connection.executemany("INSERT INTO regions VALUES (?, ?)", regions)
    staff = [
        (i, f"Worker {i}", 3 if i == 1 else 2 if i < 8 else 1, None if i == 1 else 1 if i < 8 else 2 + i % 6)
        for i in range(1, 61)
    ]
    connection.executemany("INSERT INTO staff VALUES (?, ?, ?, ?)", staff)
    addresses, lines, returns, orders, cards, tags = [], [], [], [], [], []
    for c in range(1, customers + 1):
        business = rng.random() < 0.3
        connection.execute(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?, NULL)",
            (
                c,
                regions[int(rng.integers(3))][0],
                f"zoo.person{c}@real.example",
                "business" if business else "private",
                None if business else f"{1950 + int(rng.integers(50))}-0{1 + int(rng.integers(9))}-11",
            ),
        )
        for kind in ["billing", "shipping", "office"][: 1 + int(rng.integers(3))]:
            addresses.append((len(addresses) + 1, c, kind, f"{c} Real Street {kind}"))
        if business:
            cards.append((c, "gold" if rng.random() < 0.5 else "silver", int(rng.integers(0, 900))))
        tags += [(c, t) for t in range(1, 7) if rng.random() < (0.6 if business else 0.2)]
        for _ in range(int(rng.poisson(4 if business else 1))):
            order, day = len(orders) + 1, int(rng.integers(1, 28))
            shipped = None if rng.random() < 0.2 else f"2024-0{1 + int(rng.integers(4, 9))}-{day:02d}"
            orders.append(
                (
                    order,
                    c,
                    int(rng.integers(8, 61)),
                    int(rng.integers(1, 8)) if business else None,
                    f"2024-0{1 + int(rng.integers(4))}-{day:02d}",
                    shipped,
                    "open" if shipped is None else "done",
                )
            )
            for line in range(1, 2 + int(rng.integers(4))):
                amount = round(float(rng.gamma(9 if business else 2, 10)), 2)
                lines.append((order, line, f"SKU-{int(rng.integers(10, 99))}", amount))
                if rng.random() < 0.1:
                    returns.append((len(returns) + 1, order, line, None if rng.random() < 0.5 else "broken"))
    connection.executemany("INSERT INTO addresses VALUES (?, ?, ?, ?)", addresses)
    connection.execute(
        "UPDATE customers SET default_address_id = (SELECT min(id) FROM addresses WHERE customer_id = customers.id) "
        "WHERE id % 4 > 0"
    )
    connection.executemany("INSERT INTO cards VALUES (?, ?, ?)", cards)
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)", orders)
    connection.executemany('INSERT INTO "order lines" VALUES (?, ?, ?, ?)', lines)
    connection.executemany("INSERT INTO returns VALUES (?, ?, ?, ?)", returns)
    connection.executemany("INSERT INTO tags VALUES (?, ?)", [(i, f"tag {i}") for i in range(1, 7)])
    connection.executemany("INSERT INTO customer_tags VALUES (?, ?)", tags)
    teams = ["RED", "BLU", "GRE", "YEL"]
    connection.executemany(
        "INSERT INTO seasons VALUES (?, ?, ?)",
        [(y, t, int(rng.integers(20, 90))) for y in range(1990, 2020) for t in teams],
    )
    for player in range(1, 201):
        connection.execute("INSERT INTO players VALUES (?, ?)", (player, int(rng.normal(180, 8))))
        first = int(rng.integers(1990, 2012))
        for year in range(first, first + 1 + int(rng.integers(8))):
            for number in range(1, 3 if rng.random() < 0.1 else 2):
                row = (player, year, number, teams[int(rng.integers(4))], int(rng.integers(0, 200)))
                connection.execute("INSERT INTO stints VALUES (?, ?, ?, ?, ?)", row)
    log = [(i, int(rng.integers(1, customers + 1)) if i % 3 else None, f"entry {i}") for i in range(1, 90)]
    connection.executemany("INSERT INTO log VALUES (?, ?, ?)", log)
    connection.commit()
    connection.close()


PLAN = {
    "dataset": "zoo",
    "source": "production",
    "targets": ["staging"],
    "tables": {
        "regions": {"mode": "reference", "because": "public names"},
        "tags": {"mode": "partial", "because": "our own words", "columns": {"label": {"constant": "tag"}}},
        "log": {"mode": "empty"},
    },
    # The tables are small on purpose, so that sampling noise is large.
    "gate": {"fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3}},
}


def zoo_project(root: Path, *, plan: dict[str, object] | None = None, urls: Mapping[str, str] | None = None) -> Project:
    """A project in memory over `root`/production.db, `root`/staging.db and a store with a key of its own.

    Args:
        urls: Other databases than these; every one beside `production` is a target.
    """
    urls = urls or {name: f"sqlite:///{root}/{name}.db" for name in ("production", "staging")}
    key = base64.b64encode(bytes(range(32))).decode()
    settings = DatasetSettings.model_validate(plan or PLAN)
    resources = ResourcesSettings.model_validate(
        {
            "databases": {
                name: {"role": "source", "url": url}
                if name == "production"
                else {"role": "target", "environment": name, "url": url}
                for name, url in urls.items()
            },
            "store": {"url": f"file://{root}/store", "key": key},
        }
    )
    return Project(root=root, environment="test", datasets={settings.dataset: settings}, resources=resources)


def generated(refresh: Refresh) -> dict[str, pl.DataFrame]:
    """Generated rows by table, of a refresh whose source is read and profiled."""
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    refresh.settle()
    return {name: rows.read() for name, rows in refresh.synthetic_rows.items()}
