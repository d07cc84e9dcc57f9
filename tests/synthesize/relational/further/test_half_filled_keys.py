"""A key of two columns of which only one may be NULL: the other one stays filled where a row refers to none."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from synth_assets.refresh import Refresh
from tests.zoo import generated, zoo_project

SCHEMA = """
CREATE TABLE flats (
  building INTEGER NOT NULL, number TEXT NOT NULL, rent REAL NOT NULL, PRIMARY KEY (building, number)
);
CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
CREATE TABLE tickets (
  id INTEGER PRIMARY KEY, person_id INTEGER {reporter} REFERENCES people (id), building INTEGER NOT NULL, flat TEXT,
  urgent INTEGER NOT NULL, FOREIGN KEY (building, flat) REFERENCES flats (building, number)
);
"""
BUILDINGS, FLATS, PEOPLE, TICKETS = 40, 5, 100, 600


def _fill(path: Path, reporter: str) -> None:
    rng = np.random.default_rng(0)
    flats = [(b, f"{n}a", float(rng.integers(300, 900))) for b in range(1, BUILDINGS + 1) for n in range(FLATS)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA.format(reporter=reporter))
        connection.executemany("INSERT INTO flats VALUES (?, ?, ?)", flats)
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(at, 20 + at % 40) for at in range(PEOPLE)])
        for at in range(TICKETS):
            building, number, _ = flats[int(rng.integers(len(flats)))]
            flat = number if rng.random() < 0.8 else None
            person = int(rng.integers(PEOPLE))
            row = (at, person, building, flat, int(rng.random() < 0.3))
            connection.execute("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", row)


@pytest.mark.parametrize("reporter", ["NOT NULL", ""], ids=["further", "driving"])
def test_a_ticket_of_no_flat_is_one_of_a_building(tmp_path: Path, reporter: str) -> None:
    _fill(tmp_path / "production.db", reporter)
    plan: dict[str, object] = {"dataset": "houses", "source": "production", "targets": ["staging"]}
    if not reporter:
        plan["tables"] = {"people": {"mode": "exclude"}}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "houses", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)
    flats, tickets = made["flats"], made["tickets"]
    assert tickets["building"].null_count() == 0
    assert tickets["building"].is_in(flats["building"].implode()).all()
    assert 0.1 < tickets["flat"].is_null().to_numpy().mean() < 0.3
    known = tickets.drop_nulls("flat").join(flats, left_on=["building", "flat"], right_on=["building", "number"])
    assert known.height == tickets["flat"].count()
