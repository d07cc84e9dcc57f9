"""The tables of the privacy benchmark, cut by whole entities into a source and another part."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.cases.adult import adult
from benchmarks.cases.case import Places
from benchmarks.lahman_database import read_tables

ENTITY = "entity"
HOLD_OUT = 0.1


@dataclass(frozen=True)
class Case:
    """A table, what its rows hang on (nothing: each is an entity of its own), and which columns are not learned.

    `rows` is about how many rows to draw anew for each seed; None takes all.
    """

    table: str
    entity: tuple[str, ...] = ()
    not_learned: tuple[str, ...] = ()
    rows: int | None = None


_SEASON = ("yearID", "teamID")
_NAMES = ("ID", "playerID", "birthCity", "deathCity", "nameFirst", "nameLast", "nameGiven", "bbrefID", "retroID")
CASES: Mapping[str, Case] = {
    "AllstarFull": Case("AllstarFull", _SEASON, ("playerID", *_SEASON)),
    "AwardsManagers": Case("AwardsManagers", ("playerID",), ("playerID",)),
    "Batting": Case("Batting", ("playerID",), ("playerID", *_SEASON), 30_000),
    "CollegePlaying": Case("CollegePlaying", ("playerID",), ("playerID", "schoolID")),
    "HallOfFame": Case("HallOfFame", ("playerID",), ("playerID",)),
    "HomeGames": Case("HomeGames", ("yearkey", "teamkey"), ("yearkey", "teamkey", "parkkey")),
    "Managers": Case("Managers", _SEASON, ("playerID", *_SEASON)),
    "People": Case("People", (), _NAMES, 12_000),
    "People, 450": Case("People", (), _NAMES, 450),
    "People, 150": Case("People", (), _NAMES, 150),
    "Salaries": Case("Salaries", _SEASON, ("playerID", *_SEASON)),
    "SeriesPost": Case("SeriesPost", (), ("teamIDwinner", "teamIDloser")),
    "Teams": Case("Teams", (), ("franchID",)),
}
ADULT = Case("Adult")


def read_case(name: str, adult_folder: Path | None) -> tuple[Case, pl.DataFrame]:
    """A table with what is known of it.

    Raises:
        CaseUnavailable: It is Adult, and nobody said where the rows are.
    """
    if name == ADULT.table:
        return ADULT, adult(Places(adult=adult_folder)).frames["adult"]
    return CASES[name], read_tables()[CASES[name].table]


@dataclass(frozen=True)
class Parts:
    training: pl.DataFrame
    held_out: pl.DataFrame
    other: pl.DataFrame


def parts(frame: pl.DataFrame, case: Case, rng: np.random.Generator) -> Parts:
    """The table cut by whole entities at random: source and another part, half each."""
    learned = [c for c in frame.columns if c not in case.not_learned]
    numbers = pl.struct(case.entity).rank("dense").cast(pl.Int64) if case.entity else pl.int_range(pl.len())
    numbered = frame.with_columns(numbers.alias(ENTITY)).select(*learned, ENTITY)
    entities = rng.permutation(numbered[ENTITY].unique(maintain_order=True).to_numpy())
    if case.rows:
        entities = entities[: round(len(entities) * case.rows / frame.height)]
    half, held = len(entities) // 2, round(len(entities) / 2 * HOLD_OUT)
    cut = (entities[held:half], entities[:held], entities[half:])
    return Parts(*(numbered.filter(pl.col(ENTITY).is_in(chosen.tolist())) for chosen in cut))
