"""The permutation test over entities."""

import numpy as np
import pytest

from synth_assets.statistics.distances import membership_attack
from synth_assets.statistics.exchange import exchange_test


def excess(training: np.ndarray, held_out: np.ndarray, entities: tuple[np.ndarray, np.ndarray], seed: int) -> float:
    claims = np.ones(len(training)), np.ones(len(held_out))
    found = exchange_test((training, held_out), claims, entities, rng=np.random.default_rng(seed))
    assert found is not None
    return found.training - found.held_out - found.by_chance


@pytest.mark.parametrize("entities", [60, 2044, 7003])
@pytest.mark.parametrize("share", [0.005, 0.3])
def test_gains_that_do_not_ask_who_was_held_out_pass(entities: int, share: float) -> None:
    """Also where entities are bundled and do not fill their bundles; gains come a whole entity at a time."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        size = rng.geometric(0.3, entities)
        owner, held = np.repeat(np.arange(entities), size), np.arange(entities) < entities // 10
        gains = (rng.random(entities) < share).astype(float)[owner]
        sides = gains[~held[owner]], gains[held[owner]]
        alarms += excess(*sides, (owner[~held[owner]], owner[held[owner]]), seed) > 0
    assert alarms <= 1


def test_gains_of_training_rows_alone_are_found() -> None:
    training, held_out = np.arange(900) % 10 == 0, np.zeros(100)
    assert excess(training.astype(float), held_out, (np.arange(900), np.arange(100)), 0) > 0
    few = np.arange(900) // 180, np.arange(100) // 20  # 5 entities a side, one of them with all gains
    of_one = (np.arange(900) < 90).astype(float)
    claims = np.ones(900), np.ones(100)
    found = exchange_test((of_one, held_out), claims, few, rng=np.random.default_rng(0), level=0.01)
    assert found is not None
    assert found.training - found.held_out <= found.by_chance


def test_too_few_entities_tell_nothing() -> None:
    gains, claims = (np.ones(50), np.zeros(1)), (np.ones(50), np.ones(1))
    assert exchange_test(gains, claims, (np.arange(50), np.arange(1)), rng=np.random.default_rng(0)) is None


def test_a_membership_attack_on_few_held_out_rows_raises_no_false_alarm() -> None:
    """1 % of 60 held-out rows is the farthest of them: how far that is, chance says."""
    alarms = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        training, held_out, synthetic = (rng.random((n, 4)).astype(np.float32) for n in (540, 60, 600))
        of = np.arange(540), np.arange(60)
        honest = membership_attack(training, held_out, synthetic, entities=of, rng=rng)
        alarms += (honest.true_positives.lower > 0.05) + (honest.auc.lower > 0.55)
        noise = rng.normal(scale=1e-3, size=training.shape).astype(np.float32)
        assert membership_attack(training, held_out, training + noise, entities=of, rng=rng).true_positives.lower > 0.5
    assert alarms <= 1
