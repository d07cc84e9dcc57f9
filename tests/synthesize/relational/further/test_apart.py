"""Two keys that never refer to the same row, and rows that must give way to their parents, in generated tables."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import numpy as np
import pytest

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further.in_time import in_time
from tests.zoo import generated, zoo_project

AIRPORTS, FLIGHTS, SEATS = 12, 900, 300


@pytest.fixture(scope="module")
def refresh(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """Flights between airports, never back to where they began, and transfers of which a CHECK says so."""
    folder, rng = tmp_path_factory.mktemp("apart"), np.random.default_rng(1)
    with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
        connection.executescript(
            "CREATE TABLE airports (id INTEGER PRIMARY KEY, runways INTEGER NOT NULL, opened DATE NOT NULL);"
            "CREATE TABLE flights (id INTEGER PRIMARY KEY, origin INTEGER NOT NULL REFERENCES airports (id), "
            "destination INTEGER NOT NULL REFERENCES airports (id), seats INTEGER NOT NULL);"
            "CREATE TABLE transfers (id INTEGER PRIMARY KEY, giver INTEGER NOT NULL REFERENCES flights (id), "
            "taker INTEGER NOT NULL REFERENCES flights (id), CHECK (giver <> taker));"
        )
        first = date(1990, 1, 1)
        connection.executemany(
            "INSERT INTO airports VALUES (?, ?, ?)",
            [(i, i % 4 + 1, first + timedelta(days=31 * i)) for i in range(AIRPORTS)],
        )
        for flight in range(FLIGHTS):
            origin, destination = rng.choice(AIRPORTS, 2, replace=False, p=np.arange(1, AIRPORTS + 1) / 78).tolist()
            connection.execute(
                "INSERT INTO flights VALUES (?, ?, ?, ?)", (flight, origin, destination, int(rng.integers(20, 300)))
            )
        for transfer in range(SEATS):
            giver, taker = rng.choice(FLIGHTS, 2, replace=False).tolist()
            connection.execute("INSERT INTO transfers VALUES (?, ?, ?)", (transfer, giver, taker))
    plan = {"dataset": "air", "source": "production", "targets": ["staging"]}
    made = Refresh(zoo_project(folder, plan=plan), "air", refresh="r")
    made.snapshot()
    made.profile()
    return made


def test_no_row_refers_to_one_row_by_both_keys(refresh: Refresh) -> None:
    made = generated(refresh)
    flights, transfers = made["flights"], made["transfers"]
    assert flights.height > 0.9 * FLIGHTS
    assert not (flights["origin"] == flights["destination"]).any()
    assert not (transfers["giver"] == transfers["taker"]).any()


def test_parents_that_a_row_must_not_have_are_exchanged() -> None:
    rng = np.random.default_rng(0)
    other = rng.integers(0, 20, 500)
    chosen = np.where(rng.random(500) < 0.3, other, rng.integers(0, 20, 500))
    apart = in_time(chosen, np.zeros(500, dtype=np.int64), [], rng, apart=[other])
    assert not (apart == other).any()
    assert np.array_equal(np.bincount(apart), np.bincount(chosen))
