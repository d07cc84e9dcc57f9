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


BANK = """
CREATE TABLE towns (id INTEGER PRIMARY KEY, size INTEGER NOT NULL);
CREATE TABLE clients (id INTEGER PRIMARY KEY, town_id INTEGER NOT NULL REFERENCES towns (id), age INTEGER NOT NULL);
CREATE TABLE accounts (id INTEGER PRIMARY KEY, town_id INTEGER NOT NULL REFERENCES towns (id), kind TEXT NOT NULL);
CREATE TABLE holders (
  id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id), since INTEGER NOT NULL
);
"""
TOWNS, HOLDERS, AT_HOME = 25, 1_000, 0.8


def test_most_clients_have_their_account_where_they_live(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    town = rng.integers(1, TOWNS + 1, HOLDERS)
    lives = np.where(rng.random(HOLDERS) < AT_HOME, town, rng.integers(1, TOWNS + 1, HOLDERS))
    numbers = np.arange(1, HOLDERS + 1)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(BANK)
        fill = connection.executemany
        fill("INSERT INTO towns VALUES (?, ?)", [(at, at * 100) for at in range(1, TOWNS + 1)])
        ages, kinds = rng.integers(18, 90, HOLDERS), np.array(["A", "B"])[rng.integers(0, 2, HOLDERS)]
        fill("INSERT INTO clients VALUES (?, ?, ?)", np.column_stack([numbers, lives, ages]).tolist())
        accounts = zip(numbers.tolist(), town.tolist(), kinds.tolist(), strict=True)
        fill("INSERT INTO accounts VALUES (?, ?, ?)", accounts)
        holders = np.column_stack([numbers, numbers, numbers, rng.integers(0, 30, HOLDERS)])
        fill("INSERT INTO holders VALUES (?, ?, ?, ?)", holders.tolist())
    plan: dict[str, object] = {"dataset": "bank", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "bank", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)
    joined = made["holders"].join(made["clients"], left_on="client_id", right_on="id")
    joined = joined.join(made["accounts"], left_on="account_id", right_on="id", suffix=" of the account")
    at_home = (joined["town_id"] == joined["town_id of the account"]).to_numpy().mean()
    assert abs(at_home - (AT_HOME + (1 - AT_HOME) / TOWNS)) < 0.1
    assert made["holders"]["account_id"].is_unique().all()
