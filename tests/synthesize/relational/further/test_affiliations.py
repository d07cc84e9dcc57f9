"""Planes belong to airlines, though only flights say so: flights of generated planes nearly all go with one airline."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further.belonging import Belonging, belonging_groups, degrees_of_groups
from tests.zoo import generated, zoo_project

PLAN: dict[str, object] = {"dataset": "flights", "source": "production", "targets": ["staging"]}
AIRLINES, PLANES, FLIGHTS, HOURS = 6, 500, 6_000, 400
BY = Belonging(feature="& key", other="other", share=1.0)


def test_children_look_in_their_own_group_and_elsewhere_if_nobody_is_there() -> None:
    features = pl.DataFrame({"& key": ["1", "2", None]})
    children, parents = belonging_groups(BY, np.array([1, 2, 7, -1]), features, np.random.default_rng(0))
    assert parents.tolist() == [1, 2, -1]
    assert children[:2].tolist() == [1, 2]
    assert children[2] in parents
    assert children[3] == -1


def test_some_children_look_elsewhere() -> None:
    features = pl.DataFrame({"& key": [str(number % 4) for number in range(40)]})
    loose = BY.model_copy(update={"share": 0.6})
    children, _ = belonging_groups(loose, np.ones(4_000, dtype=np.int64), features, np.random.default_rng(0))
    assert 0.67 <= (children == 1).mean() <= 0.73


def test_every_child_of_a_group_finds_a_place() -> None:
    rng = np.random.default_rng(0)
    groups = np.array([0, 0, 1, 1])
    degrees = degrees_of_groups(np.array([9, 1, 5, 5]), np.repeat([0, 1], [10, 90]), groups, rng)
    assert np.bincount(groups, degrees).tolist() == [10, 90]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(5)
    of_plane = rng.integers(0, AIRLINES, PLANES)
    plane = rng.choice(PLANES, FLIGHTS, p=rng.dirichlet(np.full(PLANES, 2.0)))
    lent = rng.random(FLIGHTS) < 0.04
    airline = np.where(lent, rng.integers(0, AIRLINES, FLIGHTS), of_plane[plane])
    number = airline * 100 + rng.integers(0, 90, FLIGHTS)
    hour = rng.integers(0, HOURS, FLIGHTS)
    folder = tmp_path_factory.mktemp("flights")
    with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE hours (id INTEGER PRIMARY KEY, wind INTEGER NOT NULL);
            CREATE TABLE planes (id INTEGER PRIMARY KEY, seats INTEGER NOT NULL);
            CREATE TABLE airlines (id INTEGER PRIMARY KEY, alliance TEXT NOT NULL);
            CREATE TABLE flights (
              id INTEGER PRIMARY KEY, hour_id INTEGER NOT NULL REFERENCES hours (id),
              plane_id INTEGER REFERENCES planes (id), airline_id INTEGER NOT NULL REFERENCES airlines (id),
              number INTEGER NOT NULL
            );
            """
        )
        connection.executemany("INSERT INTO hours VALUES (?, ?)", enumerate(rng.integers(0, 40, HOURS).tolist()))
        seats = 40 + 30 * of_plane + rng.integers(0, 60, PLANES)
        connection.executemany("INSERT INTO planes VALUES (?, ?)", enumerate(seats.tolist()))
        connection.executemany("INSERT INTO airlines VALUES (?, ?)", [(at, "AB"[at % 2]) for at in range(AIRLINES)])
        rows = zip(range(FLIGHTS), hour.tolist(), plane.tolist(), airline.tolist(), number.tolist(), strict=True)
        connection.executemany("INSERT INTO flights VALUES (?, ?, ?, ?, ?)", rows)
    return folder


def same_airline(flights: pl.DataFrame) -> float:
    """The share of a plane's flights that have the airline of another of its flights."""
    counts = flights.drop_nulls().group_by("plane_id", "airline_id").len("rows")
    of_plane = counts.with_columns(pl.col("rows").sum().over("plane_id").alias("all")).filter(pl.col("all") > 1)
    pairs = (of_plane["rows"] * (of_plane["rows"] - 1) / (of_plane["all"] - 1)).sum()
    return float(pairs) / int(of_plane["rows"].sum())


def test_planes_stay_with_their_airline(source: Path) -> None:
    refresh = Refresh(zoo_project(source, plan=PLAN), "flights", refresh="r")
    refresh.snapshot()
    refresh.profile()
    rows = generated(refresh)
    with closing(sqlite3.connect(source / "production.db")) as connection:
        real = pl.read_database("SELECT plane_id, airline_id FROM flights", connection)
    assert same_airline(rows["flights"].select("plane_id", "airline_id")) == pytest.approx(same_airline(real), abs=0.05)
    # As many flights as planes are known to have.
    flown = rows["flights"]["plane_id"].value_counts()["count"].sort()
    known = real["plane_id"].value_counts()["count"].sort()
    assert np.abs(np.quantile(flown, [0.1, 0.5, 0.9]) / np.quantile(known, [0.1, 0.5, 0.9]) - 1).max() <= 0.15
    # The planes' own column goes with the airline, as in the source.
    joined = rows["flights"].join(rows["planes"], left_on="plane_id", right_on="id")
    assert joined.select(pl.corr("seats", "number", method="spearman")).item() >= 0.7
