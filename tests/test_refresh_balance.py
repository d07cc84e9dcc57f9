"""The whole chain with wished shares of a column's values, in a root table and within families."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from synth_assets.plan.refused import PlanRefused
from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.store.verdict import Severity, Verdict
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE payments (
  id INTEGER PRIMARY KEY, is_fraud BOOLEAN NOT NULL, amount REAL NOT NULL, origin TEXT NOT NULL, hour INTEGER NOT NULL
);
CREATE TABLE drivers (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
CREATE TABLE trips (
  id INTEGER PRIMARY KEY, driver_id INTEGER NOT NULL REFERENCES drivers (id), started_on DATE NOT NULL,
  outcome TEXT, damage REAL NOT NULL
);
CREATE TABLE shipments (id INTEGER PRIMARY KEY, state TEXT NOT NULL, weight INTEGER NOT NULL);
"""
PAYMENTS, DRIVERS, SHIPMENTS = 4_000, 500, 1_500
TABLES: dict[str, object] = {
    "payments": {"balance": {"column": "is_fraud", "shares": {"true": 0.25}}},
    "trips": {"balance": {"column": "outcome", "shares": {"accident": 0.3}}},
    "shipments": {"synthesizer": "gaussian_copula", "balance": {"column": "state", "shares": {"lost": 0.5}}},
}
BIAS = [{"table": "payments", "sensitive": "origin", "outcome": "is_fraud"}]


def build(path: Path) -> None:
    """Three payments in a hundred are fraud, big and from abroad; the young have three times as many accidents."""
    rng = np.random.default_rng(11)
    source = sqlite3.connect(path)
    source.executescript(SCHEMA)
    for i in range(1, PAYMENTS + 1):
        fraud = bool(rng.random() < 0.03)
        amount = round(float(rng.normal(400 if fraud else 60, 20)), 2)
        origin = "abroad" if rng.random() < (0.6 if fraud else 0.2) else "home"
        row = (i, fraud, amount, origin, int(rng.integers(0, 6) if fraud else rng.integers(6, 24)))
        source.execute("INSERT INTO payments VALUES (?, ?, ?, ?, ?)", row)
    trip = 0
    for i in range(1, DRIVERS + 1):
        age = int(rng.integers(18, 78))
        source.execute("INSERT INTO drivers VALUES (?, ?)", (i, age))
        day = int(rng.integers(0, 300))
        for _ in range(1 + int(rng.poisson(4))):
            trip, day = trip + 1, day + int(rng.integers(1, 20))
            accident = bool(rng.random() < (0.12 if age < 38 else 0.04))
            outcome = "accident" if accident else (["fine", "late", None][int(rng.choice(3, p=[0.6, 0.3, 0.1]))])
            date = str(np.datetime64("2024-01-01") + day)
            damage = round(float(rng.normal(900, 60)), 1) if accident else 0.0
            source.execute("INSERT INTO trips VALUES (?, ?, ?, ?, ?)", (trip, i, date, outcome, damage))
    for i in range(1, SHIPMENTS + 1):
        lost = bool(rng.random() < 0.1)
        row = (i, "lost" if lost else "there", int(rng.normal(30 if lost else 10, 2)))
        source.execute("INSERT INTO shipments VALUES (?, ?, ?)", row)
    source.commit()
    source.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("balance")
    build(root / "production.db")
    return root


def refresh_of(root: Path, tables: dict[str, object]) -> Refresh:
    plan = {"dataset": "shop", "source": "production", "targets": ["staging"], "tables": tables, "bias": BIAS}
    return Refresh(zoo_project(root, plan=plan), "shop", refresh="first")


@pytest.fixture(scope="module")
def verdict(source: Path) -> Verdict:
    refresh = refresh_of(source, TABLES)
    target = refresh.project.resources.databases["staging"]
    production = {"production": refresh.project.source("shop").resolve_url({})}
    authorize("staging", target, target.resolve_url({}), production)
    return refresh.run(["staging"]).verdict


