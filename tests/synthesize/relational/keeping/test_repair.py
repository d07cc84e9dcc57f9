"""Combinations that may occur once only."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.model import Catalog, Column, DataType, ForeignKey, Key, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, ResolvedPlan, Role, TableDecision, Treatment
from synth_assets.synthesize.relational.keeping.repair import Repair, make_unique
from synth_assets.synthesize.relational.structure import TableStructure, table_structures

INTEGER, TEXT = DataType(kind=Kind.INTEGER, native="integer"), DataType(kind=Kind.TEXT, native="text")


@pytest.fixture
def season() -> TableStructure:
    """A player's seasons: the year is in the primary key, and with the team in a key to a further parent."""
    columns = {
        "players": {"player": INTEGER},
        "teams": {"year": INTEGER, "team": TEXT},
        "seasons": {"player": INTEGER, "year": INTEGER, "team": TEXT},
    }
    keys = {"players": ("player",), "teams": ("year", "team"), "seasons": ("player", "year")}
    foreign_keys = {
        "seasons": (
            ForeignKey(columns=("player",), parent="players", parent_columns=("player",)),
            ForeignKey(columns=("year", "team"), parent="teams", parent_columns=("year", "team")),
        )
    }
    roles = {("players", "player"): Role.KEY, ("teams", "year"): Role.VALUE, ("teams", "team"): Role.KEY}
    catalog = Catalog(
        dialect="postgresql",
        tables=tuple(
            Table(
                name=name,
                columns=tuple(Column(name=c, type=t, nullable=False) for c, t in columns[name].items()),
                primary_key=Key(columns=keys[name]),
                foreign_keys=foreign_keys.get(name, ()),
            )
            for name in sorted(columns)
        ),
    )
    decisions = [
        TableDecision(
            name=name,
            mode=Mode.SYNTHETIC,
            columns=tuple(
                ColumnDecision(
                    name=column,
                    treatment=Treatment.LEARN,
                    role=roles.get((name, column), Role.REFERENCE),
                    decided_by=DecidedBy.CATALOG,
                    reason="A test.",
                )
                for column in columns[name]
            ),
        )
        for name in sorted(columns)
    ]
    plan = ResolvedPlan(dataset="league", tables=tuple(decisions), foreign_keys=foreign_keys)
    return table_structures(catalog, plan, {"players": 100, "teams": 100, "seasons": 400})[0]["seasons"]


def test_a_carried_column_is_made_unique_before_the_rest_of_its_key_is_there(season: TableStructure) -> None:
    assert season.looked_up_by == ("year",)
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"player": np.repeat(np.arange(100), 4), "year": rng.integers(1900, 1950, 400)})
    repair = Repair(structure=season, ordinals=())
    assert repair.sets(rows.columns) == [("player", "year")]
    assert rows.is_duplicated().any()
    unique, left = make_unique(rows, repair, rng=rng)
    assert not unique.is_duplicated().any()
    assert unique.height == len(left) == rows.height
    assert sorted(unique["year"]) == sorted(rows["year"])


def test_rows_whose_key_is_learned_as_a_whole_move_to_a_nearby_year(season: TableStructure) -> None:
    """Swapping the whole key would leave as many repeated ones as before."""
    table = season.table.model_copy(update={"primary_key": Key(columns=("year", "team"))})
    learned = [
        column.model_copy(update={"role": Role.VALUE if column.name in ("year", "team") else column.role})
        for column in season.decision.columns
    ]
    decision = season.decision.model_copy(update={"columns": tuple(learned)})
    structure = replace(season, table=table, decision=decision, further=())
    rng = np.random.default_rng(0)
    teams = np.array([f"T{number:02}" for number in range(30)])
    rows = pl.DataFrame({"year": rng.integers(1900, 2000, 1200), "team": rng.choice(teams, 1200)})
    repeats = rows.height - rows.unique().height
    assert repeats > 100
    repair = Repair(structure=structure, ordinals=())
    unique, left = make_unique(rows, repair, rng=rng)
    assert len(left) == unique.height == rows.height
    assert not unique.is_duplicated().any()
    assert sorted(unique["year"]) == sorted(rows["year"])
    assert unique["team"].equals(rows["team"])
    moved = (unique["year"] - rows["year"]).abs()
    assert (moved > 0).sum() < 3 * repeats
    assert moved.max() < 30


