"""Attacks on rows: what they find of copies, and that they find nothing where there is nothing."""

import numpy as np
import polars as pl
import pytest

from synth_assets.statistics.combinations import Coarse, copied, reidentify
from synth_assets.statistics.disclosure import Attacked, Disclosure, measure_disclosure
from synth_assets.statistics.neighbours import Neighbours
from synth_assets.statistics.rates import Gap, amplification, gap
from tests.validate.sources import ENTITY, SOURCES, leak, split

ADVANTAGES = ("identity", "attribute", "near_copies", "rare_near_copies", "combinations")


def disclosed(name: str, share: float, seed: int) -> Disclosure:
    rng = np.random.default_rng(seed)
    of = split(SOURCES[name](rng), rng=rng)
    columns = [c for c in of.training.columns if c != ENTITY]
    rows = Attacked.of(
        of.training.select(columns),
        of.held_out.select(columns),
        leak(of, share, rng=rng).select(columns),
        columns=columns,
        entities=(of.training[ENTITY].to_numpy(), of.held_out[ENTITY].to_numpy()),
    )
    return measure_disclosure(rows, quasi_identifiers=(), sensitive=(), min_group=10, rng=rng)


@pytest.mark.parametrize("name", ["people", "children", "pairs", "awards", "seats"])
def test_honest_rows_disclose_nothing_whatever_the_source(name: str) -> None:
    alarms = 0
    for seed in range(3):
        found = disclosed(name, 0.0, seed)
        lower = [one.lower for kind in ADVANTAGES if (one := getattr(found, kind))]
        alarms += any(bound > 0.01 for bound in lower)
        alarms += max(found.density.auc.lower, found.ratio.auc.lower) > 0.55
    assert alarms <= 1


def test_copies_are_disclosed_by_every_attack() -> None:
    found = disclosed("people", 0.5, 0)
    for kind in ADVANTAGES:
        advantage = getattr(found, kind)
        assert advantage is not None
        assert 0.05 < advantage.lower < advantage.value < advantage.upper, kind
    for attack in (found.density, found.ratio):
        assert attack.auc.lower > 0.6
        assert attack.true_positives.lower > 0.2
    assert max(one.value for one in found.by_column.values() if one) > 0.3


def test_rows_of_one_column_or_entity_tell_nothing() -> None:
    frame = pl.DataFrame({"a": range(100)})
    alone = np.zeros(100, dtype=np.int64)
    rows = Attacked.of(frame, frame, frame, columns=["a"], entities=(alone, alone))
    found = measure_disclosure(rows, quasi_identifiers=(), sensitive=(), min_group=10, rng=np.random.default_rng(0))
    assert all(getattr(found, kind) is None for kind in ADVANTAGES)


def test_who_is_alone_with_what_is_known_is_found_by_a_row_that_has_the_rest_right() -> None:
    source = np.array([[1, 1, 5, 6, 7, 8], [2, 2, 5, 6, 7, 8], [3, 3, 5, 6, 7, 8], [3, 3, 1, 1, 1, 1]])
    right, wrong = [1, 1, 5, 6, 7, 0], [2, 2, 5, 6, 0, 0]
    found = reidentify(Coarse(source, np.array([right, wrong, [3, 3, 5, 6, 7, 8]]), np.zeros(6)), [(0, 1)])
    assert found.claims.tolist() == [1, 1, 0, 0]  # two rows share 3, 3
    assert found.gains.tolist() == [1, 0, 0, 0]  # three quarters of the rest, and half of it


def test_rare_combinations_count_once_however_many_rows_share_them() -> None:
    source = np.array([[1, 1, 0]] * 2 + [[2, 2, 0]] * 10 + [[3, 3, 0]])
    found = copied(Coarse(source, np.array([[1, 1, 9], [2, 2, 9]]), np.zeros(3)), [(0, 1)], min_group=10)
    assert found.claims.sum() == pytest.approx(2)
    assert found.gains.sum() == pytest.approx(1)


def test_a_near_copy_is_nearer_than_any_other_source_row() -> None:
    source = np.array([[0.0], [0.1], [0.5], [0.5]], dtype=np.float32)
    made = np.array([[0.01], [0.15], [0.5]], dtype=np.float32)
    found = Neighbours.of(source, source, made, rng=np.random.default_rng(0)).near_copies()
    assert found.claims.tolist() == [1, 1, 0, 0]  # twins are nobody's
    assert found.gains.tolist() == [1, 0, 0, 0]


def test_a_gap_is_wider_only_beyond_what_chance_gives() -> None:
    rng = np.random.default_rng(0)
    group = np.arange(2000) < 1000
    clusters = np.arange(2000)

    def drawn(first: float, second: float) -> Gap:
        found = gap(group, rng.random(2000) < np.where(group, first, second), clusters)
        assert found is not None
        return found

    assert drawn(0.5, 0.3).gap == pytest.approx(0.2, abs=4 * drawn(0.5, 0.3).error)
    alarms = sum(amplification(drawn(0.5, 0.4), drawn(0.5, 0.4), comparisons=4)[1] > 0.02 for _ in range(200))
    assert alarms <= 1
    assert amplification(drawn(0.5, 0.4), drawn(0.7, 0.3), comparisons=4)[1] > 0.1
    assert gap(np.ones(5, dtype=bool), np.ones(5), np.arange(5)) is None


def test_rows_of_one_cluster_count_as_one_draw() -> None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(100), 20)
    group, outcome = (owner < 50), (rng.random(100) < 0.5)[owner]
    by_row, by_owner = gap(group, outcome, np.arange(2000)), gap(group, outcome, owner)
    assert by_row is not None and by_owner is not None
    assert by_owner.error > 3 * by_row.error
