"""A model of a table's codes: column after column, each log-linear in the columns before it that it was counted with.

The chance of a column's code b in a row is proportional to exp(bias[b] + sum over earlier columns j of weight_j[a_j,
b]): of all ways to follow the columns before, the one that assumes least beyond the counts of pairs. The weights are
those at which rows drawn column by column have these counts; they are found by raking (iterative proportional fitting,
Deming and Stephan 1940) on rows drawn so far. No junction tree is needed, so any number of pairs can be used.

Nothing here looks at a real row: it is post-processing of noisy counts, and its randomness needs no secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synth_assets.synthesize.private.coding import Codes
from synth_assets.synthesize.private.loops import add_weights, count_chances, draw_codes, rake
from synth_assets.synthesize.private.pairs import Pair
from synth_assets.synthesize.private.projection import Floats

SWEEPS = 20
FEWEST_ROWS, MOST_ROWS = 2_000, 50_000
# A part of a row stands for every combination, so that none is quite impossible and no ratio is endless.
_SMOOTHING = 0.05
_MOST_CHANGE = 100.0
_LEAST_SHARE = 1e-9


@dataclass(frozen=True)
class Step:
    """How one column follows from those before it.

    Attributes:
        column: Its number.
        bias: Logarithms of its codes' shares.
        weights: By the number of an earlier column: float64 of shape (codes of that one, codes of this one).
    """

    column: int
    bias: Floats
    weights: Mapping[int, Floats]


@dataclass(frozen=True)
class LogLinear:
    """All columns, in the order in which they are drawn."""

    steps: tuple[Step, ...]

    def sample(self, rows: int, given: Mapping[int, Codes], rng: np.random.Generator) -> dict[int, Codes]:
        """Codes of every column; given ones are as they are, and columns before them do not know of them."""
        drawn: dict[int, Codes] = {}
        for step in self.steps:
            if step.column in given:
                drawn[step.column] = given[step.column]
                continue
            chances = np.tile(step.bias, (rows, 1))
            for earlier, weights in step.weights.items():
                add_weights(chances, drawn[earlier], weights)
            chances = np.exp(chances - chances.max(axis=1, keepdims=True))
            drawn[step.column] = draw_codes(chances, rng.random(rows))
        return drawn


def fit(
    counts: Sequence[Floats], pairs: Mapping[Pair, Floats], scores: Mapping[Pair, float], total: float
) -> LogLinear:
    """The model of these counts.

    Args:
        counts: Of each column's codes.
        pairs: Of pairs of columns.
        scores: How much each pair matters; decides the order of the columns.
        total: Rows that the counts are of.
    """
    rows = int(np.clip(total, FEWEST_ROWS, MOST_ROWS))
    rng = np.random.default_rng(0)
    drawn: dict[int, Codes] = {}
    steps = []
    for column in _order(len(counts), pairs, scores):
        wanted = {
            earlier: pairs[(column, earlier)].T if (column, earlier) in pairs else pairs[(earlier, column)]
            for earlier in drawn
            if (column, earlier) in pairs or (earlier, column) in pairs
        }
        share = counts[column] + _LEAST_SHARE * max(total, 1.0)
        share = share / share.sum()
        weights, chances = _rake(share, wanted, drawn, rows)
        drawn[column] = draw_codes(chances, rng.random(rows))
        steps.append(Step(column, np.log(share), weights))
    return LogLinear(tuple(steps))


def _rake(
    share: Floats, wanted: Mapping[int, Floats], drawn: Mapping[int, Codes], rows: int
) -> tuple[dict[int, Floats], Floats]:
    """Weights for each earlier column, and the chances of every code in every row drawn so far."""
    chances = np.tile(share, (rows, 1))
    weights = {earlier: np.zeros(counts.shape) for earlier, counts in wanted.items()}
    targets = {earlier: _conditional(counts, share) for earlier, counts in wanted.items()}
    for earlier, target in targets.items():
        there = np.bincount(drawn[earlier], minlength=len(target))
        targets[earlier] = target * there[:, None] + _SMOOTHING * share
    for _ in range(SWEEPS if len(wanted) > 1 else 1):
        for earlier, target in targets.items():
            now = count_chances(chances, drawn[earlier], len(target)) + _SMOOTHING * share
            change = np.clip(target / now, 1 / _MOST_CHANGE, _MOST_CHANGE)
            weights[earlier] += np.log(change)
            rake(chances, drawn[earlier], change)
    return weights, chances


def _conditional(counts: Floats, share: Floats) -> Floats:
    """The shares of this column's codes for each code of an earlier one; its overall shares where nothing is known."""
    known = counts + _LEAST_SHARE * share
    conditional: Floats = known / known.sum(axis=1, keepdims=True)
    return conditional


def _order(columns: int, pairs: Mapping[Pair, Floats], scores: Mapping[Pair, float]) -> list[int]:
    """Each column after those that tell most of it, beginning with the one that tells most of all."""
    if columns == 0:
        return []
    strength = np.zeros((columns, columns))
    for left, right in pairs:
        strength[left, right] = strength[right, left] = scores[(left, right)]
    order = [int(strength.sum(axis=1).argmax())]
    while len(order) < columns:
        told = strength[:, order].sum(axis=1)
        told[order] = -np.inf
        order.append(int(told.argmax()))
    return order
