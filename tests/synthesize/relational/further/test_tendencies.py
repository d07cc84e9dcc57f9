"""What rows that meet at a further parent have in common is found, told without their own part, and generated."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.further import tendencies
from synth_assets.synthesize.relational.further.tendencies import Tendency
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER NOT NULL);
CREATE TABLE films (id INTEGER PRIMARY KEY, genre TEXT NOT NULL);
CREATE TABLE ratings (
  id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id),
  film_id INTEGER NOT NULL REFERENCES films (id), stars INTEGER NOT NULL
);
"""
RNG = np.random.default_rng(2)
FILMS, RATINGS = 200, 8_000
QUALITY = RNG.normal(0, 1, FILMS)
FILM = RNG.integers(0, FILMS, RATINGS)


def _tendency(values: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> Tendency:
    return Tendency(name="~ ratings(film): rating 0", share=share, values=values, parents=FILM, height=FILMS)


def test_the_share_between_parents_is_that_of_their_effects() -> None:
    ratings = QUALITY[FILM] + RNG.normal(0, 2, RATINGS)
    assert tendencies._between(ratings, FILM, FILMS) == pytest.approx(0.2, abs=0.05)
    assert tendencies._between(RNG.normal(0, 1, RATINGS), FILM, FILMS) == 0


def test_effects_are_spread_as_they_are_and_not_as_means_of_few_rows() -> None:
    few = Tendency("~ x: y 0", 0.2, QUALITY[FILM[:800]] + RNG.normal(0, 2, 800), FILM[:800], FILMS)
    effects = few.of_parents().drop_nulls().to_numpy()
    assert effects.std() == pytest.approx(1.0, abs=0.25)
    means = pl.DataFrame({"film": FILM[:800], "value": few.values}).group_by("film").mean()["value"]
    assert means.std() > 1.3  # type: ignore[operator]


def test_a_row_does_not_know_its_own_part() -> None:
    values = QUALITY[FILM] + RNG.normal(0, 2, RATINGS)
    before = _tendency(values, 0.2).beside().to_numpy()
    changed = values.copy()
    changed[0] += 50
    after = _tendency(changed, 0.2).beside().to_numpy()
    same_film = np.flatnonzero(FILM[0] == FILM)
    # The usual value moves by 50 / 8,000; what the others of the film are told moves by much more.
    assert abs(after[0] - before[0]) < 0.01
    assert (after[same_film[1:]] - before[same_film[1:]]).min() > 0.5


def test_a_parent_s_only_row_knows_what_is_usual_even_where_each_row_tells_all() -> None:
    only = Tendency("~ x: y 0", 1.0, np.array([1.0, 1.0, 4.0]), np.array([0, 0, 1]), 3)
    assert only.beside().to_list() == [1.0, 1.0, 2.0]
    assert only.of_parents().to_list() == [1.0, 4.0, None]


def test_what_many_real_rows_share_only_is_told_of_real_parents() -> None:
    values = QUALITY[FILM] + RNG.normal(0, 2, RATINGS)
    told = _tendency(values, 0.2).of_real_parents(min_group=40)
    assert told.is_null().to_numpy()[np.bincount(FILM, minlength=FILMS) < 40].all()
    known = told.drop_nulls().to_numpy() * 50
    assert np.allclose(known, np.round(known))


def _is_explained(effects: pl.Series, columns: pl.DataFrame) -> bool:
    return tendencies._is_explained(effects, tendencies._groups(columns))


def test_what_a_column_of_the_parent_says_is_no_tendency() -> None:
    effects = pl.Series("effect", QUALITY)
    assert _is_explained(effects, pl.DataFrame({"price": np.exp(QUALITY)}))
    assert not _is_explained(effects, pl.DataFrame({"year": RNG.normal(0, 1, FILMS)}))
    names = pl.DataFrame({"name": [f"film {number}" for number in range(FILMS)]})
    assert not _is_explained(effects, names)


def _made(tmp_path: Path, plan: dict[str, object]) -> pl.DataFrame:
    """Generated ratings of 150 people; films are good or bad, which no column of them says."""
    people, films = 150, 100
    quality = RNG.normal(0, 1, films)
    who, what = np.repeat(np.arange(people), 40), RNG.integers(0, films, people * 40)
    stars = np.clip(np.round(3 + quality[what] + RNG.normal(0, 0.7, len(who))), 1, 5).astype(int)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(at, 20 + at % 50) for at in range(people)])
        connection.executemany("INSERT INTO films VALUES (?, ?)", [(at, "DC"[at % 2]) for at in range(films)])
        rows = np.column_stack([who, what, stars]).tolist()
        connection.executemany("INSERT INTO ratings (person_id, film_id, stars) VALUES (?, ?, ?)", rows)
    plan = {"dataset": "ratings", "source": "production", "targets": ["staging"], **plan}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "ratings", refresh="r")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    return refresh.synthetic_table("ratings").read()


@pytest.mark.parametrize("mode", ["synthetic", "reference"])
def test_good_films_stay_good_in_generated_rows(tmp_path: Path, mode: str) -> None:
    films = {"mode": mode} if mode == "synthetic" else {"mode": mode, "because": "a public list"}
    made = _made(tmp_path, {"tables": {"films": films}})
    means = made.group_by("film_id").agg(pl.col("stars").mean(), pl.len()).filter(pl.col("len") >= 20)["stars"]
    # Without tendencies, means of 60 ratings would lie 0.15 apart.
    assert 0.6 < float(means.std() or 0) < 1.1
