"""Which pairs of columns are counted, and their noisy counts."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synth_assets.synthesize.private.accounting import deviation
from synth_assets.synthesize.private.coding import UNCOUNTED, Codes
from synth_assets.synthesize.private.noise import Counts, Noise
from synth_assets.synthesize.private.projection import Floats, nearest_counts, with_margins

Pair = tuple[int, int]

# Noise in a count that is taken weighs so much against dependence that is missed: models even noise out.
NOISE_WEIGHT = 0.5
_MEAN_OF_NOISE = np.sqrt(2 / np.pi)  # the mean size of Gaussian noise, in standard deviations


@dataclass(frozen=True)
class Coded:
    """Rows as codes.

    Attributes:
        codes: Of each column: int64 of shape (rows,), UNCOUNTED where a row counts nowhere.
        sizes: Codes of each column.
        counts: Estimated rows of each code, not negative, all columns' adding up to `total`.
        most: Most rows of one entity: the L2 sensitivity of any table of counts.
    """

    codes: Sequence[Codes]
    sizes: Sequence[int]
    counts: Sequence[Floats]
    total: float
    most: int

    def table(self, pair: Pair) -> Counts:
        """Exact counts of a pair: int64 of shape (codes of the first, codes of the second)."""
        (left, right), shape = (self.codes[at] for at in pair), tuple(self.sizes[at] for at in pair)
        there = (left != UNCOUNTED) & (right != UNCOUNTED)
        joined = left[there] * shape[1] + right[there]
        return np.bincount(joined, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)

    def by_chance(self, pair: Pair) -> Floats:
        """What the counts of a pair would be of independent columns."""
        expected: Floats = np.outer(self.counts[pair[0]], self.counts[pair[1]]) / max(self.total, 1.0)
        return expected

    def cells(self, pair: Pair) -> int:
        return self.sizes[pair[0]] * self.sizes[pair[1]]


def dependence(coded: Coded, *, rho: float, noise: Noise) -> dict[Pair, float]:
    """How many rows each pair's counts are off those of independent columns, with noise, beyond what chance gives.

    The distance of exact counts to fixed whole numbers changes by at most one with each row (of an entity: by `most`),
    so releasing it for all pairs has an L2 sensitivity of `most` times the root of their number, and costs rho.
    """
    pairs = list(itertools.combinations(range(len(coded.codes)), 2))
    if not pairs:
        return {}
    expected = {pair: coded.by_chance(pair) for pair in pairs}
    exact = [np.abs(coded.table(pair) - np.rint(expected[pair]).astype(np.int64)).sum() for pair in pairs]
    spread = deviation(rho, coded.most * np.sqrt(len(pairs)))
    noisy = noise.added_to(np.array(exact, dtype=np.int64), spread)
    return {pair: float(found - _by_chance(expected[pair])) for pair, found in zip(pairs, noisy, strict=True)}


def choose(scores: Mapping[Pair, float], coded: Coded, *, rho: float) -> list[Pair]:
    """The pairs worth counting: those for which dependence missed and noise taken on are least, together.

    With the best allotment (see `allot`) the noise of pairs of c cells adds up to (sum of c^(2/3))^(3/2) units, so
    pairs come in by dependence for each c^(2/3) as long as the sum falls. After Zhang et al., "PrivSyn" (2021).
    """
    sizes = {pair: coded.cells(pair) ** (2 / 3) for pair in scores}
    order = sorted((p for p in scores if scores[p] > 0), key=lambda p: (-scores[p] / sizes[p], p))
    if not order:
        return []
    unit = NOISE_WEIGHT * _MEAN_OF_NOISE * deviation(rho, coded.most)
    noise = unit * np.cumsum([sizes[p] for p in order]) ** 1.5
    missed = -np.cumsum([scores[p] for p in order])
    best = int(np.argmin(noise + missed))
    return order[: best + 1] if noise[best] + missed[best] < 0 else []


def allot(pairs: Sequence[Pair], coded: Coded, *, rho: float) -> list[float]:
    """The rho of each pair: in proportion to c^(2/3), which makes the noise of all together least."""
    sizes = np.array([coded.cells(pair) ** (2 / 3) for pair in pairs])
    return [float(share) for share in rho * sizes / sizes.sum()]


def measure(pairs: Sequence[Pair], coded: Coded, *, rho: float, noise: Noise) -> dict[Pair, Floats]:
    """Noisy counts of pairs, made counts again and fitted to those of the single columns."""
    found: dict[Pair, Floats] = {}
    for pair, share in zip(pairs, allot(pairs, coded, rho=rho), strict=True):
        noisy = noise.added_to(coded.table(pair), deviation(share, coded.most))
        counts = nearest_counts(noisy, coded.total)
        found[pair] = with_margins(counts, coded.counts[pair[0]], coded.counts[pair[1]])
    return found


def _by_chance(expected: Floats) -> float:
    """The mean distance of counts of independent columns to what is expected of them."""
    return float(np.minimum(_MEAN_OF_NOISE * np.sqrt(expected), 2 * expected).sum())
