"""Patients see the doctor whom they saw last time, players stay with their club: generated ones do, too."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further.returning import chosen_by_size, find_returning, heads, taken_over
from synth_assets.synthesize.relational.matching import Rows
from tests.zoo import generated, zoo_project

PATIENTS, DOCTORS, CLUBS, YEARS = 900, 700, 60, 12
ONE_FAMILY = np.zeros(5, dtype=np.int64)


def test_who_returns_and_to_whom() -> None:
    families = np.repeat(np.arange(200), 4)
    referred = np.tile([5, 5, 8, 5], 200) + 10 * families
    found = find_returning(
        referred, families, pl.Series(np.tile(np.arange(4), 200)), np.zeros(800, dtype=np.int64), name="back", seed=1
    )
    assert found is not None
    assert found.to_list() == [None, "before", None, "earlier"] * 200


def test_what_chance_makes_is_no_return() -> None:
    rng = np.random.default_rng(0)
    families, few = np.repeat(np.arange(200), 4), rng.integers(0, 3, 800)
    order = pl.Series(np.tile(np.arange(4), 200))
    assert find_returning(few, families, order, np.zeros(800, dtype=np.int64), name="back", seed=1) is None
    # Nor is what groups of like parents say already.
    assert find_returning(families, families, order, families, name="back", seed=1) is None


def test_rows_take_over_from_the_row_before_or_an_earlier_one() -> None:
    returns = pl.Series(["before", "before", None, "before", "earlier"], dtype=pl.String)
    found = heads(returns, ONE_FAMILY, np.random.default_rng(0)).tolist()
    assert found[:4] == [0, 0, 2, 2]  # a first row returns to nobody
    assert found[4] in (0, 2)


def test_siblings_need_not_lie_side_by_side() -> None:
    returns = pl.Series([None, None, "before", "before"], dtype=pl.String)
    assert heads(returns, np.array([3, 7, 3, 7]), np.random.default_rng(0)).tolist() == [0, 1, 0, 1]


def test_a_parent_is_that_of_the_rows_own_group_if_there_is_one() -> None:
    # Parents: club 1 in years 0 and 1, club 2 in year 0.
    chosen = taken_over(
        np.array([0, -1, 2, -1]),
        np.array([0, 0, 2, 2]),
        child_groups=np.array([0, 1, 0, 1]),
        parent_groups=np.array([0, 1, 0]),
        identity=np.array([1, 1, 2]),
    )
    assert chosen.tolist() == [0, 1, 2, -1]


def test_who_brings_several_takes_a_parent_with_as_many_places() -> None:
    def choose(looking: Rows, places: Rows) -> Rows:
        found = np.full(6, -1, dtype=np.int64)
        found[looking] = np.repeat(np.arange(len(places)), places)[: len(looking)]
        return found

    chosen = chosen_by_size(np.array([0, 1, 3]), np.array([1, 1, 3]), np.array([1, 1, 3]), choose)
    assert chosen.tolist() == [0, 1, -1, 2, -1, -1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """Real and generated rows."""
    rng = np.random.default_rng(6)
    visits, seasons = [], []
    for patient in range(PATIENTS):
        doctor, club, year = int(rng.integers(DOCTORS)), int(rng.integers(CLUBS)), int(rng.integers(0, YEARS - 4))
        for at in range(int(rng.integers(1, 9))):
            if at and rng.random() < 0.25:
                doctor = int(rng.integers(DOCTORS))
            day = date(2024, 1, 1) + timedelta(days=at * 30 + int(rng.integers(0, 25)))
            visits.append((len(visits), patient, doctor, day.isoformat(), int(rng.integers(9))))
        for season in range(year, min(year + int(rng.integers(1, 7)), YEARS)):
            if season > year and rng.random() < 0.2:
                club = int(rng.integers(CLUBS))
            seasons.append((patient, season, f"club {club}", int(rng.integers(40))))
    folder = tmp_path_factory.mktemp("returning")
    with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE patients (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
            CREATE TABLE doctors (id INTEGER PRIMARY KEY, since INTEGER NOT NULL);
            CREATE TABLE clubs (club TEXT, year INTEGER, wins INTEGER NOT NULL, PRIMARY KEY (club, year));
            CREATE TABLE visits (
              id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id),
              doctor_id INTEGER NOT NULL REFERENCES doctors (id), day DATE NOT NULL, cost INTEGER NOT NULL
            );
            CREATE TABLE seasons (
              patient_id INTEGER NOT NULL REFERENCES patients (id), year INTEGER NOT NULL, club TEXT NOT NULL,
              games INTEGER NOT NULL, PRIMARY KEY (patient_id, year),
              FOREIGN KEY (club, year) REFERENCES clubs (club, year)
            );
            """
        )
        people = zip(range(PATIENTS), rng.integers(20, 80, PATIENTS).tolist(), strict=True)
        connection.executemany("INSERT INTO patients VALUES (?, ?)", people)
        connection.executemany("INSERT INTO doctors VALUES (?, ?)", [(at, 1990 + at % 30) for at in range(DOCTORS)])
        clubs = [(f"club {at}", year, int(rng.integers(30))) for at in range(CLUBS) for year in range(YEARS)]
        connection.executemany("INSERT INTO clubs VALUES (?, ?, ?)", clubs)
        connection.executemany("INSERT INTO visits VALUES (?, ?, ?, ?, ?)", visits)
        connection.executemany("INSERT INTO seasons VALUES (?, ?, ?, ?)", seasons)
        real = {name: pl.read_database(f"SELECT * FROM {name}", connection) for name in ("visits", "seasons")}
    plan: dict[str, object] = {"dataset": "health", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(folder, plan=plan), "health", refresh="r")
    refresh.snapshot()
    refresh.profile()
    return real, generated(refresh)


@pytest.mark.parametrize(("table", "order", "to"), [("visits", "day", "doctor_id"), ("seasons", "year", "club")])
def test_as_many_return_as_in_the_source(
    made: tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]], table: str, order: str, to: str
) -> None:
    def returning(rows: pl.DataFrame) -> float:
        ordered = rows.sort("patient_id", order)
        same = (ordered[to] == ordered[to].shift(1)).filter(ordered["patient_id"] == ordered["patient_id"].shift(1))
        return float(same.mean())  # type: ignore[arg-type]

    real, synthetic = made
    assert returning(synthetic[table]) == pytest.approx(returning(real[table]), abs=0.07)
    # As many have few as in the source; no doctor, and no club, has got all the others' rows.
    few = [rows[table][to].value_counts()["count"].is_between(1, 2).mean() for rows in (synthetic, real)]
    assert few[0] == pytest.approx(few[1], abs=0.1)
    largest = synthetic[table][to].value_counts()["count"].max()
    assert largest <= 2 * real[table][to].value_counts()["count"].max()  # type: ignore[operator]
