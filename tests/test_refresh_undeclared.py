"""The whole chain on a database that declares no foreign key: the plan names them all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh, RefreshResult
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, handle VARCHAR(20) NOT NULL UNIQUE, segment TEXT NOT NULL, referred_by INTEGER
);
CREATE TABLE teams (league TEXT NOT NULL, code INTEGER NOT NULL, level TEXT NOT NULL, PRIMARY KEY (league, code));
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, status TEXT NOT NULL, amount REAL NOT NULL,
  seller VARCHAR(20), league TEXT NOT NULL, team INTEGER NOT NULL
);
"""
PLAN = {
    "dataset": "shop",
    "source": "production",
    "targets": ["staging"],
    "foreign_keys": [
        {"table": "orders", "columns": "customer", "parent": "customers"},
        {"table": "orders", "columns": "seller", "parent": "customers", "parent_columns": "handle"},
        {"table": "orders", "columns": ["league", "team"], "parent": "teams"},
        {"table": "customers", "columns": "referred_by", "parent": "customers"},
    ],
    # The tables are small on purpose, so that sampling noise is large.
    "gate": {"fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.8, "pairs_across_keys": 0.7}},
}
CUSTOMERS = 500
LOST = 15  # orders whose customer or seller is gone: nothing has kept the source from it


def build(path: Path) -> None:
    """Gold customers order more, and as VIPs; high teams sell for more; a few orders refer to nobody."""
    rng = np.random.default_rng(0)
    segments = rng.choice(["gold", "plain"], CUSTOMERS, p=[0.3, 0.7]).tolist()
    teams = [
        (league, code, "high" if code % 3 == 0 else "low")
        for league in ("north", "south", "east", "west", "mid")
        for code in range(1, 51)
    ]
    orders = []
    for customer, segment in enumerate(segments, start=1):
        for _ in range(int(rng.poisson(6 if segment == "gold" else 2))):
            league, code, level = teams[int(rng.integers(len(teams)))]
            seller = f"user-{int(rng.integers(1, CUSTOMERS + 1)):05d}" if rng.random() < 0.8 else None
            status = "vip" if segment == "gold" and rng.random() < 0.8 else "normal"
            amount = round(float(rng.gamma(2, 50)) + (300 if level == "high" else 0), 2)
            orders.append([customer, status, amount, seller, league, code])
    for order in orders[:LOST]:
        order[0] = 90_000
    for order in orders[LOST : 2 * LOST]:
        order[3] = "gone"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO teams VALUES (?, ?, ?)", teams)
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?)",
            [
                (at, f"user-{at:05d}", segment, int(rng.integers(1, at)) if at > 9 and rng.random() < 0.4 else None)
                for at, segment in enumerate(segments, start=1)
            ],
        )
        connection.executemany("INSERT INTO orders VALUES (NULL, ?, ?, ?, ?, ?, ?)", orders)
        connection.commit()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undeclared")
    build(folder / "production.db")
    return folder


@pytest.fixture(scope="module")
def refreshed(root: Path) -> RefreshResult:
    project = zoo_project(root, plan=PLAN)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("shop").resolve_url({})})
    return Refresh(project, "shop", refresh="first", pages=()).run(["staging"])


def rows(root: Path, query: str, *, database: str = "staging") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(root / f"{database}.db")) as connection:
        return connection.execute(query).fetchall()


def test_no_row_refers_to_nothing(root: Path, refreshed: RefreshResult) -> None:
    for column, found in (
        ("customer", "SELECT 1 FROM customers WHERE id = o.customer"),
        ("seller", "SELECT 1 FROM customers WHERE handle = o.seller"),
        ("team", "SELECT 1 FROM teams WHERE league = o.league AND code = o.team"),
    ):
        query = f"SELECT count(*) FROM orders o WHERE {column} IS NOT NULL AND NOT EXISTS ({found})"
        assert rows(root, query) == [(0,)], column
    assert rows(root, "SELECT count(*) FROM customers WHERE referred_by NOT IN (SELECT id FROM customers)") == [(0,)]
    ((lost,),) = rows(root, "SELECT count(*) FROM orders WHERE customer = 90000", database="production")
    assert lost == LOST


def test_rows_that_must_refer_to_one_and_cannot_are_as_many_as_before(root: Path, refreshed: RefreshResult) -> None:
    counts = [rows(root, "SELECT count(*) FROM orders", database=name) for name in ("production", "staging")]
    assert counts[0] == counts[1]


def test_optional_references_are_as_often_empty(root: Path, refreshed: RefreshResult) -> None:
    empty = "SELECT avg(seller IS NULL OR seller NOT IN (SELECT handle FROM customers)) FROM orders"
    ((real,),) = rows(root, empty, database="production")
    ((made,),) = rows(root, empty)
    assert made == pytest.approx(real, abs=0.05)
    ((real,),) = rows(root, "SELECT avg(referred_by IS NULL) FROM customers", database="production")
    ((made,),) = rows(root, "SELECT avg(referred_by IS NULL) FROM customers")
    assert made == pytest.approx(real, abs=0.06)


def test_numbers_of_children_and_pairs_are_kept(root: Path, refreshed: RefreshResult) -> None:
    query = (
        "SELECT segment, avg((SELECT count(*) FROM orders WHERE customer = customers.id)), "
        "(SELECT avg(status = 'vip') FROM orders JOIN customers c ON c.id = customer "
        "WHERE c.segment = customers.segment) FROM customers GROUP BY 1"
    )
    for real, made in zip(rows(root, query, database="production"), rows(root, query), strict=True):
        assert made[0] == real[0]
        assert made[1] == pytest.approx(real[1], rel=0.15)
        assert made[2] == pytest.approx(real[2], abs=0.08)
    query = "SELECT level, avg(amount) FROM orders JOIN teams USING (league) WHERE code = team GROUP BY 1"
    real, made = (dict(rows(root, query, database=name)) for name in ("production", "staging"))  # type: ignore[arg-type]
    assert made == pytest.approx(real, rel=0.15)


def test_every_key_is_judged(refreshed: RefreshResult) -> None:
    names = {(check.table, check.name) for check in refreshed.verdict.checks if check.passed}
    for family in ("integrity_orphans", "fidelity_cardinality", "fidelity_pairs"):
        for table, column in (
            ("orders", "customer"),
            ("orders", "seller"),
            ("orders", "league_team"),
            ("customers", "referred_by"),
        ):
            assert (table, f"{family}_{column}") in names
