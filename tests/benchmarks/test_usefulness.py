"""Usefulness: what can be learned from synthetic rows about real ones."""

import numpy as np
import polars as pl
import pytest

from benchmarks.cases.case import Prediction
from benchmarks.figures.usefulness import usefulness

KINDS = {"x": "numerical", "answer": "categorical"}
PREDICTION = Prediction("table", "answer", "yes")


def rows(count: int, *, seed: int, sense: bool = True) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    asked = x if sense else rng.normal(size=count)
    return pl.DataFrame({"x": x, "answer": np.where(asked > 0.3, "yes", "no")})


def test_rows_with_sense_teach() -> None:
    auc = usefulness(rows(1_000, seed=1), rows(1_000, seed=2), KINDS, PREDICTION)
    assert auc is not None
    assert auc > 0.98


def test_rows_without_sense_do_not() -> None:
    auc = usefulness(rows(1_000, seed=1, sense=False), rows(1_000, seed=2), KINDS, PREDICTION)
    assert auc == pytest.approx(0.5, abs=0.1)


def test_rows_of_one_answer_give_no_figure() -> None:
    assert usefulness(rows(100, seed=1).filter(answer="no"), rows(100, seed=2), KINDS, PREDICTION) is None
