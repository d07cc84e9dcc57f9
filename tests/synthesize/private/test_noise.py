"""The noise: its distribution, where its randomness comes from, and how exact it is."""

import itertools
import os

import numpy as np
import pytest
from scipy.stats import chisquare

from synth_assets.synthesize.private import noise as noise_module
from synth_assets.synthesize.private.errors import NoiseTooWide
from synth_assets.synthesize.private.noise import Noise, thresholds


def chances(deviation: float) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that come out, and how likely each is by the table."""
    table = thresholds(deviation).astype(object)
    ends = [0, *table, 2**64]
    numbers = np.arange(len(table) + 1) - len(table) // 2
    return numbers, np.array([float((b - a) / 2**64) for a, b in itertools.pairwise(ends)])


@pytest.mark.parametrize("deviation", [0.3, 1.0, 7.77, 150.0])
def test_the_table_is_the_discrete_gaussian(deviation: float) -> None:
    numbers, found = chances(deviation)
    weights = np.exp(-(numbers.astype(float) ** 2) / (2 * deviation**2))

    assert found == pytest.approx(weights / weights.sum(), abs=1e-15)
    assert found[0] < 1e-20
    # Symmetric: the noise moves nothing in the mean.
    assert float(numbers @ found) == pytest.approx(0.0, abs=1e-12)
    # Wide enough, its variance is that of the Gaussian (Canonne, Kamath and Steinke 2020, corollary 9: never above).
    assert float(numbers.astype(float) ** 2 @ found) <= deviation**2 * (1 + 1e-12)


def test_draws_follow_the_distribution() -> None:
    drawn = Noise(allowance=1e-6).added_to(np.zeros(200_000, dtype=np.int64), 4.0)
    numbers, expected = chances(4.0)
    common = np.abs(numbers) <= 14
    counts = np.array([(drawn == number).sum() for number in numbers[common]])
    rest = 200_000 - counts.sum()
    share = expected[common]

    result = chisquare([*counts, rest], 200_000 * np.array([*share, 1 - share.sum()]))

    assert result.pvalue > 1e-7
    assert np.corrcoef(drawn[:-1], drawn[1:])[0, 1] == pytest.approx(0.0, abs=0.02)


def test_noise_comes_from_the_operating_system_only(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.arange(50, dtype=np.int64)
    np.random.seed(1)
    first = Noise(allowance=1e-6).added_to(counts, 30.0)
    np.random.seed(1)
    again = Noise(allowance=1e-6).added_to(counts, 30.0)
    assert (first != again).any()

    monkeypatch.setattr(os, "urandom", lambda size: b"\x00" * 7 + b"\x80" + b"\x00" * (size - 8))
    known = Noise(allowance=1e-6).added_to(counts, 30.0) - counts
    assert known[0] == 0
    assert (known[1:] == known[1]).all()
    assert known[1] < -8 * 30


def test_noise_that_cannot_be_drawn_exactly_enough_is_refused() -> None:
    noise = Noise(allowance=1e-15)
    noise.added_to(np.zeros(10, dtype=np.int64), 1.0)
    with pytest.raises(NoiseTooWide, match="too wide"):
        noise.added_to(np.zeros(1000, dtype=np.int64), 100.0)


def test_shapes_are_kept() -> None:
    counts = np.zeros((3, 4), dtype=np.int64)
    assert noise_module.Noise(allowance=1e-6).added_to(counts, 1.0).shape == (3, 4)
