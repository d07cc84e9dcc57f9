"""What sampling alone takes from a similarity."""

import numpy as np
import pytest

from synth_assets.statistics.encoding import Side
from synth_assets.statistics.noise import sampling_noise
from synth_assets.statistics.shape import number_similarity


def measure(left: Side, right: Side) -> float | None:
    return number_similarity(left.values[0], right.values[0])


def noise(values: np.ndarray, families: np.ndarray | None = None) -> float:
    return sampling_noise(
        measure, Side((values,), len(values)), len(values), rng=np.random.default_rng(0), repeats=9, families=families
    )


def test_more_rows_less_noise() -> None:
    values = np.random.default_rng(1).normal(size=16_000)
    assert noise(values) == pytest.approx(noise(values[:1000]) / 4, rel=0.3)


def test_rows_that_are_alike_within_a_family_count_as_one() -> None:
    families = np.repeat(np.arange(50), 40)
    alike = np.random.default_rng(1).normal(size=50)[families]
    assert noise(alike, families) > 3 * noise(alike)


def test_families_of_unlike_rows_change_nothing() -> None:
    values = np.random.default_rng(1).normal(size=4000)
    assert noise(values, np.repeat(np.arange(100), 40)) == pytest.approx(noise(values), rel=0.4)


def test_fewer_families_on_the_other_side_more_noise() -> None:
    families = np.repeat(np.arange(50), 40)
    alike = Side((np.random.default_rng(1).normal(size=50)[families],), len(families))
    of = {
        others: sampling_noise(
            measure,
            alike,
            2_000,
            rng=np.random.default_rng(0),
            repeats=9,
            families=families,
            synthetic_families=others,
        )
        for others in (5, 50)
    }
    assert of[5] == pytest.approx(of[50] * np.sqrt((1 / 50 + 1 / 5) / (2 / 50)))
