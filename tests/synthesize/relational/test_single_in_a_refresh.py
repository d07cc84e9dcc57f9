"""Of the rows that refer to one row, by whichever key, one has what one has in the source."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE clients (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
CREATE TABLE holders (
  id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id), role TEXT NOT NULL, since INTEGER NOT NULL
);
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients (id),
  is_main BOOLEAN NOT NULL, city TEXT NOT NULL
);
"""
PLAN = {"dataset": "bank", "source": "production", "targets": ["staging"]}
ACCOUNTS = 700


def test_one_row_of_a_family_keeps_its_label(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    account = np.repeat(np.arange(ACCOUNTS), rng.choice([1, 2, 3], ACCOUNTS, p=[0.5, 0.3, 0.2]))
    owns = np.r_[True, account[1:] != account[:-1]]
    client = rng.permutation(len(account))
    of_client = np.repeat(np.arange(len(client)), rng.integers(1, 4, len(client)))
    is_main = np.r_[of_client[1:] != of_client[:-1], True]
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(SCHEMA)
        fill = connection.executemany
        fill("INSERT INTO accounts VALUES (?, ?)", [(at, "ABC"[at % 3]) for at in range(ACCOUNTS)])
        fill("INSERT INTO clients VALUES (?, ?)", [(at, int(rng.integers(18, 90))) for at in range(len(client))])
        roles = np.where(owns, "owner", "reader").tolist()
        since = np.where(owns, rng.integers(0, 50, len(owns)), rng.integers(50, 99, len(owns))).tolist()
        rows = zip(client.tolist(), account.tolist(), roles, since, strict=True)
        fill("INSERT INTO holders (client_id, account_id, role, since) VALUES (?, ?, ?, ?)", rows)
        cities = rng.choice(["Oslo", "Bergen", "Moss"], len(of_client)).tolist()
        addresses = zip(of_client.tolist(), is_main.tolist(), cities, strict=True)
        fill("INSERT INTO addresses (client_id, is_main, city) VALUES (?, ?, ?)", addresses)
    refresh = Refresh(zoo_project(tmp_path, plan=PLAN), "bank", refresh="r")
    refresh.snapshot()
    refresh.profile()
    known = {}
    for group in refresh.groups:
        known |= refresh.fit(group)
        refresh.generate(group)
    assert "one row of each account_id has a certain role" in known["holders"].facts["dependencies"]
    holders, addresses = (refresh.synthetic_table(name).read() for name in ("holders", "addresses"))
    owners = holders.group_by("account_id").agg((pl.col("role") == "owner").sum())["role"]
    assert owners.to_list() == [1] * len(owners)
    # What goes with the label goes with it still, and no account is left without a holder, as none is in the source.
    assert (holders.filter(pl.col("role") == "owner")["since"] < 50).mean() > 0.95
    assert holders["account_id"].n_unique() == ACCOUNTS
    main = addresses.sort("client_id", "id").group_by("client_id", maintain_order=True).agg("is_main")["is_main"]
    assert main.list.sum().to_list() == [1] * len(main)
    assert main.list.last().mean() > 0.95
