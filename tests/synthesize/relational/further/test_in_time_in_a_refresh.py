"""No generated row is there before the further parents that it refers to."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from synth_assets.refresh import Refresh
from tests.zoo import generated, zoo_project

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, joined TIMESTAMP NOT NULL, age INTEGER NOT NULL);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id), written TIMESTAMP NOT NULL,
  state TEXT NOT NULL, closed TIMESTAMP
);
CREATE TABLE comments (
  id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id),
  person_id INTEGER NOT NULL REFERENCES people (id), day DATE NOT NULL
);
"""
PEOPLE, POSTS, COMMENTS = 150, 600, 1_500
YEARS = 4 * 365 * 1_440


def _time(minutes: float) -> datetime:
    return datetime(2019, 1, 1) + timedelta(minutes=int(minutes))  # noqa: DTZ001


def _fill(path: Path, rng: np.random.Generator) -> None:
    joined = rng.random(PEOPLE) * YEARS
    writer = rng.integers(0, PEOPLE, POSTS)
    written = joined[writer] + rng.random(POSTS) * (YEARS - joined[writer])
    closed = np.where(rng.random(POSTS) < 0.5, written + rng.exponential(9_000, POSTS), np.nan)
    post, person = rng.integers(0, POSTS, COMMENTS), rng.integers(0, PEOPLE, COMMENTS)
    said = np.maximum(written[post], joined[person]) + rng.exponential(4_000, COMMENTS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        people = [(at, str(_time(m)), 20 + at % 50) for at, m in enumerate(joined)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", people)
        posts = [
            (
                at,
                int(writer[at]),
                str(_time(written[at])),
                *(("open", None) if np.isnan(m) else ("closed", str(_time(m)))),
            )
            for at, m in enumerate(closed)
        ]
        connection.executemany("INSERT INTO posts VALUES (?, ?, ?, ?, ?)", posts)
        comments = [(at, int(post[at]), int(person[at]), str(_time(m).date())) for at, m in enumerate(said)]
        connection.executemany("INSERT INTO comments VALUES (?, ?, ?, ?)", comments)


def test_nobody_comments_before_joining(tmp_path: Path) -> None:
    _fill(tmp_path / "production.db", np.random.default_rng(0))
    plan: dict[str, object] = {"dataset": "forum", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "forum", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)
    people, posts, comments = made["people"], made["posts"], made["comments"]
    assert (posts["closed"] >= posts["written"]).drop_nulls().all()
    assert (posts["closed"].is_null() == (posts["state"] == "open")).all()
    later = comments.join(people, left_on="person_id", right_on="id")
    assert (later["day"] < later["joined"].dt.date()).to_numpy().mean() < 0.02
