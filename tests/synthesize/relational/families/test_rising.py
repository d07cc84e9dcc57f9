"""Numbers that never fall within a family: which are found, and how generated ones are put in order."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.rising import find_rising, without_falls

FAMILIES = 60
EACH = 8


def readings(rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Meters with a reading a day, the same with some missing or one too low, and numbers that fall now and then."""
    steps = rng.integers(0, 5, (FAMILIES, EACH)).cumsum(axis=1) + rng.integers(0, 900, (FAMILIES, 1))
    seldom = np.where(rng.random((FAMILIES, EACH)) < 0.1, -1, 2).cumsum(axis=1)
    reading = steps.ravel()
    rows = pl.DataFrame(
        {
            "day": np.tile(np.arange(EACH), FAMILIES),
            "reading": reading,
            "known": pl.Series(reading).set(pl.Series(rng.random(len(reading)) < 0.3), None),
            "nearly": pl.Series(reading).scatter(5, -1),
            "seldom": seldom.ravel(),
        }
    )
    shuffled = rng.permutation(rows.height)
    return rows[shuffled], np.repeat(np.arange(FAMILIES), EACH)[shuffled]


def found(rows: pl.DataFrame, families: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[str, ...]:
    arranged = Arranged.by(families, rows["day"])
    names = [name for name in rows.columns if name != "day"]
    return find_rising(rows, rows["day"], order=arranged.order, follows=arranged.position > 0, among=names)


def test_one_fall_is_enough_and_missing_numbers_are_looked_beyond() -> None:
    rows, families = readings(np.random.default_rng(0))
    assert found(rows, families) == ("reading", "known")


def test_what_few_rows_say_may_be_luck() -> None:
    rows, families = readings(np.random.default_rng(0))
    few = families < 12
    assert found(rows.filter(pl.Series(few)), families[few]) == ()


def test_rows_of_one_moment_may_stand_in_any_order() -> None:
    rows, families = readings(np.random.default_rng(0))
    moment = rows.with_columns(pl.col("day") // 2)
    within = Arranged.by(families, moment["day"])
    steps = moment["reading"].gather(within.order).diff().filter(pl.Series(within.position > 0))
    assert (steps < 0).any()
    arranged = within.order, within.position > 0
    assert "reading" in find_rising(moment, moment["day"], order=arranged[0], follows=arranged[1], among=["reading"])


def test_numbers_that_fall_are_put_in_order_within_their_family() -> None:
    rng = np.random.default_rng(1)
    families = np.repeat([-1, 4, 4, 2], [1, 3, 2, 5])
    rows = pl.DataFrame(
        {"a": rng.permutation(11), "b": pl.Series([1, 9, None, 3, 5, 4, 2, None, 1, 7, 6]), "c": range(11)}
    )
    kept = without_falls(rows, families, ["a", "b"])
    assert kept["b"].to_list() == [1, 3, None, 4, 5, 9, 1, None, 2, 6, 7]
    for family in (-1, 4, 2):
        here = pl.Series(families == family)
        assert kept["a"].filter(here).to_list() == sorted(rows["a"].filter(here).to_list())
    assert kept["c"].equals(rows["c"])
    assert without_falls(kept, families, ["a", "b"]).equals(kept)
    assert without_falls(rows.clear(), families[:0], ["a"]).equals(rows.clear())
