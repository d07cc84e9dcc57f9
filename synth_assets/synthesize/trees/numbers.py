"""Codes of a number or time: repeated values, and quantile bins with what lies within them.

What is stored of the values: bin edges and knots (midpoints between neighbouring values, never a value itself), and
values that at least `min_group` rows share. Nothing outside the range from the min_group-th smallest to the
min_group-th largest value can come out, whatever the edges. Of context, whose rows may all be those of one parent,
borders between values are stored and no value at all.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.trees.bins import Bins, Positions, fit_bins, middles
from synth_assets.synthesize.trees.grain import Grains, ladder
from synth_assets.synthesize.trees.scale import Codes, Floats, Mask

_LEAST_ROWS = 40  # rows that a bin should hold
_OFF_MIDDLE = 0.45
_NEARLY_ALL = 0.95  # share of the rows
_MOST_NAMED = 4_096  # values with codes of their own where nearly all rows repeat them
_MOST_TOLD = 256  # the same of context
_FEWEST_EACH = 20  # rows that these have on average
_MOST_WHOLE = 4_096  # whole numbers whose codes are looked up rather than searched for
_FEW_WHOLE = 100_000
_FARTHEST_WHOLE = 2.0**52


@dataclass(frozen=True)
class NumberCodes:
    """The coding of one number: codes 1 .. count in the order of the values (0 is NULL).

    Attributes:
        least, most: The protected range, in units.
        spikes: Sorted values that are codes of their own; `spike_codes` their codes.
        edges: Sorted borders between cells of the line; `cell_codes` (one longer) the code of each cell.
        values: One value a code, index 0 unused: the spike itself, NaN for a bin.
        bin_of: Bin number of each code, -1 for a spike.
    """

    least: float
    most: float
    spikes: Floats
    spike_codes: Codes
    edges: Floats
    cell_codes: Codes
    values: Floats
    bin_of: Positions
    bins: Bins

    @property
    def count(self) -> int:
        return len(self.values) - 1

    def centres(self) -> Floats:
        """The number that stands for each code; NaN for code 0."""
        bins = self.bins
        if np.array_equal(bins.first, bins.last):
            middles = bins.knots[bins.first]
        else:
            middles = np.array([bins.knots[a : b + 1].mean() for a, b in zip(bins.first, bins.last, strict=True)])
        return np.where(self.bin_of >= 0, np.r_[middles, np.nan][self.bin_of], self.values)

    def spans(self) -> tuple[Floats, Floats]:
        """(the lowest, the highest value) that each code but 0 may stand for; neither ever falls from code to code."""
        knots, bins = self.bins.knots, np.maximum(self.bin_of, 0)
        low, high = (
            np.where(self.bin_of >= 0, knots[at[bins]] if len(at) else np.nan, self.values)[1:]
            for at in (self.bins.first, self.bins.last)
        )
        return np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)

    def encode(self, values: Floats, missing: Mask) -> Codes:
        """The code of each value, any float; 0 where it is missing."""
        codes = np.empty(len(values), np.uint16)
        lowest, table = self._whole_numbers
        _encode(
            values, missing, self.edges, self.cell_codes, self.spikes, self.spike_codes, float(lowest), table, codes
        )
        return codes

    @cached_property
    def _whole_numbers(self) -> tuple[int, Codes]:
        """(the lowest, the codes of it and the whole numbers after it) as far as codes differ; none if that is far."""
        borders = np.r_[self.edges, self.spikes]
        span = (borders.min(), borders.max()) if len(borders) else (0.0, 0.0)
        if not np.isfinite(span).all() or span[1] - span[0] > _MOST_WHOLE or max(map(abs, span)) > _FARTHEST_WHOLE:
            return 0, np.empty(0, np.uint16)
        numbers = np.arange(int(np.floor(span[0])) - 1, int(np.ceil(span[1])) + 2)
        codes, none = np.empty(len(numbers), np.uint16), np.empty(0, np.uint16)
        values, known = numbers.astype(np.float64), np.zeros(len(numbers), np.bool_)
        _encode(values, known, self.edges, self.cell_codes, self.spikes, self.spike_codes, 0.0, none, codes)
        return int(numbers[0]), codes

    def decode(self, codes: Codes, rng: np.random.Generator) -> Floats:
        """A value for each code; those of code 0 mean nothing."""
        values = self.values[codes]
        loose = np.flatnonzero(self.bin_of[codes] >= 0)
        if len(loose):
            bins = self.bin_of[codes[loose]]
            values[loose] = self.bins.draw(bins, rng, least=self.least, most=self.most)
        return values

    @classmethod
    def fit(
        cls,
        values: Floats,
        *,
        dtype: pl.DataType,
        min_group: int,
        most_codes: int,
        keep: bool = False,
        drawn: bool = True,
        limits: tuple[float, float] = (-np.inf, np.inf),
    ) -> "NumberCodes":
        """From all values that are not NULL (any order, NaN allowed), in units.

        `limits` are hard bounds. With fewer than 2 * min_group values there is no protected range: what comes out are
        round numbers around them, as coarse as their spread. What is not `drawn` is only told apart, by borders.
        """
        group = 1 if keep else min_group
        every, times = _counted(values)
        rows = int(times.sum())
        if rows < 2 * group:
            return _few(np.repeat(every, times), dtype, limits)
        running = np.cumsum(times)
        least = max(every[np.searchsorted(running, group - 1, side="right")], limits[0])
        most = min(every[np.searchsorted(running, rows - group, side="right")], limits[1])
        distinct, at = np.unique(np.clip(every, least, most), return_inverse=True)
        counts = np.bincount(at, weights=times).astype(np.intp)
        true_counts = counts.copy()
        # The ends stand for all values beyond them too; only their own rows make them a repeated value.
        true_counts[0] = times[every == least].sum()
        true_counts[-1] = times[every == most].sum()
        repeated = true_counts >= max(group, 2)
        # An end of the range that is not shared is one row's value: the range starts half a gap further in.
        if len(distinct) > 1 and not keep:
            least = least if repeated[0] else (distinct[0] + distinct[1]) / 2
            most = most if repeated[-1] else (distinct[-1] + distinct[-2]) / 2
        spike = _spikes(true_counts, repeated, most_codes, named=_MOST_NAMED if drawn else _MOST_TOLD)
        made = _assemble(distinct, counts, spike, repeated & ~spike, dtype, group, most_codes, (least, most), drawn)
        return made if drawn else made.told_apart(distinct)

    def told_apart(self, distinct: Floats) -> "NumberCodes":
        """The same codes for these values (sorted), by borders between them; nothing can be drawn of it."""
        codes = self.encode(distinct, np.zeros(len(distinct), np.bool_))
        last = np.flatnonzero(np.diff(codes.astype(np.intp)))
        borders = _round_between(distinct[last], distinct[last + 1])
        cell_codes = codes[np.r_[last, len(distinct) - 1]]
        within = np.full(len(self.values), np.nan)
        within[cell_codes] = _within_cells(borders)
        centres = np.array([float(f"{centre:.6g}") for centre in self.centres()])
        number = np.where(np.isin(centres, distinct), within, centres)
        loose = np.flatnonzero(self.bin_of >= 0)
        return self.of_cells(
            edges=borders,
            cell_codes=cell_codes,
            values=np.where(self.bin_of >= 0, np.nan, number),
            bin_of=self.bin_of,
            centres=number[loose[np.argsort(self.bin_of[loose])]],
        )

    @classmethod
    def of_cells(
        cls, *, edges: Floats, cell_codes: Codes, values: Floats, bin_of: Positions, centres: Floats
    ) -> "NumberCodes":
        """Codes of what is only told apart; `centres` are the numbers that stand for bins."""
        none = np.empty(0)
        return cls(np.nan, np.nan, none, cell_codes[:0], edges, cell_codes, values, bin_of, middles(centres))

    @property
    def only_told_apart(self) -> bool:
        """Whether nothing can be drawn of it."""
        return bool(np.isnan(self.least))


def _counted(values: Floats) -> tuple[Floats, Positions]:
    """(each finite value, smallest first, the number of its rows)."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    if high - low < _FEW_WHOLE and np.array_equal(finite, np.rint(finite)):
        # Counting is several times quicker than sorting.
        counts = np.bincount((finite - low).astype(np.intp))
        there = np.flatnonzero(counts)
        return there + low, counts[there]
    return np.unique(finite, return_counts=True)


