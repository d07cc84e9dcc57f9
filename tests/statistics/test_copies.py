"""Exact copies: honest engines pass, whatever coincides by necessity; dishonest ones are stopped."""

import numpy as np
import polars as pl
import pytest

from synth_assets.statistics.copies import Copies, coincidence, count_copied_families, count_copies, own_part
from synth_assets.statistics.row_keys import Families, column_keys, row_keys
from tests.validate import sources
from tests.validate.sources import Split, leak, split

SEEDS = range(10)


def counted(of: Split, synthetic: pl.DataFrame, seed: int = 0) -> Copies:
    columns = [c for c in synthetic.columns if c != sources.ENTITY]
    return count_copies(
        of.training.select(columns),
        of.held_out.select(columns),
        synthetic.select(columns),
        columns=columns,
        entities=(of.training[sources.ENTITY].to_numpy(), of.held_out[sources.ENTITY].to_numpy()),
        min_group=10,
        rng=np.random.default_rng(seed),
    )


def alarms(
    source: str, share: float, *, seeds: range = SEEDS, hold_out: float = 0.1, whole_families: bool = False
) -> int:
    """Of how many engines, one a seed, the copies are more than chance gives."""
    found = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        of = split(sources.SOURCES[source](rng), rng=rng, hold_out=hold_out)
        synthetic = leak(of, share, rng=rng, whole_families=whole_families)
        found += counted(of, synthetic, seed).excess > 0
    return found


@pytest.mark.parametrize("source", sources.SOURCES)
def test_another_sample_of_the_same_distribution_passes(source: str) -> None:
    assert alarms(source, 0.0, seeds=range(12)) == 0


@pytest.mark.parametrize("source", sources.SOURCES)
def test_copied_rows_are_stopped(source: str) -> None:
    assert alarms(source, 1.0) == len(SEEDS)


@pytest.mark.parametrize(
    ("source", "share"),
    [("people", 0.02), ("few_people", 0.05), ("children", 0.1), ("pairs", 0.6), ("seats", 0.4), ("awards", 0.9)],
)
def test_how_small_a_leak_is_stopped(source: str, share: float) -> None:
    assert alarms(source, share) >= len(SEEDS) - 1


def test_copied_families_are_stopped() -> None:
    assert alarms("children", 0.3, whole_families=True) == len(SEEDS)


def families_excess(share: float, seed: int) -> float:
    """Of children without anything telling about a single one of them."""
    rng = np.random.default_rng(seed)
    source = sources.children(rng, families=400, columns=["channel", "year"])
    of = split(source, rng=rng)
    synthetic = leak(of, share, rng=rng, whole_families=True)
    frames = [of.training, of.held_out, synthetic]
    rows = [row_keys(values) for values in column_keys(frames, ["channel", "year"])]
    entities = [frame[sources.ENTITY].to_numpy() for frame in frames]
    families = [Families.of(row, entity, entity) for row, entity in zip(rows, entities, strict=True)]
    found = count_copied_families(*families, min_group=10, rng=rng)
    assert found is not None
    return found.excess


def test_copied_families_of_rows_that_many_share_are_stopped() -> None:
    assert sum(families_excess(0.0, seed) > 0 for seed in range(20)) == 0
    assert sum(families_excess(0.4, seed) > 0 for seed in SEEDS) >= len(SEEDS) - 1


def test_families_come_out_together_more_often_the_more_of_their_rows_were_learned() -> None:
    assert own_part(0.2, 10) < own_part(0.2, 10, 2.0) < own_part(0.2, 10, 3.0)
    assert own_part(0.0, 10, 3.0) == 0.0


def test_families_are_compared_whatever_the_order_of_their_rows() -> None:
    rows = np.array([11, 22, 33, 22, 11, 44, 11, 11, 22], dtype=np.uint64)
    parents = np.array([1, 1, 2, 5, 5, 7, 8, 8, 8])
    found = Families.of(rows, parents, parents * 10)
    assert found.rows.tolist() == [2, 1, 2, 1, 3]
    assert found.keys[0] == found.keys[2]
    assert len(set(found.keys.tolist())) == 4
    assert found.of_several().entities.tolist() == [10, 50, 80]


