"""Rows that refer to the same rows share what they share in the source."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

# A file of a saved model is called `types`, too.
SCHEMA = """
CREATE TABLE ports (id INTEGER PRIMARY KEY, coast TEXT NOT NULL);
CREATE TABLE ships (id INTEGER PRIMARY KEY, size TEXT NOT NULL);
CREATE TABLE calls (
  id INTEGER PRIMARY KEY, ship_id INTEGER NOT NULL REFERENCES ships (id),
  port_id INTEGER NOT NULL REFERENCES ports (id), types INTEGER NOT NULL, days INTEGER NOT NULL
);
"""
PLAN = {"dataset": "calls", "source": "production", "targets": ["staging"]}
PORTS, SHIPS, CALLS = 30, 20, 4_000


def test_rows_of_the_same_two_parents_share_a_column(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    ship, port = rng.integers(0, SHIPS, CALLS), rng.integers(0, PORTS, CALLS)
    types = rng.choice([3, 5, 8, 13], (SHIPS, PORTS), p=[0.4, 0.3, 0.2, 0.1])[ship, port]
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO ports VALUES (?, ?)", [(at, "NS"[at % 2]) for at in range(PORTS)])
        connection.executemany("INSERT INTO ships VALUES (?, ?)", [(at, "ABC"[at % 3]) for at in range(SHIPS)])
        rows = np.column_stack([ship, port, types, rng.integers(1, 9, CALLS)]).tolist()
        connection.executemany("INSERT INTO calls (ship_id, port_id, types, days) VALUES (?, ?, ?, ?)", rows)
    refresh = Refresh(zoo_project(tmp_path, plan=PLAN), "calls", refresh="r")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    made = refresh.synthetic_table("calls").read()
    shared = made.group_by("ship_id", "port_id").agg(pl.col("types").n_unique())
    assert shared.height < made.height / 2
    assert shared["types"].to_list() == [1] * shared.height
    shares = made["types"].value_counts(normalize=True).sort("types")
    assert shares["types"].to_list() == [3, 5, 8, 13]
    wanted = np.unique(types, return_counts=True)[1] / CALLS
    assert np.abs(shares["proportion"].to_numpy() - wanted).max() < 0.05
