"""Keys of a label and a time: every label once at a time, about as often as in the source."""

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.model import Column, DataType, Key, Kind, Table
from synth_assets.synthesize.relational.families.panels import Panel, find_panels, settle

INTEGER, TEXT = DataType(kind=Kind.INTEGER, native="integer"), DataType(kind=Kind.TEXT, native="text")


@pytest.fixture
def league() -> Table:
    return Table(
        name="teams",
        columns=(Column(name="year", type=INTEGER), Column(name="team", type=TEXT), Column(name="wins", type=INTEGER)),
        primary_key=Key(columns=("year", "team")),
    )


def seasons() -> pl.DataFrame:
    """T0 to T9 play from 1900 to 1949, T10 to T19 from 1930 to 1979, and one team twice only."""
    rows = [(year, f"T{team}") for team in range(10) for year in range(1900, 1950)]
    rows += [(year, f"T{team}") for team in range(10, 20) for year in range(1930, 1980)]
    return pl.DataFrame([*rows, (1905, "rare"), (1906, "rare")], schema=["year", "team"], orient="row")


def test_what_few_rows_share_is_not_known(league: Table) -> None:
    (panel,) = find_panels(league, seasons(), ["team"], min_group=10)
    assert (panel.label, panel.time) == ("team", "year")
    assert "rare" not in panel.labels
    spans = dict(zip(panel.labels, zip(panel.earliest, panel.latest, strict=True), strict=True))
    assert spans["T3"] == (1909, 1940)
    assert find_panels(league, seasons(), [], min_group=10) == ()


def test_siblings_keep_a_label_that_nobody_else_has(league: Table) -> None:
    (panel,) = find_panels(league, seasons(), ["team"], min_group=10)
    rng = np.random.default_rng(0)
    # Twenty clubs that drew their names as they liked: many are taken by two at a time.
    families = np.repeat(np.arange(20), 50)
    year = np.concatenate([np.arange(1900, 1950) if club < 10 else np.arange(1930, 1980) for club in range(20)])
    drawn = np.repeat(rng.integers(0, 5, 20), 50)
    rows = pl.DataFrame({"year": year, "team": [f"T{team}" for team in drawn]})
    assert rows.is_duplicated().any()
    made = settle(rows, panel, families)
    assert not made.is_duplicated().any()
    assert made.with_columns(family=families).group_by("family").agg(pl.col("team").n_unique())["team"].max() == 1
    early = made.filter(pl.Series(families < 10))["team"].unique()
    assert set(early) == {f"T{team}" for team in range(10)}


def test_rows_by_themselves_take_what_is_free_and_keep_what_is_not_known(league: Table) -> None:
    panel = Panel(label="team", time="year", labels=("A", "B"), shares=(0.5, 0.5), earliest=(0, 0), latest=(9, 9))
    rows = pl.DataFrame({"year": [1, 1, 1, 2], "team": ["A", "A", "other", "B"]})
    made = settle(rows, panel, None)["team"].to_list()
    assert sorted(made[:2]) == ["A", "B"]
    assert made[2:] == ["other", "B"]
