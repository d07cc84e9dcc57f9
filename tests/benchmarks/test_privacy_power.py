"""The privacy benchmark: engines that leak are stopped, real rows that no engine saw are not."""

import numpy as np
import polars as pl
import pytest

from benchmarks.privacy.checks import checked
from benchmarks.privacy.engines import REAL, made
from benchmarks.privacy.rows import Case, Parts, parts


@pytest.fixture(scope="module")
def cut() -> Parts:
    rng = np.random.default_rng(0)
    rows = 2400
    age = rng.integers(18, 80, rows)
    people = pl.DataFrame(
        {
            "age": age,
            "height": np.round(rng.normal(170, 10, rows), 1),
            "income": np.round(rng.lognormal(10, 0.4, rows) * (1 + age / 60), 2),
            "region": rng.choice(["north", "south", "east"], rows),
        }
    )
    return parts(people, Case("people"), rng)


@pytest.mark.parametrize(
    ("engine", "stopped"),
    [(REAL, False), ("copies 100 %", True), ("noise 100 %", True), ("rare rows", True)],
)
def test_what_leaks_is_stopped(cut: Parts, engine: str, stopped: bool) -> None:
    synthetic = made(engine, cut, seed=0, rng=np.random.default_rng(1))
    assert synthetic is not None
    failed = {check.name for check in checked(cut, synthetic, seed=0) if not check.passed}
    assert bool(failed) is stopped
