"""Where the values of a number lie: its range parted ever finer wherever noisy counts say that it is worth it.

Every level parts each interval in FANOUT; a row lies in one interval of each level, so a level costs as much as one
query whatever its width. An interval is looked into only if many rows lie in it, and single values that many rows share
(40 hours, 0 dollars) end as intervals of their own. In the manner of Hay et al., "Boosting the accuracy of
differentially private histograms through consistency" (2010), an interval and its parts are made to agree.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.private.noise import Noise
from synth_assets.synthesize.private.projection import Floats

Cells = npt.NDArray[np.int64]

FANOUT = 16
# An interval is parted further if its noisy count is so many standard deviations of the noise.
WORTH_PARTING = 4.5


@dataclass(frozen=True)
class Intervals:
    """Neighbouring intervals that cover a range.

    Attributes:
        starts: The first cell of each, ascending; int64 of shape (intervals,).
        widths: Cells in each.
        counts: Estimated rows in each, which may be negative.
    """

    starts: Cells
    widths: Cells
    counts: Floats


def levels(cells: int) -> int:
    """How many times a range of so many cells is parted until no interval is wider than a cell."""
    count, reached = 0, 1
    while reached < cells:
        count, reached = count + 1, reached * FANOUT
    return max(count, 1)


def refine(values: Cells, cells: int, *, noise: Noise, deviation: float) -> Intervals:
    """Intervals of a range, told by `levels(cells)` noisy queries.

    Args:
        values: The cell of each row, 0 up to `cells`; negative numbers count nowhere.
        deviation: Of the noise of each query.
    """
    values = values[values >= 0]
    found: list[Intervals] = []
    parents, estimates = np.zeros(1, dtype=np.int64), None
    width = FANOUT ** levels(cells)
    while len(parents):
        width //= FANOUT
        parts = (parents[:, None] * FANOUT + np.arange(FANOUT)).ravel()
        parts = parts[parts < math.ceil(cells / width)]
        noisy = noise.added_to(_count(values // width, parts), deviation).astype(np.float64)
        if estimates is not None:
            noisy = _agreeing(noisy, np.searchsorted(parents, parts // FANOUT), estimates)
        further = (noisy > WORTH_PARTING * deviation) & (width > 1)
        starts = parts[~further] * width
        found.append(Intervals(starts, np.minimum(width, cells - starts), noisy[~further]))
        parents, estimates = parts[further], noisy[further]
    starts = np.concatenate([i.starts for i in found])
    order = np.argsort(starts)
    return Intervals(
        starts[order],
        np.concatenate([i.widths for i in found])[order],
        np.concatenate([i.counts for i in found])[order],
    )


def bins(counts: Floats, *, most: int, least: float) -> Cells:
    """Neighbouring intervals put together: the number of the bin of each, int64 of shape (intervals,).

    Intervals of many rows are bins by themselves; the others are joined until they hold about as many rows as any.

    Args:
        counts: Rows in each interval, none negative.
        most: Most bins, about.
        least: Fewest rows of a bin that is joined.
    """
    alone = np.zeros(len(counts), dtype=np.bool_)
    while True:
        wanted = max(counts[~alone].sum() / max(most - alone.sum(), 1), least)
        larger = alone | (counts >= wanted)
        if (larger == alone).all():
            break
        alone = larger
    numbers = np.zeros(len(counts), dtype=np.int64)
    number, held = 0, 0.0
    for place, count in enumerate(counts):
        if place and (alone[place] or alone[place - 1] or held >= wanted):
            number, held = number + 1, 0.0
        numbers[place] = number
        held += count
    return numbers


def _count(values: Cells, parts: Cells) -> Cells:
    place = np.searchsorted(parts, values)
    place[place == len(parts)] = 0
    return np.bincount(place[parts[place] == values], minlength=len(parts)).astype(np.int64)


def _agreeing(noisy: Floats, parents: Cells, estimates: Floats) -> Floats:
    """Counts of parts moved towards adding up to what is known of their parents, as far as that is to be trusted."""
    parts = np.bincount(parents, minlength=len(estimates))
    missing = estimates - np.bincount(parents, weights=noisy, minlength=len(estimates))
    agreeing: Floats = noisy + (missing / (parts + 1))[parents]
    return agreeing