@pytest.fixture
def staging(source: Path, verdict: Verdict) -> Iterator[sqlite3.Connection]:
    assert verdict.passed
    connection = sqlite3.connect(source / "staging.db")
    connection.execute("ATTACH ? AS source", (str(source / "production.db"),))
    yield connection
    connection.close()


def value(staging: sqlite3.Connection, query: str) -> float:
    ((found,),) = staging.execute(f"SELECT {query}")
    return float(found)


def test_shares_are_as_wished_and_each_class_is_as_it_was(staging: sqlite3.Connection) -> None:
    assert value(staging, "count(*) FROM main.payments") == PAYMENTS
    assert value(staging, "count(*) FROM main.payments WHERE is_fraud") == PAYMENTS / 4
    for fraud in (0, 1):
        for figure, tolerance in (("avg(amount)", 25), ("avg(origin = 'abroad')", 0.08), ("avg(hour)", 0.8)):
            real = value(staging, f"{figure} FROM source.payments WHERE is_fraud = {fraud}")
            assert value(staging, f"{figure} FROM main.payments WHERE is_fraud = {fraud}") == pytest.approx(
                real, abs=tolerance
            )


def test_within_families_shares_change_and_numbers_of_children_do_not(staging: sqlite3.Connection) -> None:
    trips = value(staging, "count(*) FROM main.trips")
    assert trips == value(staging, "count(*) FROM source.trips")
    assert value(staging, "count(*) FROM main.trips WHERE outcome = 'accident'") == pytest.approx(0.3 * trips, abs=1)
    # What is not named keeps its proportions, NULL too.
    ratio = "1.0 * count(*) FILTER (WHERE outcome IS NULL) / count(*) FILTER (WHERE outcome = 'fine')"
    assert value(staging, f"{ratio} FROM main.trips") == pytest.approx(
        value(staging, f"{ratio} FROM source.trips"), abs=0.06
    )
    assert value(staging, "avg(damage) FROM main.trips WHERE outcome = 'accident'") == pytest.approx(900, abs=60)
    assert value(staging, "avg(damage) FROM main.trips WHERE outcome = 'fine'") < 30
    # Accidents go to those who had more of them.
    share = (
        "avg(coalesce(outcome, '') = 'accident') FROM main.trips JOIN main.drivers ON drivers.id = driver_id WHERE age"
    )
    assert value(staging, f"{share} < 38") > 1.5 * value(staging, f"{share} >= 38")


def test_engines_that_know_of_no_context_draw_with_the_column_given(staging: sqlite3.Connection) -> None:
    assert value(staging, "count(*) FROM main.shipments WHERE state = 'lost'") == SHIPMENTS / 2
    lost, there = (value(staging, f"avg(weight) FROM main.shipments WHERE state = '{s}'") for s in ("lost", "there"))
    assert lost - there > 10


def test_the_verdict_compares_with_the_source_as_it_would_be_with_these_shares(verdict: Verdict) -> None:
    checks = {(check.table, check.name): check for check in verdict.checks}
    for table in ("payments", "trips"):
        for name in ("fidelity_shape", "fidelity_trend", "fidelity_two_sample"):
            assert checks[table, name].passed, name
            assert "the shares that the plan's `balance` wishes for" in checks[table, name].description
    shape = checks["payments", "fidelity_shape"]
    assert shape.value is not None
    assert shape.value > 0.95  # against all source rows the share of fraud alone would take 0.22 of one column in four
    assert checks["payments", "bias_origin_is_fraud"].passed
    assert not [check for check in verdict.checks if not check.passed and check.severity is Severity.ERROR]


def test_a_value_that_too_few_source_rows_hold_is_refused_before_anything_is_learned(source: Path) -> None:
    refresh = refresh_of(source, {"trips": {"balance": {"column": "outcome", "shares": {"acident": 0.3}}}})
    refresh.snapshot()
    with pytest.raises(PlanRefused, match="'acident', which fewer than 10 rows of the source hold"):
        refresh.profile()