@compiled
def _encode(values, missing, edges, cell_codes, spikes, spike_codes, lowest, table, out):  # type: ignore[no-untyped-def]
    """The code of each value: that of its spike, else of its cell; looked up in `table` where there is one."""
    for at in range(len(values)):
        value = values[at]
        if missing[at]:
            out[at] = 0
            continue
        if len(table):
            place = min(max(value - lowest, 0.0), len(table) - 1.0)
            if place == np.floor(place):
                out[at] = table[int(place)]
                continue
        low, high = 0, len(spikes)
        while low < high:
            middle = (low + high) // 2
            if spikes[middle] < value:
                low = middle + 1
            else:
                high = middle
        if low < len(spikes) and spikes[low] == value:
            out[at] = spike_codes[low]
            continue
        low, high = 0, len(edges)
        while low < high:
            middle = (low + high) // 2
            if edges[middle] <= value:
                low = middle + 1
            else:
                high = middle
        out[at] = cell_codes[low]


def _spikes(counts: npt.NDArray[np.intp], repeated: Mask, most: int, *, named: int) -> Mask:
    """Which distinct values get a code of their own: all repeated ones if they are few, else the heavy ones.

    Up to `named` are few where nearly all rows repeat values: the numbers of schools, the days of a year. Each
    says something else, and bins of neighbours say nothing.
    """
    if counts[repeated].sum() >= max(_NEARLY_ALL * counts.sum(), _FEWEST_EACH * repeated.sum()):
        most = max(most, named)
    if repeated.sum() <= most:
        return repeated
    heavy: Mask = repeated & (counts >= counts.sum() / (2 * most))
    if heavy.sum() > most:
        heavy &= counts >= np.sort(counts[heavy])[-most]
    return heavy


