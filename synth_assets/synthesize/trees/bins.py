"""What numbers without a code of their own are drawn from: pieces between knots, and values that many rows share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.trees.grain import Grains
from synth_assets.synthesize.trees.scale import Floats, Mask

Positions = npt.NDArray[np.intp]
_MOST_KNOTS = 16  # pieces of the piecewise-linear distribution within one bin
_MOST_SHARED = 20_000  # repeated values remembered within bins


@dataclass(frozen=True)
class Bins:
    """What numbers without a code of their own are drawn from; one row a bin.

    Attributes:
        first, last: Slices of `knots` of each bin (knots[first : last + 1]), equally likely pieces.
        shared: Values of at least min_group rows, bin after bin; `shared_end` their running share of the bin's rows
            plus the bin's number, so that one binary search finds them.
        shared_part: Share of a bin's rows that hold a shared value.
    """

    knots: Floats
    first: Positions
    last: Positions
    shared: Floats
    shared_end: Floats
    shared_part: Floats
    grains: Grains

    def draw(self, bins: Positions, rng: np.random.Generator, *, least: float, most: float) -> Floats:
        """A value for each bin number, within [least, most]."""
        uniform = rng.random((3, len(bins)))
        pieces = (self.last - self.first)[bins]
        place = uniform[0] * pieces
        piece = np.minimum(place.astype(np.intp), pieces - 1)
        low = self.knots[self.first[bins] + piece]
        high = self.knots[self.first[bins] + piece + 1]
        values = low + (place - piece) * (high - low)
        values, sizes = self.grains.apply(values, bins, uniform[1])
        values = _inside(values, sizes, least, most)
        repeated = np.flatnonzero(uniform[2] < self.shared_part[bins])
        if len(repeated):
            at = np.searchsorted(self.shared_end, bins[repeated] + uniform[2, repeated], side="right")
            values[repeated] = self.shared[np.minimum(at, len(self.shared) - 1)]
        return values


def fit_bins(
    distinct: Floats,
    counts: npt.NDArray[np.intp],
    loose: Positions,
    cell: Positions,
    count: int,
    shared: Mask,
    dtype: pl.DataType,
    group: int,
    span: tuple[float, float],
) -> Bins:
    """The bins of numbers.

    Args:
        distinct, counts: All values, smallest first, and how many rows have each.
        loose, cell: Which of them have no code of their own, and the bin of each of these, below `count`.
        shared: Which of all values enough rows share to come out.
        group: Fewest rows of a piece of the distribution within a bin.
        span: The protected range.
    """
    held = shared[loose]
    if held.sum() > _MOST_SHARED:
        held &= counts[loose] >= np.sort(counts[loose][held])[-_MOST_SHARED]
    weight = np.bincount(cell, weights=counts[loose], minlength=count)
    held_counts, held_cell = counts[loose][held], cell[held]
    part = np.bincount(held_cell, weights=held_counts, minlength=count) / np.maximum(weight, 1)
    running = np.cumsum(held_counts)
    before = np.r_[0, np.cumsum(np.bincount(held_cell, weights=held_counts, minlength=count))]
    ends = held_cell + (running - before[held_cell]) / np.maximum(weight, 1)[held_cell]

    rest, rest_counts, rest_cell = distinct[loose][~held], counts[loose][~held], cell[~held]
    knots: list[Floats] = []
    for number in range(count):
        of = rest_cell == number
        within, repeats = rest[of], rest_counts[of]
        inner = (within > span[0]) & (within < span[1])
        if inner.any():  # the ends stand for all beyond the range, which never come out
            within, repeats = within[inner], repeats[inner]
        if not len(within):  # only shared values: the knots are never used
            within, repeats = distinct[loose][cell == number], counts[loose][cell == number]
        knots.append(_knots(within, repeats, distinct, group, span))
    last = np.cumsum([len(k) for k in knots], dtype=np.intp) - 1
    first = last - np.array([len(k) - 1 for k in knots], dtype=np.intp)
    inside = (rest > span[0]) & (rest < span[1])
    grains = Grains.fit(rest[inside], rest_cell[inside], count, dtype=dtype)
    return Bins(np.concatenate(knots) if knots else np.empty(0), first, last, distinct[loose][held], ends, part, grains)


def middles(centre: Floats) -> Bins:
    """Bins that stand for one number each."""
    places, none = np.arange(len(centre)), np.empty(0)
    grains = Grains((0.0,), np.ones((len(centre), 1)))
    return Bins(centre, places, places, none, none, np.zeros(len(centre)), grains)


def _knots(
    within: Floats, counts: npt.NDArray[np.intp], every: Floats, group: int, span: tuple[float, float]
) -> Floats:
    """Borders of equally likely pieces of at least `group` rows each; all of them between values."""
    rows = int(counts.sum())
    pieces = int(np.clip(rows // group, 1, _MOST_KNOTS))
    running = np.cumsum(counts)
    wanted = rows * np.arange(1, pieces) / pieces
    after = np.minimum(np.searchsorted(running, wanted, side="right"), len(within) - 1)
    inner = (within[np.maximum(after - 1, 0)] + within[after]) / 2
    low, high = np.searchsorted(every, [within[0], within[-1]])
    left = (every[max(low - 1, 0)] + within[0]) / 2
    right = (every[min(high + 1, len(every) - 1)] + within[-1]) / 2
    knots: Floats = np.clip(np.r_[left, inner, right], *span)
    return knots


def _inside(values: Floats, sizes: Floats, least: float, most: float) -> Floats:
    """Values moved by whole grains into the range; where no multiple fits, clipped."""
    below, above = values < least, values > most
    if below.any() or above.any():
        steps = np.where(sizes > 0, sizes, 1.0)
        values = np.where(below, np.where(sizes > 0, np.ceil(least / steps) * steps, least), values)
        values = np.where(above, np.where(sizes > 0, np.floor(most / steps) * steps, most), values)
        values = np.clip(values, least, most)
    return values
