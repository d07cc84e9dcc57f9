"""Figures of privacy: an engine that gives its training rows back is found, one that does not is not."""

import numpy as np
import polars as pl
import pytest

from benchmarks.figures.privacy import attack, copied_shares, privacy

KINDS = {"x": "numerical", "y": "numerical", "place": "categorical"}


def rows(count: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "x": rng.normal(size=count),
            "y": rng.normal(size=count),
            "place": rng.choice(["north", "south"], count),
        }
    )


def test_an_engine_that_copies_is_found() -> None:
    training = rows(1_000, seed=1)
    found = privacy(training, rows(1_000, seed=2), training, KINDS, rng=np.random.default_rng(0))
    assert found.copies == 1.0
    assert found.copies_holdout == 0.0
    assert found.distances is not None
    assert found.distances.dcr_share > 0.95
    assert found.distances.mia_auc > 0.95
    assert found.distances.tpr_1fpr > 0.9


def test_rows_of_the_same_origin_tell_nothing() -> None:
    found = privacy(rows(1_500, seed=1), rows(1_500, seed=2), rows(1_500, seed=3), KINDS, rng=np.random.default_rng(0))
    assert found.distances is not None
    assert found.distances.dcr_share == pytest.approx(0.5, abs=0.04)
    assert found.distances.mia_auc == pytest.approx(0.5, abs=0.04)
    assert found.c2st_holdout == pytest.approx(0.5, abs=0.05)


def test_without_held_out_rows_only_copies_are_counted() -> None:
    training = rows(100, seed=1)
    found = privacy(training, None, training.head(50), KINDS, rng=np.random.default_rng(0))
    assert found.copies == 1.0
    assert found.distances is None
    assert found.c2st_holdout is None


def test_empty_cells_equal_each_other() -> None:
    training = pl.DataFrame({"x": [1, None, 3], "y": ["a", "b", None]})
    asked = pl.DataFrame({"x": [None, 1, 3], "y": ["b", "b", None]})
    assert copied_shares(training, [asked], ["x", "y"]) == [pytest.approx(2 / 3)]


def test_an_attack_that_sorts_perfectly_finds_everybody() -> None:
    assert attack(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == (1.0, 1.0)
