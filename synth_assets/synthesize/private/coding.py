"""A column as small whole numbers (codes) and back: labels, values of a short range, or bins of a long one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.frames import read_as
from synth_assets.plan.domain import Domain, Labels, Range
from synth_assets.synthesize.private.projection import Floats
from synth_assets.synthesize.private.refinement import Cells
from synth_assets.synthesize.trees.scale import Scale

Codes = npt.NDArray[np.int64]

# A range of no more cells has a code for each.
SHORT = 32
# Places of values that no cell of the domain holds.
NULL, OUTSIDE = -1, -2
# The code of rows that count nowhere.
UNCOUNTED = -1


@dataclass(frozen=True)
class PrivateColumn:
    """A column to learn: everything about it is public.

    Attributes:
        dtype: What its sampled values are.
    """

    name: str
    domain: Domain
    dtype: pl.DataType
    nullable: bool

    @property
    def is_long(self) -> bool:
        """Whether it is a range whose values have no codes of their own."""
        return isinstance(self.domain, Range) and self.domain.cells > SHORT

    def cells(self, values: pl.Series) -> Cells:
        """The place of each value in its domain: int64 of shape (rows,); NULL or OUTSIDE for the others.

        Numbers beyond the range count at its end, labels that are not listed as OUTSIDE.
        """
        typed = read_as(values, self._held_as)
        if isinstance(self.domain, Labels):
            places = {label: place for place, label in enumerate(self.domain.values)}
            found = typed.cast(pl.String).replace_strict(places, default=OUTSIDE, return_dtype=pl.Int64)
            return np.where(typed.is_null().to_numpy(), NULL, found.fill_null(OUTSIDE).to_numpy())
        units, missing = Scale(self._held_as).units(typed)
        missing = missing | np.isnan(units)
        parts = (np.where(missing, 0.0, units) - self.domain.low) / self.domain.step
        on_grid = self._held_as.is_float() and not self.domain.continuous
        whole = np.rint(parts) if on_grid else np.floor(parts)
        return np.where(missing, NULL, np.clip(whole, 0, self.domain.cells - 1).astype(np.int64))

    def values(self, cells: Cells, within: Floats) -> pl.Series:
        """Values at these places, NULL at NULL; the inverse of `cells`.

        Args:
            within: Where in its cell each value lies if it may lie anywhere, 0 to 1.
        """
        missing = cells < 0
        if isinstance(self.domain, Labels):
            labels = pl.Series(self.name, self.domain.values).gather(np.maximum(cells, 0))
            made = _booleans(labels) if self.dtype == pl.Boolean else labels.cast(self.dtype)
            return made.set(pl.Series(missing), None) if missing.any() else made
        place = np.maximum(cells, 0) + (within if self.domain.continuous else 0.0)
        units = self.domain.low + place * self.domain.step
        if self._held_as.is_float() and not self.domain.continuous:
            # What is a multiple of 0.01 is written as one.
            units = np.round(units, _digits(self.domain.step))
        made = Scale(self._held_as).series(self.name, units, missing)
        return made.cast(self.dtype)

    @property
    def _held_as(self) -> pl.DataType:
        """A range of numbers that stand as text is one of floats."""
        return pl.Float64() if isinstance(self.domain, Range) and self.dtype == pl.String else self.dtype


@dataclass(frozen=True)
class Binning:
    """The intervals of a long range, and the bins that they belong to.

    Attributes:
        starts, widths: In cells; int64 of shape (intervals,).
        weights: Estimated rows in each, not negative.
        bins: The bin of each, ascending from 0.
    """

    starts: Cells
    widths: Cells
    weights: Floats
    bins: Cells

    @property
    def count(self) -> int:
        return int(self.bins[-1]) + 1

    def bin_of(self, cells: Cells) -> Cells:
        return self.bins[np.searchsorted(self.starts, cells, side="right") - 1]

    def draw(self, bins: Cells, rng: np.random.Generator) -> Cells:
        """A cell of each bin: an interval by weight, and any of its cells."""
        ends, lows, highs = self._cumulated
        drawn = lows[bins] + rng.random(len(bins)) * (highs - lows)[bins]
        last = np.searchsorted(self.bins, bins, side="right") - 1
        place = np.minimum(np.searchsorted(ends, drawn, side="right"), last)
        return self.starts[place] + (rng.random(len(bins)) * self.widths[place]).astype(np.int64)

    @cached_property
    def _cumulated(self) -> tuple[Floats, Floats, Floats]:
        """Where each interval ends, and each bin begins and ends, when weights are laid end to end."""
        empty = np.bincount(self.bins, weights=self.weights)[self.bins] <= 0
        ends = np.cumsum(np.where(empty, self.widths, self.weights))
        first = np.searchsorted(self.bins, np.arange(self.count))
        last = np.searchsorted(self.bins, np.arange(self.count), side="right") - 1
        return ends, np.r_[0.0, ends][first], ends[last]


@dataclass(frozen=True)
class Coding:
    """The codes of a column: its labels, cells or bins, then NULL if it may be, then labels that are not listed.

    Attributes:
        binning: Of a long range; None otherwise.
    """

    column: PrivateColumn
    binning: Binning | None = None

    @property
    def listed(self) -> int:
        """Codes that are values."""
        if self.binning is not None:
            return self.binning.count
        domain = self.column.domain
        return len(domain.values) if isinstance(domain, Labels) else domain.cells

    @property
    def size(self) -> int:
        return self.listed + self.column.nullable + self.has_outside

    @property
    def has_outside(self) -> bool:
        """Whether the last code counts rows whose value never comes out."""
        return isinstance(self.column.domain, Labels) and not self.column.domain.complete

    def codes(self, cells: Cells) -> Codes:
        """The code of each place; UNCOUNTED for what neither plan nor catalog lets be."""
        found = self.binning.bin_of(np.maximum(cells, 0)) if self.binning else cells
        null = self.listed if self.column.nullable else UNCOUNTED
        outside = self.size - 1 if self.has_outside else UNCOUNTED
        return np.where(cells == NULL, null, np.where(cells == OUTSIDE, outside, found))

    def sample(self, codes: Codes, rng: np.random.Generator) -> pl.Series:
        """A value for each code, none for the code of NULL."""
        missing = codes >= self.listed
        places = np.where(missing, 0, codes)
        cells = self.binning.draw(places, rng) if self.binning else places
        within = rng.random(len(cells)) if _is_continuous(self.column.domain) else np.zeros(len(cells))
        return self.column.values(np.where(missing, NULL, cells), within)


def _is_continuous(domain: Domain) -> bool:
    return isinstance(domain, Range) and domain.continuous


def _booleans(labels: pl.Series) -> pl.Series:
    return labels == "true"


def _digits(step: float) -> int:
    """Digits after the point of a step such as 0.01."""
    return next((digits for digits in range(16) if abs(round(step, digits) - step) < 1e-12 * step), 15)
