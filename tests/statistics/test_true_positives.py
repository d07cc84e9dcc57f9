"""The share of training rows found at 1 % false positives, counted as a reader would count it."""

import numpy as np
import pytest

from synth_assets.statistics.encoding import Array
from synth_assets.statistics.true_positives import TruePositives


def counted(training: Array, held_out: Array) -> float:
    """The bar is the held-out score that 1 % of the others may exceed; of the ties there, what is left of that 1 %."""
    bar = np.quantile(held_out, 0.99, method="higher")
    left = 0.01 - (held_out > bar).mean()
    taken = min(1.0, max(0.0, left / (held_out == bar).mean()))
    return float((training > bar).mean() + taken * (training == bar).mean())


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_as_counted_for_every_draw(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    scores = np.round(rng.normal(size=700), decimals)
    draws = rng.random((40, 700)) < rng.uniform(0.02, 0.8, size=(40, 1))
    found = TruePositives.of(scores)(draws)
    assert found == pytest.approx([counted(scores[~held], scores[held]) for held in draws])


def test_everybody_and_nobody() -> None:
    above = TruePositives.of(np.r_[np.ones(50), np.zeros(200)])
    learned = np.arange(250) < 50
    assert above(~learned) == pytest.approx([1.0])
    assert above(learned) == pytest.approx([0.0])
