"""The distributions at the leaves of a tree, all in flat arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.scale import MOST_CODES, Codes, Floats, Mask
from synth_assets.synthesize.trees.walking import draw

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
    def _places(self) -> npt.NDArray[np.intp]:
        """Leaf and code in one number, ascending."""
        return self.numbers * MOST_CODES + self.codes

    @cached_property
    def _total(self) -> Floats:
        """The probabilities of all codes before each, leaf after leaf, and of all."""
        total: Floats = np.r_[0.0, np.cumsum(self.share)]
        return total

    @cached_property
    def _running(self) -> Floats:
        """Cumulative probability within each leaf."""
        running: Floats = self._total[1:] - self._total[self._starts[self.numbers]]
        return running

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        return self.ends - np.diff(self.ends, prepend=0)

    def draw(self, leaf: npt.NDArray[np.intp], uniform: Floats) -> Codes:
        """A code for each row's leaf, by inverting its distribution at `uniform`."""
        out = np.empty(len(leaf), np.uint16)
        draw(leaf, uniform, self._starts, self.ends, self._running, self.codes, out)
        return out

    def draw_between(self, leaf: npt.NDArray[np.intp], least: Codes, most: Codes, uniform: Floats) -> Codes:
        """The same among the codes from `least` to `most` of each row; 0 where its leaf has none of them."""
        first = np.searchsorted(self._places, leaf * MOST_CODES + least, side="left")
        behind = np.searchsorted(self._places, leaf * MOST_CODES + most, side="right")
        total = self._total
        wanted = total[first] + uniform * (total[behind] - total[first])
        at = np.clip(np.searchsorted(total, wanted, side="right") - 1, first, np.maximum(behind - 1, first))
        return np.where(behind > first, self.codes[np.minimum(at, len(self.codes) - 1)], 0).astype(np.uint16)

    def knows(self, leaf: npt.NDArray[np.intp], codes: Codes) -> Mask:
        """Whether each row's code may be drawn in its leaf."""
        return self.likelihood(leaf, codes) > _NEVER_SEEN

    def likelihood(self, leaf: npt.NDArray[np.intp], codes: Codes) -> Floats:
        """The probability of each row's code in its leaf, never 0."""
        wanted = leaf * MOST_CODES + codes
        at = np.minimum(np.searchsorted(self._places, wanted), len(self.codes) - 1)
        return np.where(self._places[at] == wanted, self.share[at], _NEVER_SEEN)
