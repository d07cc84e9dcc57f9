"""The whole chain with unique numbers beside the primary key."""

import sqlite3
from datetime import date, timedelta

import numpy as np
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE parks (
  code TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, legacy INTEGER UNIQUE, seats INTEGER NOT NULL
);
CREATE TABLE games (id INTEGER PRIMARY KEY, park INTEGER REFERENCES parks (id), visitors INTEGER NOT NULL);
CREATE TABLE years (
  id INTEGER PRIMARY KEY, year INTEGER NOT NULL UNIQUE CHECK (year BETWEEN 1800 AND 2100), visitors INTEGER NOT NULL
);
CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE NOT NULL UNIQUE, visitors INTEGER NOT NULL);
"""
PLAN = {
    "dataset": "league",
    "source": "production",
    "targets": ["staging"],
    # The tables are small on purpose, so that sampling noise is large.
    "gate": {"fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3}},
}


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """The target of a refresh that has passed every check."""
    root = tmp_path_factory.mktemp("league")
    rng = np.random.default_rng(3)
    source = sqlite3.connect(root / "production.db")
    source.executescript(SCHEMA)
    ids = [int(number) for number in rng.permutation(np.arange(1000, 1300))[:250]]
    parks = [(f"PRK{i:03}", n, n * 7 if i % 4 else None, int(rng.normal(30_000, 8_000))) for i, n in enumerate(ids)]
    source.executemany("INSERT INTO parks VALUES (?, ?, ?, ?)", parks)
    games = [(i, ids[int(rng.integers(250))] if i % 9 else None, int(rng.gamma(4, 5_000))) for i in range(1, 1_200)]
    source.executemany("INSERT INTO games VALUES (?, ?, ?)", games)
    years = [(i, 1870 + i, int(rng.integers(10_000, 90_000))) for i in range(1, 151)]
    source.executemany("INSERT INTO years VALUES (?, ?, ?)", years)
    days = [(i, str(date(2024, 1, 1) + timedelta(days=i)), int(rng.integers(10_000, 90_000))) for i in range(1, 366)]
    source.executemany("INSERT INTO days VALUES (?, ?, ?)", days)
    source.commit()
    source.close()
    project = zoo_project(root, plan=PLAN)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("league").resolve_url({})})
    assert Refresh(project, "league", refresh="first").run(["staging"]).verdict.passed
    return sqlite3.connect(root / "staging.db")


def test_unique_numbers_are_made_anew_and_referred_to(staging: sqlite3.Connection) -> None:
    assert staging.execute("SELECT count(*), min(id), max(id) FROM parks").fetchall() == [(250, 1, 250)]
    ((share,),) = staging.execute("SELECT avg(legacy IS NULL) FROM parks").fetchall()
    assert share == pytest.approx(0.25, abs=0.1)
    assert staging.execute("PRAGMA foreign_key_check").fetchall() == []
    ((parks, without),) = staging.execute("SELECT count(DISTINCT park), avg(park IS NULL) FROM games").fetchall()
    assert parks > 150
    assert without == pytest.approx(1 / 9, abs=0.05)


def test_unique_years_and_days_stay_years_and_days_close_together(staging: sqlite3.Connection) -> None:
    ((count, first, last),) = staging.execute("SELECT count(DISTINCT year), min(year), max(year) FROM years").fetchall()
    assert count == 150
    assert first > 1840
    assert last < 2060
    ((count, first, last),) = staging.execute("SELECT count(DISTINCT day), min(day), max(day) FROM days").fetchall()
    assert count == 365
    assert first > "2023-11"
    assert last < "2025-03"