def _assemble(
    distinct: Floats,
    counts: npt.NDArray[np.intp],
    spike: Mask,
    shared: Mask,
    dtype: pl.DataType,
    group: int,
    most_codes: int,
    span: tuple[float, float],
    drawn: bool,
) -> NumberCodes:
    loose = np.flatnonzero(~spike)
    rows = int(counts[loose].sum())
    wanted = int(min(most_codes, max(1, rows // max(2 * group, _LEAST_ROWS)))) if rows >= group else 0
    cell = np.empty(0, np.intp)  # the bin of each loose value
    if wanted:
        middle = np.cumsum(counts[loose]) - counts[loose] / 2
        _, cell = np.unique(np.minimum((middle * wanted / rows).astype(np.intp), wanted - 1), return_inverse=True)
    else:
        loose = loose[:0]
        if not spike.any():
            return _few(distinct, dtype, span)
    count = int(cell.max()) + 1 if len(cell) else 0
    starts = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]]) if count else np.empty(0, np.intp)
    # Values that lie between two bins end at the midpoint of the neighbouring loose values: nobody's value.
    edges = (distinct[loose[starts[1:]]] + distinct[loose[starts[1:] - 1]]) / 2 if count else np.empty(0)
    weight = np.bincount(cell, weights=counts[loose], minlength=count)
    centre = np.bincount(cell, weights=counts[loose] * distinct[loose], minlength=count) / np.maximum(weight, 1)
    spikes = distinct[spike]
    order = np.argsort(np.r_[spikes, centre], kind="stable")
    code = np.empty(len(order), np.uint16)
    code[order] = np.arange(1, len(order) + 1, dtype=np.uint16)
    table = np.full(len(order) + 1, np.nan)
    table[code[: len(spikes)]] = spikes
    bin_of = np.full(len(order) + 1, -1, np.intp)
    bin_of[code[len(spikes) :]] = np.arange(count)
    if count:
        cell_codes = code[len(spikes) :]
    else:
        edges, cell_codes = (spikes[1:] + spikes[:-1]) / 2, code[: len(spikes)]
    bins = fit_bins(distinct, counts, loose, cell, count, shared, dtype, group, span) if drawn else middles(centre)
    return NumberCodes(
        float(span[0]), float(span[1]), spikes, code[: len(spikes)], edges, cell_codes, table, bin_of, bins
    )


def _round_between(low: Floats, high: Floats) -> Floats:
    """For each pair low < high a number between them, with as few digits as there is one."""
    found = (low + high) / 2
    waiting = np.arange(len(low))
    for power in range(18, -10, -1):
        above, below = low[waiting], high[waiting]
        round_ = np.floor(above / 10.0**power) + 1
        round_ = round_ * 10.0**power if power >= 0 else round_ / 10.0**-power
        fits = (above < round_) & (round_ < below)
        found[waiting[fits]] = round_[fits]
        waiting = waiting[~fits]
    return found


def _within_cells(borders: Floats) -> Floats:
    """A number within each cell of the line; the outermost cells count as wide as their neighbours.

    Not the middle, which is the value itself where values are evenly spaced.
    """
    if not len(borders):
        return np.zeros(1)
    width = np.diff(borders) if len(borders) > 1 else np.ones(1)
    ends = np.r_[borders[0] - width[0], borders, borders[-1] + width[-1]]
    inside: Floats = ends[:-1] + _OFF_MIDDLE * np.diff(ends)
    return inside


def _few(finite: Floats, dtype: pl.DataType, limits: tuple[float, float]) -> NumberCodes:
    """One bin of round numbers around too few values to show any of them."""
    low, high = (float(finite[0]), float(finite[-1])) if len(finite) else (0.0, 1.0)
    size = high - low if high > low else abs(low)
    step = 10.0 ** np.floor(np.log10(size)) if size > 0 else 1.0
    grains = Grains.fit(finite, np.zeros(len(finite), np.intp), 1, dtype=dtype)
    coarsest = max((g for g in ladder(dtype) if g <= max(grains.sizes[0], step)), default=step)
    step = max(step, grains.sizes[0] if grains.sizes[0] else coarsest)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    if high <= low:
        high = low + step
    low, high = float(max(low, limits[0])), float(min(high, limits[1]))
    if high < low:
        low = high = float(np.clip(low, *limits))
    none = np.empty(0)
    bins = Bins(np.array([low, high]), np.array([0]), np.array([1]), none, none, np.zeros(1), grains)
    codes = np.array([1], np.uint16)
    return NumberCodes(low, high, none, codes[:0], none, codes, np.array([np.nan, np.nan]), np.array([-1, 0]), bins)
