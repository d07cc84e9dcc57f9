"""Noise for counts: the discrete Gaussian, drawn from the operating system's source of secrets.

Whoever knew the noise could take it off again, so it comes from no seed: not from the plan's, which is no secret, and
not from a generator whose state could be guessed from its output. Whole numbers, because the gaps between floats give
away what was added to (Mironov, "On significance of the least significant bits for differential privacy", 2012).

Drawn by inverting the distribution function, held in whole numbers of 2^-64; each draw is by at most (width + 2) *
2^-65 off the exact distribution, in total variation. The sum over all draws is kept below an allowance that is part of
delta.
"""

import math
import os
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.private.errors import NoiseTooWide

Counts = npt.NDArray[np.int64]

_BITS = 192  # of the fixed-point numbers in which weights are worked out
_ONE = 1 << _BITS
_TAIL_BITS = 72  # weights below 2^-72 are left out
_DIGITS = 80


class Noise:
    """Discrete Gaussian noise.

    Args:
        allowance: Most that all draws together may be off the exact distribution, in total variation.
    """

    def __init__(self, *, allowance: float) -> None:
        self._allowance = allowance
        self._off = 0.0

    def added_to(self, counts: Counts, deviation: float) -> Counts:
        """The counts, each with noise of its own of about this standard deviation.

        Raises:
            NoiseTooWide: The draws cannot be exact enough.
        """
        return counts + self._draws(counts.size, deviation).reshape(counts.shape)

    def _draws(self, count: int, deviation: float) -> Counts:
        table = thresholds(deviation)
        self._off += count * (len(table) + 2) * 2.0**-65
        if self._off > self._allowance:
            raise NoiseTooWide
        random = np.frombuffer(os.urandom(8 * count), dtype=np.uint64)
        return np.searchsorted(table, random, side="right").astype(np.int64) - len(table) // 2


@lru_cache(maxsize=64)
def thresholds(deviation: float) -> npt.NDArray[np.uint64]:
    """The distribution function of the discrete Gaussian of this deviation, without its last value, times 2^64.

    Entry i belongs to the number i - len // 2, which comes out for random numbers below it, not below the one before.
    """
    most = math.ceil(deviation * math.sqrt(2 * math.log(2) * _TAIL_BITS)) + 1
    with localcontext() as context:
        context.prec = _DIGITS
        variance = Decimal(deviation) ** 2
        # exp(-(x + 1)^2 / 2s^2) is exp(-x^2 / 2s^2) times a ratio that itself shrinks by the same factor each step.
        ratio = int((-1 / (2 * variance)).exp() * _ONE)
        shrinking = int((-1 / variance).exp() * _ONE)
    weights = [_ONE]
    for _ in range(most):
        weights.append(weights[-1] * ratio >> _BITS)
        ratio = ratio * shrinking >> _BITS
    both = weights[:0:-1] + weights
    total, sum_so_far = sum(both), 0
    table = np.empty(len(both) - 1, dtype=np.uint64)
    for place, weight in enumerate(both[:-1]):
        sum_so_far += weight
        table[place] = min((sum_so_far << 64) // total, 2**64 - 1)
    return table
