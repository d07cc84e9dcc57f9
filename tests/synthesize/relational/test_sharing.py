"""What rows share that refer to the same rows, given out so that values stay as frequent as they were."""

import numpy as np
import polars as pl

from synth_assets.plan.dependencies import Determined
from synth_assets.synthesize.relational.sharing import settle_shared

MILES = Determined(by=("origin", "dest"), column="miles")
FREQUENT = pl.DataFrame({"value": [100, 200, 300, 2_000], "rows": [400, 300, 200, 100]})


def drawn(rows: int = 5_000) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    dest = rng.integers(0, 60, rows)
    miles = np.where(dest < 50, rng.choice([100, 200, 300], rows), 2_000)
    return pl.DataFrame({"origin": rng.integers(0, 3, rows), "dest": dest, "miles": miles})


def settled(rows: pl.DataFrame, frequent: pl.DataFrame | None) -> pl.DataFrame:
    return settle_shared(rows, MILES, frequent, np.random.default_rng(0))


def test_rows_of_the_same_parents_share_one_value() -> None:
    for frequent in (FREQUENT, None):
        made = settled(drawn(), frequent).group_by("origin", "dest").agg(pl.col("miles").n_unique())
        assert made["miles"].max() == 1


def test_values_become_as_frequent_as_they_were() -> None:
    made = settled(drawn(), FREQUENT)["miles"].value_counts(normalize=True).sort("miles")
    assert np.abs(made["proportion"].to_numpy() - [0.4, 0.3, 0.2, 0.1]).max() < 0.03


def test_a_large_group_keeps_what_it_has_drawn() -> None:
    rows = drawn()
    made = settled(rows, FREQUENT)
    far = rows["dest"] >= 50
    assert made.filter(far)["miles"].mode().to_list() == [2_000]


def test_rows_that_know_no_parent_keep_what_they_have() -> None:
    rows = drawn().with_columns(pl.when(pl.col("dest") == 5).then(None).otherwise("dest").alias("dest"))
    made = settled(rows, FREQUENT)
    assert made.filter(pl.col("dest").is_null())["miles"].equals(rows.filter(pl.col("dest").is_null())["miles"])


def test_values_that_are_not_frequent_are_settled_too() -> None:
    rng = np.random.default_rng(3)
    rows = drawn().with_columns(miles=pl.Series(rng.integers(5_000, 9_000, 5_000)))
    assert settled(rows, FREQUENT).group_by("origin", "dest").agg(pl.col("miles").n_unique())["miles"].max() == 1
