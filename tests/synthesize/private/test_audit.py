"""A statistical audit: an attacker who sees every noisy count must not tell two neighbouring tables apart too well.

Learning is run many times on a table and on one with an entity more. From how often the best test (Neyman and Pearson)
is right follows, with confidence, an epsilon that was at least given away (Jagielski et al., "Auditing differentially
private machine learning", 2020). It must lie below what is promised, and above it as soon as the noise is too small.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta

from synth_assets.plan.domain import Labels
from synth_assets.synthesize.private import learning, pairs
from synth_assets.synthesize.private.accounting import deviation, rho_of_promise
from synth_assets.synthesize.private.coding import PrivateColumn
from synth_assets.synthesize.private.contributions import bounded
from synth_assets.synthesize.private.learning import learn
from synth_assets.synthesize.private.loglinear import LogLinear
from synth_assets.synthesize.private.noise import Noise

RUNS = 600
CONFIDENCE = 0.999
DELTA = 1e-6
LABELS = Labels(values=("a", "b"), complete=True)
COLUMNS = [PrivateColumn(name, LABELS, pl.String(), nullable=False) for name in ("first", "second")]


class Watched(Noise):
    """Noise that remembers what it was added to: what an attacker knows of a table, and what he gets to see."""

    def __init__(self) -> None:
        super().__init__(allowance=1e-8)
        self.exact: list[np.ndarray] = []
        self.seen: list[np.ndarray] = []
        self.deviations: list[float] = []

    def added_to(self, counts: np.ndarray, deviation: float) -> np.ndarray:
        noisy = super().added_to(counts, deviation)
        self.exact.append(counts.ravel())
        self.seen.append(noisy.ravel())
        self.deviations.append(deviation)
        return noisy


@cache
def table(*, extra: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows, and whose they are: 400 of people with one row each, and those of one more entity."""
    first = ["a"] * 200 + ["b"] * 200 + ["a"] * extra
    second = ["a"] * 200 + ["b"] * 200 + ["b"] * extra
    return pl.DataFrame({"first": first, "second": second}), np.r_[np.arange(400), np.full(extra, 400)]


rho_of = cache(rho_of_promise)


@pytest.fixture(autouse=True)
def _only_what_looks_at_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is made of noisy counts looks at no row, and takes time.
    monkeypatch.setattr(learning, "fit", lambda *_: LogLinear(()))


def run(*, extra: int, epsilon: float, most: int) -> Watched:
    watched = Watched()
    rows, entities = table(extra=extra)
    learn(rows[bounded(entities, most)], COLUMNS, rho=rho_of(epsilon, DELTA), most=most, noise=watched)
    return watched


def given_away(*, epsilon: float, most: int, extra: int) -> float:
    """An epsilon that was at least given away, with confidence."""
    without, with_entity = (run(extra=entity, epsilon=epsilon, most=most) for entity in (0, extra))
    # The third query, which pairs depend, is left out: what it is added to depends on the noise before.
    queries = [0, 1, 2, 4]
    assert len(without.exact) == 5
    differences = [with_entity.exact[q] - without.exact[q] for q in queries]

    def score(watched: Watched) -> float:
        return float(
            sum(
                difference @ (watched.seen[q] - without.exact[q]) / watched.deviations[q] ** 2
                for q, difference in zip(queries, differences, strict=True)
            )
        )

    scores = {e: np.array([score(run(extra=e, epsilon=epsilon, most=most)) for _ in range(RUNS)]) for e in (0, extra)}
    half = RUNS // 2
    # The threshold is chosen on one half and judged on the other.
    candidates = np.quantile(np.concatenate([scores[0][:half], scores[extra][:half]]), np.linspace(0.02, 0.98, 49))
    best = max(candidates, key=lambda at: lower_bound(scores[extra][:half] > at, scores[0][:half] > at))
    return lower_bound(scores[extra][half:] > best, scores[0][half:] > best)


def lower_bound(found: np.ndarray, mistaken: np.ndarray) -> float:
    """Epsilon from true and false positives, each within its Clopper-Pearson interval."""
    least = beta.ppf((1 - CONFIDENCE) / 2, found.sum(), len(found) - found.sum() + 1) if found.any() else 0.0
    most = beta.ppf(1 - (1 - CONFIDENCE) / 2, mistaken.sum() + 1, max(len(mistaken) - mistaken.sum(), 1e-9))
    return math.log((least - DELTA) / most) if least > DELTA else 0.0


@pytest.mark.parametrize(("epsilon", "most", "extra"), [(1.0, 1, 1), (5.0, 1, 1), (5.0, 4, 9)])
def test_no_more_is_given_away_than_is_promised(epsilon: float, most: int, extra: int) -> None:
    assert given_away(epsilon=epsilon, most=most, extra=extra) <= epsilon


def test_an_audit_of_weak_noise_is_not_blind() -> None:
    # At such an epsilon some of it can be seen, so that a bound below the promise says something.
    assert given_away(epsilon=20.0, most=1, extra=1) > 1.0


def too_small(rho: float, sensitivity: float) -> float:
    return deviation(rho, sensitivity) / 12


def without_contributions(rho: float, sensitivity: float) -> float:
    return deviation(rho, 1.0)


@pytest.mark.parametrize(
    ("broken", "most", "extra"),
    [(too_small, 1, 1), (without_contributions, 12, 12)],
    ids=["too little", "one row only"],
)
def test_a_broken_mechanism_is_caught(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[float, float], float], most: int, extra: int
) -> None:
    monkeypatch.setattr(learning, "deviation", broken)
    monkeypatch.setattr(pairs, "deviation", broken)

    assert given_away(epsilon=1.0, most=most, extra=extra) > 1.0


@pytest.mark.parametrize("most", [1, 3])
def test_all_queries_together_cost_what_was_asked_for(most: int) -> None:
    watched = run(extra=most, epsilon=2.0, most=most)
    # Each row lies in one cell of each query; the scores of pairs each change by at most one with each row.
    costs = [
        (most * (1 if q != 3 else math.sqrt(len(watched.seen[3])))) ** 2 / (2 * d**2)
        for q, d in enumerate(watched.deviations)
    ]

    assert sum(costs) == pytest.approx(rho_of_promise(2.0, DELTA))
