"""Stays, what happens within them, and how long they were: the whole chain on a database, under a gate that judges."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

# The tables are small on purpose, so that sampling noise is large; ranges and rules are judged as ever.
GATE = {
    "fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3},
    "privacy": {"membership_auc": 1, "copies": 1, "closer_share": 1},
}
STAYS = 700
OF_STAY = "JOIN stays s ON s.id = r.stay_id"
BROKEN = {
    "a reading before its stay": f"SELECT count(*) FROM readings r {OF_STAY} WHERE r.at < s.since",
    "a reading after its stay": f"SELECT count(*) FROM readings r {OF_STAY} WHERE r.at > s.until",
    "a bed before its stay": f"SELECT count(*) FROM beds r {OF_STAY} WHERE r.since < s.since",
    "a bed after its stay": f"SELECT count(*) FROM beds r {OF_STAY} WHERE r.until > s.until",
    "a bed that runs backwards": "SELECT count(*) FROM beds WHERE until < since",
    "wrong days": "SELECT count(*) FROM stays "
    "WHERE days <> CAST(julianday(until) - julianday(since) + 1e-6 AS INTEGER)",
}


def build(path: Path) -> None:
    """Half of the stays have beds, so that the latest of these are before the latest stays."""
    rng, first = np.random.default_rng(4), datetime(2022, 1, 1)  # noqa: DTZ001 (a column without time zone)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE stays (id INTEGER PRIMARY KEY, ward TEXT NOT NULL, since TIMESTAMP NOT NULL, "
            "until TIMESTAMP NOT NULL, days INTEGER NOT NULL);"
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, stay_id INTEGER NOT NULL REFERENCES stays (id), "
            "at TIMESTAMP NOT NULL, pulse INTEGER NOT NULL);"
            "CREATE TABLE beds (id INTEGER PRIMARY KEY, stay_id INTEGER NOT NULL REFERENCES stays (id), "
            "since TIMESTAMP NOT NULL, until TIMESTAMP NOT NULL);"
        )
        for stay in range(STAYS):
            since = first + timedelta(seconds=int(rng.integers(0, 90_000_000)))
            length = int(rng.gamma(2, 150_000)) + 3_600
            until = since + timedelta(seconds=length)
            row = (stay, "abc"[stay % 3], str(since), str(until), length // 86_400)
            connection.execute("INSERT INTO stays VALUES (?, ?, ?, ?, ?)", row)
            for after in np.sort(rng.integers(0, length, rng.integers(0, 7))).tolist():
                at = since + timedelta(seconds=after)
                connection.execute(
                    "INSERT INTO readings (stay_id, at, pulse) VALUES (?, ?, ?)",
                    (stay, str(at), int(rng.normal(80, 9))),
                )
            if stay % 2:
                begin, end = sorted(rng.integers(0, length, 2).tolist())
                times = [str(since + timedelta(seconds=seconds)) for seconds in (begin, end)]
                connection.execute("INSERT INTO beds (stay_id, since, until) VALUES (?, ?, ?)", (stay, *times))


def broken(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(query).fetchone()[0] for name, query in BROKEN.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_what_happens_within_a_stay_does_so_in_what_is_published(tmp_path: Path, seed: int) -> None:
    build(tmp_path / "production.db")
    assert not any(broken(tmp_path / "production.db").values())
    plan = {"dataset": "ward", "source": "production", "targets": ["staging"], "gate": GATE}
    project = zoo_project(tmp_path, plan=plan)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": f"sqlite:///{tmp_path}/production.db"})
    Refresh(project, "ward", refresh="r", seed=seed).run(["staging"])
    assert not any(broken(tmp_path / "staging.db").values())
