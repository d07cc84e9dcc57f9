"""The distributions at the leaves of a tree, all in flat arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.scale import Codes, Floats

_NEVER_SEEN = 1e-6  # likelihood of a given code that its leaf has not seen


@dataclass(frozen=True)
class Leaves:
    """One discrete distribution over codes per leaf.

    Attributes:
        codes: The codes of leaf 0, then those of leaf 1, ...
        share: The probability of each.
        ends: Where each leaf's codes end.
    """

    codes: Codes
    share: Floats
    ends: npt.NDArray[np.intp]

    @classmethod
    def count(
        cls, leaf: npt.NDArray[np.intp], codes: Codes, leaves: int, size: int, fallback: Floats, *, least: int = 1
    ) -> "Leaves":
        """From the leaf and code of each row; a leaf of fewer than `least` rows gets `fallback` (a share a code)."""
        table = np.bincount(leaf * size + codes, minlength=leaves * size).reshape(leaves, size).astype(np.float64)
        table[table.sum(axis=1) < least] = fallback
        return cls.of(table)

    @classmethod
    def of(cls, table: Floats) -> "Leaves":
        """From weights, one row a leaf."""
        share = table / table.sum(axis=1, keepdims=True)
        at, codes = np.nonzero(share)
        ends = np.cumsum(np.bincount(at, minlength=len(table)))
        return cls(codes.astype(np.uint16), share[at, codes], ends.astype(np.intp))

    @cached_property
    def numbers(self) -> npt.NDArray[np.intp]:
        """The leaf of each code."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))

    @cached_property
    def _running(self) -> Floats:
        """Cumulative probability within each leaf plus the number of the leaf: one sorted array for all leaves."""
        total = np.cumsum(self.share)
        before = np.r_[0.0, total[self.ends[:-1] - 1]]
        running: Floats = np.minimum(total - before[self.numbers], 1.0) + self.numbers
        return running

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        return self.ends - self._sizes

    @cached_property
    def _sizes(self) -> npt.NDArray[np.intp]:
        return np.diff(self.ends, prepend=0)

    @cached_property
    def _guide(self) -> npt.NDArray[np.intp]:
        """Where to start looking: with k codes in a leaf, the place at each k-th of its distribution."""
        within = np.arange(len(self.codes)) - self._starts[self.numbers]
        places = np.searchsorted(self._running, self.numbers + within / self._sizes[self.numbers], side="right")
        return np.minimum(places, self.ends[self.numbers] - 1)

    def draw(self, leaf: npt.NDArray[np.intp], uniform: Floats) -> Codes:
        """A code for each row's leaf, by inverting its distribution at `uniform` (Chen and Asau's guide table)."""
        slot = self._starts.take(leaf) + (uniform * self._sizes.take(leaf)).astype(np.intp)
        at, wanted, last = self._guide.take(slot), leaf + uniform, self.ends.take(leaf) - 1
        behind = np.flatnonzero((self._running.take(at) <= wanted) & (at < last))
        while len(behind):
            at[behind] += 1
            now = at[behind]
            behind = behind[(self._running.take(now) <= wanted[behind]) & (now < last[behind])]
        return self.codes.take(at)

    def likelihood(self, leaf: npt.NDArray[np.intp], codes: Codes) -> Floats:
        """The probability of each row's code in its leaf, never 0."""
        wanted = leaf * 65_536 + codes
        known = self.numbers * 65_536 + self.codes
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[at] == wanted, self.share[at], _NEVER_SEEN)
