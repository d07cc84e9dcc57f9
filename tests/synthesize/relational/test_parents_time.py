"""Times that never lie before a time of the row's parents."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further.in_time import NotBefore
from synth_assets.synthesize.relational.parents_time import ParentsTime, find_parents_times
from tests.zoo import generated, zoo_project

RNG = np.random.default_rng(3)
JOINED = pl.Series("joined", [date(2020, 1, 1) + timedelta(days=int(day)) for day in RNG.integers(0, 1500, 400)])


def test_a_time_after_the_parents_is_found_and_any_other_is_not() -> None:
    behind = pl.Series([timedelta(hours=int(hours)) for hours in RNG.integers(0, 2_800, 400)])
    rows = pl.DataFrame({"placed": JOINED.cast(pl.Datetime("us")) + behind})
    context = pl.DataFrame({"joined": JOINED, "other": JOINED.shuffle(seed=1), "born": JOINED - timedelta(days=9_000)})
    found = find_parents_times(rows, context, among=["placed"], min_group=5)
    # So much earlier is nobody's: births keep the order by themselves.
    assert [(one.column, one.order.parent_column) for one in found] == [("placed", "joined")]


def test_what_comes_too_early_comes_as_much_later() -> None:
    context = pl.DataFrame({"joined": [date(2024, 5, 1), date(2024, 5, 1), date(2024, 12, 30), None]})
    latest = (date(2024, 12, 31) - date(1970, 1, 1)).days
    one = ParentsTime(order=NotBefore(column="placed", parent_column="joined", floor=1), unit=1, latest=latest)
    values = pl.Series("placed", [date(2024, 4, 21), date(2024, 6, 1), date(2024, 1, 1), date(2020, 1, 1)])
    moved = one.moved(values, context, np.random.default_rng(0))
    assert moved.to_list()[:2] == [date(2024, 5, 11), date(2024, 6, 1)]
    assert date(2024, 12, 30) <= moved[2] <= date(2024, 12, 31)
    assert moved[3] == date(2020, 1, 1)


def test_generated_rows_come_after_their_parent_and_not_after_the_last_one(tmp_path: Path) -> None:
    """Single children and families that go on from row to row alike."""
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, joined DATE NOT NULL);"
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), "
            "at DATE NOT NULL);"
            "CREATE TABLE cards (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE REFERENCES users (id), "
            "issued DATE NOT NULL);"
        )
        first, visits, cards = date(2022, 1, 1), [], []
        for user in range(600):
            joined = int(RNG.integers(0, 900))
            connection.execute("INSERT INTO users VALUES (?, ?)", (user, first + timedelta(days=joined)))
            cards.append((user, user, first + timedelta(days=min(joined + int(RNG.exponential(4)), 1000))))
            at = joined
            for _ in range(int(RNG.integers(0, 6))):
                at += int(RNG.exponential(9))
                if at <= 1000:
                    visits.append((len(visits), user, first + timedelta(days=at)))
        connection.executemany("INSERT INTO visits VALUES (?, ?, ?)", visits)
        connection.executemany("INSERT INTO cards VALUES (?, ?, ?)", cards)
    plan = {"dataset": "club", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "club", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)
    users = made["users"].select(pl.col("id").alias("user_id"), "joined")
    for table, column in (("visits", "at"), ("cards", "issued")):
        rows = made[table].join(users, on="user_id", how="left")
        assert rows.height > 300
        assert (rows[column] >= rows["joined"]).all()
        assert rows[column].max() <= first + timedelta(days=1000)
