"""Parents whose many rows show what they are like keep that: who flies where, and under which numbers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further.roles import Roles, find_driving_roles, find_roles
from tests.zoo import zoo_project

PLAN = {"dataset": "flights", "source": "production", "targets": ["staging"]}
CARRIERS, PLACES, FLIGHTS = 8, 25, 9_000
ROLES = Roles(groups=(0, 1, 0, 1), parents=5)


def test_a_role_goes_to_a_parent_of_its_group_with_as_many_children() -> None:
    given = ROLES.give_out(np.array([0, 1, 1, 0, 1]), np.array([3, 50, 9, 80, 1]))
    assert given.of_parent.tolist() == [2, 1, 3, 0, -1]
    assert given.stand_in.tolist() == [0, 1, 2, 3]


def test_a_role_that_its_group_has_no_parent_for_goes_to_another() -> None:
    given = ROLES.give_out(np.array([0, 0, 0, 0, 0]), np.array([5, 4, 3, 2, 1]))
    assert sorted(given.of_parent.tolist()) == [-1, 0, 1, 2, 3]
    assert given.of_parent[0] == 0


def test_fewer_parents_stand_in_for_the_others() -> None:
    given = ROLES.give_out(np.array([0, 1]), np.array([9, 8]))
    assert given.of_parent.tolist() == [0, 1]
    assert set(given.stand_in.tolist()) == {0, 1}


def test_twice_as_many_parents_share_roles() -> None:
    groups = np.array([0, 1] * 5)
    given = ROLES.give_out(groups, np.arange(10, 0, -1))
    assert np.bincount(given.of_parent[given.of_parent >= 0]).tolist() == [2, 2, 2, 2]


def test_rows_of_a_role_all_find_its_parents() -> None:
    rng = np.random.default_rng(1)
    given = ROLES.give_out(np.array([0, 1, 1, 0, 1]), np.array([3, 50, 9, 80, 1]))
    wanted = np.repeat([0, 1, 2, 3, 4], [40, 30, 20, 5, 5])
    assert given.degrees(wanted, np.array([3, 50, 9, 80, 1]), rng).tolist() == [20, 30, 5, 40, 5]


def test_numbers_of_children_are_as_they_are_known_to_be_if_few_rows_move() -> None:
    rng = np.random.default_rng(1)
    given = ROLES.give_out(np.array([0, 1, 1, 0, 1]), np.array([22, 31, 4, 38, 5]))
    wanted = np.repeat([0, 1, 2, 3, 4], [40, 30, 20, 5, 5])
    degrees = given.degrees(wanted, np.array([22, 31, 4, 38, 5]), rng)
    assert sorted(degrees.tolist()) == [4, 5, 22, 31, 38]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    """A folder with a source of flights: each carrier flies to few places, and a number belongs to one route."""
    rng = np.random.default_rng(8)
    carrier = rng.choice(CARRIERS, FLIGHTS, p=rng.dirichlet(np.full(CARRIERS, 3.0)))
    served = np.array([rng.choice(PLACES, 5, replace=False) for _ in range(CARRIERS)])
    place = served[carrier, rng.integers(0, 5, FLIGHTS)]
    number = 100 + 3 * rng.permutation(CARRIERS * PLACES)[carrier * PLACES + place] + rng.integers(0, 3, FLIGHTS)
    month = rng.integers(1, 241, FLIGHTS)
    flights = pl.DataFrame({"month_id": month, "carrier_id": carrier, "place_id": place, "number": number})
    folder = tmp_path_factory.mktemp("flights")
    with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE months (id INTEGER PRIMARY KEY, season TEXT NOT NULL);
            CREATE TABLE carriers (id INTEGER PRIMARY KEY, alliance TEXT NOT NULL);
            CREATE TABLE places (id INTEGER PRIMARY KEY, altitude INTEGER NOT NULL);
            CREATE TABLE flights (
              id INTEGER PRIMARY KEY, month_id INTEGER NOT NULL REFERENCES months (id),
              carrier_id INTEGER NOT NULL REFERENCES carriers (id),
              place_id INTEGER NOT NULL REFERENCES places (id), number INTEGER NOT NULL
            );
            """
        )
        connection.executemany("INSERT INTO months VALUES (?, ?)", [(at, "WSA"[at % 3]) for at in range(1, 241)])
        connection.executemany("INSERT INTO carriers VALUES (?, ?)", [(at, "AB"[at % 2]) for at in range(CARRIERS)])
        connection.executemany("INSERT INTO places VALUES (?, ?)", [(at, at * 37 % 90) for at in range(PLACES)])
        connection.executemany(
            "INSERT INTO flights (month_id, carrier_id, place_id, number) VALUES (?, ?, ?, ?)", flights.rows()
        )
    return folder, flights