def test_rows_of_one_group_take_the_values_that_are_left(season: TableStructure) -> None:
    """A player has at most two halves of a year; which of them, no other row can give."""
    learned = [
        column.model_copy(update={"role": Role.VALUE if column.name == "team" else column.role})
        for column in season.decision.columns
    ]
    table = season.table.model_copy(update={"primary_key": Key(columns=("player", "team"))})
    structure = replace(
        season, table=table, decision=season.decision.model_copy(update={"columns": tuple(learned)}), further=()
    )
    rng = np.random.default_rng(0)
    halves = pl.DataFrame({"player": np.repeat(np.arange(100), 2), "team": rng.choice(["1", "2"], 200)})
    unique, left = make_unique(halves, Repair(structure=structure, ordinals=()), rng=rng)
    assert len(left) == unique.height == 200
    three = pl.concat([halves, halves[:10]])
    unique, left = make_unique(three, Repair(structure=structure, ordinals=()), rng=rng)
    assert not unique.is_duplicated().any()
    assert unique.height == 200


def test_real_rows_of_a_hybrid_table_stay_and_others_give_way(season: TableStructure) -> None:
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"player": np.repeat(np.arange(100), 4), "year": rng.integers(1900, 1950, 400)})
    # The last two rows of every player are real, and their years differ.
    real = np.tile([False, False, True, True], 100)
    rows = rows.with_columns(
        pl.when(pl.Series(real)).then(1900 + pl.int_range(pl.len()) % 4).otherwise("year").alias("year")
    )
    unique, left = make_unique(rows, Repair(structure=season, ordinals=()), fixed=real, rng=rng)
    assert not unique.is_duplicated().any()
    assert left.tolist() == list(range(400))
    assert unique.filter(real).equals(rows.filter(real))


def test_a_group_that_has_nearly_every_year_takes_those_that_it_lacks(season: TableStructure) -> None:
    rng = np.random.default_rng(0)
    players = np.repeat(np.arange(40), 95)
    years = 1900 + rng.integers(0, 100, len(players))
    rows = pl.DataFrame({"player": players, "year": np.r_[years[:-2], 1900, 1999], "team": "x"})
    made, left = make_unique(rows, Repair(season, ()), rng=rng)
    assert len(left) == rows.height
    assert not made.select("player", "year").is_duplicated().any()
    assert made["year"].min() == 1900
    assert made["year"].max() == 1999


def test_repeated_times_on_a_grid_move_to_other_points_of_it(season: TableStructure) -> None:
    learned = [
        column.model_copy(update={"role": Role.VALUE if column.name == "year" else column.role})
        for column in season.decision.columns
    ]
    structure = replace(season, decision=season.decision.model_copy(update={"columns": tuple(learned)}), further=())
    months = pl.Series("year", [date(2000 + n // 12, n % 12 + 1, 1) for n in range(120)])
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"player": np.repeat(np.arange(20), 60), "year": months.gather(rng.integers(0, 120, 1_200))})
    assert rows.is_duplicated().sum() > 200
    unique, _ = make_unique(rows, Repair(structure=structure, ordinals=()), rng=rng)
    assert not unique.is_duplicated().any() and unique.height == rows.height
    assert (unique["year"].dt.day() == 1).all()
    assert unique["year"].min() == months.min() and unique["year"].max() == months.max()
    # A column that is unique by itself.
    alone = structure.table.model_copy(update={"primary_key": Key(columns=("year",))})
    few = pl.DataFrame({"year": months.gather(rng.integers(0, 120, 90))})
    different, _ = make_unique(few, Repair(structure=replace(structure, table=alone), ordinals=()), rng=rng)
    assert different["year"].n_unique() == 90 and (different["year"].dt.day() == 1).all()
