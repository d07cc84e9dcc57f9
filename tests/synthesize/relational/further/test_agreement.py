"""Keys that lead to the same row on two ways do so in generated rows, too."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from synth_assets.refresh import Refresh
from tests.zoo import generated, zoo_project

SCHEMA = """
CREATE TABLE shelves (id INTEGER PRIMARY KEY, floor INTEGER NOT NULL);
CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
CREATE TABLE copies (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL REFERENCES shelves (id));
CREATE TABLE loans (
  id INTEGER PRIMARY KEY, copy_id INTEGER NOT NULL REFERENCES copies (id),
  person_id INTEGER NOT NULL REFERENCES people (id), days INTEGER NOT NULL
);
CREATE TABLE fees (
  id INTEGER PRIMARY KEY, loan_id INTEGER NOT NULL REFERENCES loans (id),
  person_id INTEGER NOT NULL REFERENCES people (id), clerk_id INTEGER NOT NULL REFERENCES people (id),
  amount INTEGER NOT NULL
);
"""
PEOPLE, COPIES, LOANS = 60, 300, 900


def test_a_fee_is_paid_by_whoever_had_the_loan(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    borrowers = rng.integers(1, PEOPLE + 1, LOANS)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO shelves VALUES (?, ?)", [(at, at % 3) for at in range(1, 21)])
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(at, 20 + at % 50) for at in range(1, PEOPLE + 1)])
        copies = np.column_stack([np.arange(1, COPIES + 1), rng.integers(1, 21, COPIES)]).tolist()
        connection.executemany("INSERT INTO copies VALUES (?, ?)", copies)
        numbers, days = np.arange(1, LOANS + 1), rng.integers(1, 40, LOANS)
        loans = np.column_stack([numbers, rng.integers(1, COPIES + 1, LOANS), borrowers, days]).tolist()
        connection.executemany("INSERT INTO loans VALUES (?, ?, ?, ?)", loans)
        clerks = rng.integers(1, PEOPLE + 1, LOANS)
        fees = np.column_stack([numbers, numbers, borrowers, clerks, days * 2]).tolist()
        connection.executemany("INSERT INTO fees VALUES (?, ?, ?, ?, ?)", fees)
    plan: dict[str, object] = {"dataset": "library", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "library", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)
    paid = made["fees"].join(made["loans"], left_on="loan_id", right_on="id", suffix=" of the loan")
    assert paid.height > 0.8 * LOANS
    assert (paid["person_id"] == paid["person_id of the loan"]).all()
    assert (paid["clerk_id"] == paid["person_id of the loan"]).to_numpy().mean() < 0.1
