"""Rates of an outcome by group: how far each group is from all others, and how sure that is."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from synth_assets.statistics.encoding import Array

# As improbable as the exchange test's level; shared among all that is compared.
LEVEL = 0.001


@dataclass(frozen=True)
class Gap:
    """A group against all other rows.

    Attributes:
        rows: Of the group.
        rate: Of the outcome in the group; the share of its rows that have it.
        gap: `rate` less the rate among all other rows.
        error: Standard error of `gap`, with rows that come in clusters (linearised).
    """

    rows: int
    rate: float
    gap: float
    error: float


def gap(is_group: Array, has_outcome: Array, clusters: Array) -> Gap | None:
    """The gap of a group; None if it, or what it is compared with, has no rows. Arrays of shape (rows,)."""
    inside, rows = is_group.astype(np.bool_), int(is_group.sum())
    if rows == 0 or rows == len(inside):
        return None
    outcome = has_outcome.astype(np.float64)
    rates = float(outcome[inside].mean()), float(outcome[~inside].mean())
    parts = np.where(inside, (outcome - rates[0]) / rows, -(outcome - rates[1]) / (len(inside) - rows))
    numbers = np.unique(clusters, return_inverse=True)[1]
    sums = np.bincount(numbers, weights=parts)
    return Gap(rows, rates[0], rates[0] - rates[1], float(np.sqrt((sums**2).sum())))


def amplification(source: Gap, synthetic: Gap, *, comparisons: int) -> tuple[float, float]:
    """By how much the synthetic gap is wider, and the lower bound of it, wrong in one of a thousand honest tables."""
    wider = abs(synthetic.gap) - abs(source.gap)
    # A rate of 0 or 1 has no spread in the sample, yet the next sample may have one.
    least = [0.5 / max(one.rows, 1) for one in (source, synthetic)]
    error = np.hypot(max(source.error, least[0]), max(synthetic.error, least[1]))
    return wider, wider - NormalDist().inv_cdf(1 - LEVEL / max(comparisons, 1)) * float(error)