@pytest.fixture(scope="module")
def refresh(source: tuple[Path, pl.DataFrame]) -> Refresh:
    refresh = Refresh(zoo_project(source[0], plan=PLAN), "flights", refresh="r")
    refresh.snapshot()
    refresh.profile()
    return refresh


def test_who_flies_where_and_under_which_numbers(source: tuple[Path, pl.DataFrame], refresh: Refresh) -> None:
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    made, real = refresh.synthetic_table("flights").read(), source[1]
    # Keys are new ones, so that routes are counted and not compared.
    routes = made.group_by("carrier_id", "place_id").len()
    common = routes.filter(pl.col("len") >= 10)
    assert common["len"].sum() >= 0.95 * made.height
    assert common.height <= 1.25 * real.select("carrier_id", "place_id").n_unique()
    counted = made.group_by("number", "carrier_id", "place_id").len()
    of_one_route = counted.group_by("number").agg(pl.col("len").max())["len"].sum()
    assert of_one_route >= 0.8 * made.height


def test_a_column_that_says_nothing_makes_no_roles(refresh: Refresh) -> None:
    source, _ = refresh._source
    structure = source.structures["flights"]
    assert {r.name for r in structure.further if find_roles(r, source, min_group=10) is not None} == {
        "flights(carrier_id)",
        "flights(place_id)",
    }
    assert structure.driving is not None
    assert find_driving_roles(structure.driving, source) is None


def test_what_fewer_driving_parents_share_is_no_role(refresh: Refresh) -> None:
    source, _ = refresh._source
    further = source.structures["flights"].further
    assert all(find_roles(reference, source, min_group=241) is None for reference in further)


def _stations(folder: Path, *, with_keepers: bool) -> Refresh:
    """Six stations of one kind, each with readings around a level of its own; with or without who keeps them."""
    rng = np.random.default_rng(9)
    station = rng.integers(0, 6, 3_600)
    readings = pl.DataFrame({"station_id": station, "level": 100 * station + rng.integers(0, 20, len(station))})
    keepers = [f"{name}.{family}@mail.example" for name in ("ana", "bo", "cy") for family in ("field", "lake")]
    with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE stations (id INTEGER PRIMARY KEY, kind TEXT NOT NULL);
            CREATE TABLE readings (
              id INTEGER PRIMARY KEY, station_id INTEGER NOT NULL REFERENCES stations (id), level INTEGER NOT NULL
            );
            """
        )
        connection.executemany("INSERT INTO stations VALUES (?, 'river')", [(at,) for at in range(6)])
        connection.executemany("INSERT INTO readings (station_id, level) VALUES (?, ?)", readings.rows())
        if with_keepers:
            connection.execute("ALTER TABLE stations ADD COLUMN keeper_email TEXT")
            connection.executemany(
                "UPDATE stations SET keeper_email = ? WHERE id = ?", zip(keepers, range(6), strict=True)
            )
    plan = {"dataset": "readings", "source": "production", "targets": ["staging"], "privacy": {"hold_out": 0}}
    refresh = Refresh(zoo_project(folder, plan=plan), "readings", refresh="r")
    refresh.snapshot()
    refresh.profile()
    return refresh


def test_rows_of_a_parent_that_is_looked_up_are_like_each_other(tmp_path: Path) -> None:
    refresh = _stations(tmp_path, with_keepers=False)
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    made = refresh.synthetic_table("readings").read()
    levels = made.group_by("station_id", pl.col("level") // 100).len()
    assert levels.group_by("station_id").agg(pl.col("len").max())["len"].sum() >= 0.99 * made.height


def test_nobody_is_known_by_the_rows_that_hang_on_them(tmp_path: Path) -> None:
    source, _ = _stations(tmp_path, with_keepers=True)._source
    driving = source.structures["readings"].driving
    assert driving is not None
    assert find_driving_roles(driving, source) is None
