"""Labels that are mostly those of the row before: they stay, and become what goes with the rest of the row."""

import numpy as np
import polars as pl

from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, Following, TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

FAMILIES, LENGTH = 200, 15


def following(*names: str) -> Following:
    return Following(previous={f"previous {name}": name for name in names}, means={}, stays={})


def learned(real: pl.DataFrame, *names: str, min_group: int = 10) -> TreesSynthesizer:
    """From the later rows of families, each told what the one before was."""
    told = real.with_columns(pl.col(name).shift(1).over("family").alias(f"previous {name}") for name in names)
    steps = told.filter(pl.int_range(pl.len()).over("family") > 0)
    context = steps.select(f"previous {name}" for name in names)
    specs = tuple(
        ColumnSpec(name, ColumnKind.CATEGORY, nullable=real[name].null_count() > 0, stays=f"previous {name}")
        for name in names
    )
    table = TableSpec("t", specs, min_group, before={f"previous {name}": name for name in names})
    model = TreesSynthesizer()
    model.fit(steps.select(names), table=table, context=context, seed=0)
    return model


def drawn(model: TreesSynthesizer, real: pl.DataFrame, *names: str) -> pl.DataFrame:
    first = real.group_by("family", maintain_order=True).first()
    rows = model.sample_following(
        first.select(names),
        np.full(FAMILIES, LENGTH, dtype=np.int64),
        context=real.select("family"),
        following=following(*names),
        rng=np.random.default_rng(1),
    )
    return rows.with_columns(real["family"])


def changes(rows: pl.DataFrame, name: str) -> float:
    """The share of later rows with another label than before."""
    other = pl.col(name).ne_missing(pl.col(name).shift(1)).over("family")
    later = rows.select(other, pl.int_range(pl.len()).over("family").alias("position")).filter(pl.col("position") > 0)
    return float(later[name].cast(pl.Float64).mean())  # type: ignore[arg-type]


def clubs() -> pl.DataFrame:
    """A club seldom moves to another town; each town has two grounds of its own, and one is left for the other."""
    rng = np.random.default_rng(0)
    moves = rng.random((FAMILIES, LENGTH)) < 0.05
    towns = np.where(moves, rng.integers(0, 30, moves.shape), -1)
    towns[:, 0] = rng.integers(0, 30, FAMILIES)
    places = np.maximum.accumulate(np.where(towns >= 0, np.arange(LENGTH), 0), axis=1)
    towns = np.take_along_axis(towns, places, axis=1)
    builds = np.cumsum(rng.random(towns.shape) < 0.04, axis=1)
    return pl.DataFrame(
        {
            "family": np.repeat(np.arange(FAMILIES), LENGTH),
            "town": [f"town {town}" for town in towns.ravel()],
            "ground": [f"ground {town}/{built}" for town, built in zip(towns.ravel(), builds.ravel() % 2, strict=True)],
        }
    )


def test_what_changes_goes_with_the_rest_of_the_row() -> None:
    real = clubs()
    rows = drawn(learned(real, "town", "ground"), real, "town", "ground")
    of_town = rows["ground"].str.extract(r"ground (\d+)/") == rows["town"].str.extract(r"town (\d+)")
    # A few hundred rows begin a ground, one of sixty: what they say alone would be right by chance.
    assert of_town.mean() > 0.97
    assert abs(changes(rows, "ground") - changes(real, "ground")) < 0.02


def test_what_follows_what_is_learned_from_the_rows_that_change() -> None:
    """An order's states: in all rows together each goes with all, and only the row before says which one is next."""
    rng = np.random.default_rng(0)
    state = np.cumsum(rng.random((FAMILIES, LENGTH)) < 0.4, axis=1) + rng.integers(0, 12, FAMILIES)[:, None]
    names = np.array([f"state {number}" for number in range(12)])
    real = pl.DataFrame({"family": np.repeat(np.arange(FAMILIES), LENGTH), "state": names[state.ravel() % 12]})
    rows = drawn(learned(real, "state"), real, "state")
    number = pl.col("state").str.extract(r"(\d+)").cast(pl.Int64)
    steps = rows.select((number - number.shift(1)).over("family") % 12).to_series().drop_nulls()
    assert steps.is_in([0, 1]).mean() > 0.9
    assert abs(changes(rows, "state") - changes(real, "state")) < 0.05


def test_a_label_that_few_rows_share_stays_and_comes_out_nowhere_else() -> None:
    real = clubs().with_columns(
        pl.when(pl.col("family") < 3).then(pl.lit("Atlantis")).otherwise(pl.col("town")).alias("town")
    )
    rows = drawn(learned(real, "town", min_group=50), real, "town")
    assert set(rows.filter(pl.col("town") == "Atlantis")["family"]) == {0, 1, 2}
    assert rows["town"].eq("Atlantis").sum() > 10


def test_nulls_stay_too() -> None:
    real = clubs().with_columns(
        pl.when(pl.col("town") == "town 3").then(None).otherwise(pl.col("ground")).alias("ground")
    )
    rows = drawn(learned(real, "town", "ground"), real, "town", "ground")
    assert rows.filter(pl.col("town") == "town 3")["ground"].null_count() > 0
    assert rows.filter(pl.col("ground").is_null())["town"].eq("town 3").mean() > 0.95
    assert rows.filter(pl.col("town") == "town 3")["ground"].is_null().mean() > 0.95


def test_a_saved_model_draws_the_same() -> None:
    real = clubs()
    model = learned(real, "town", "ground")
    store = Store("memory://staying", key=b"k" * 32)
    with store.create(ArtifactKey("t", "synthesizer", None, "00"), refresh="r") as draft:
        model.save(draft.folder)
    loaded = TreesSynthesizer.load(draft.artifact.folder)
    assert drawn(loaded, real, "town", "ground").equals(drawn(model, real, "town", "ground"))


def test_rows_may_be_drawn_beside_those_before_them() -> None:
    """One row at a time, its forerunner known: as sample() does for every column."""
    real = clubs()
    model = learned(real, "town", "ground")
    before = pl.DataFrame({"previous town": ["town 3"] * 400, "previous ground": ["ground 3/0"] * 400})
    rows = model.sample(400, context=before, given=None, rng=np.random.default_rng(2))
    assert 0.85 < rows["ground"].eq("ground 3/0").mean() < 0.99
    given = model.sample(400, context=before, given=rows.select("ground"), rng=np.random.default_rng(3))
    assert given["ground"].equals(rows["ground"])