@pytest.mark.parametrize("source", ["few_people", "awards", "pairs", "calendar"])
def test_without_held_out_rows_an_honest_engine_passes(source: str) -> None:
    assert alarms(source, 0.0, hold_out=0.0, seeds=range(12)) == 0


def test_without_held_out_rows_copies_that_cannot_be_coincidence_are_stopped() -> None:
    assert alarms("few_people", 0.1, hold_out=0.0) >= len(SEEDS) - 1
    assert alarms("children", 0.2, hold_out=0.0) == len(SEEDS)


def test_an_engine_that_must_repeat_what_is_there_is_not_to_blame() -> None:
    """Each combination occurs once in the source: whatever comes out is in it, and held-out rows come out as well."""
    rng = np.random.default_rng(0)
    of = split(sources.awards(rng), rng=rng)
    synthetic = leak(of, 0.0, rng=rng)
    found = counted(of, synthetic)
    assert found.share > 0.4
    assert found.by_held_out
    assert abs(found.training - found.chance) < 0.3
    assert found.excess <= 0


def test_what_many_share_is_no_copy() -> None:
    training = pl.DataFrame({"a": [1] * 90, "b": ["x"] * 90, sources.ENTITY: range(90)})
    of = Split(training, training[:10], training)
    found = counted(of, training)
    assert (found.share, found.training, found.excess) == (0.0, 0.0, -1.0)


def test_null_equals_null_and_types_that_differ_are_compared_as_text() -> None:
    left = pl.DataFrame({"a": ["1", None], "b": [1.5, float("nan")]})
    right = pl.DataFrame({"a": [None, 1], "b": [float("nan"), 1.5]})
    keys = [row_keys(values) for values in column_keys([left, right], ["a", "b"])]
    assert keys[0].tolist() == keys[1][::-1].tolist()


def test_a_row_that_an_exchange_of_one_column_gives_may_come_out_by_coincidence() -> None:
    """Two columns of three values, each pair but once: 9 rows, which 9 draws of the marginals meet so often."""
    grid = pl.DataFrame({"a": [0, 0, 0, 1, 1, 1, 2, 2, 2], "b": [0, 1, 2] * 3})
    values = column_keys([grid], grid.columns)[0]
    everyone, alone = np.zeros(9, dtype=np.int64), np.arange(9)
    targets = np.arange(9)
    found = coincidence(values, alone, targets, synthetic_rows=9, rng=np.random.default_rng(0))
    assert found == pytest.approx(1 - np.exp(-9 * (2 / 9) * (2 / 9)))
    assert coincidence(values, everyone, targets, synthetic_rows=9, rng=np.random.default_rng(0)) == 0.0


def test_a_row_may_come_out_as_much_more_readily_as_its_group_is_larger_by_it() -> None:
    # Nothing comes out by coincidence, so nothing is allowed.
    assert own_part(0.0, 10) == 0.0
    assert own_part(1.0, 10) == 0.0
    # A row that comes out `rate` times on average is there with probability 1 - exp(-rate); the rate is a ninth higher.
    rate = -np.log(1 - 0.4)
    assert own_part(0.4, 10) == pytest.approx((1 - np.exp(-rate * 10 / 9)) - 0.4)
    assert own_part(0.4, 2) > own_part(0.4, 10) > own_part(0.4, 100) > 0


def test_an_engine_that_learns_shares_of_an_exhausted_table_passes() -> None:
    """Each game has every position once: a row that was learned is one that no held-out row equals."""
    stopped = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        places = [(game, league, place) for game in range(90) for league in range(2) for place in range(12)]
        rows = pl.DataFrame(places, schema=["game", "league", "place"], orient="row")
        entity = rng.integers(0, 700, rows.height)
        held = entity < 70
        parts = rows.filter(pl.Series(~held)), rows.filter(pl.Series(held))
        drawn = parts[0][rng.integers(0, parts[0].height, rows.height)]
        synthetic = drawn.select(column.gather(pl.Series(rng.permutation(rows.height))) for column in drawn)
        found = count_copies(
            *parts,
            synthetic,
            columns=rows.columns,
            entities=(entity[~held], entity[held]),
            min_group=10,
            rng=rng,
        )
        stopped += found.excess > 0
    assert stopped == 0
