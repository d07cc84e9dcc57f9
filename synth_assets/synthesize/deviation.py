"""How far numbers are off others that they nearly follow, and back.

What follows a number more closely than its codes lie apart - the close of a day and its opening, two years'
populations, a file's bytes and its seconds, a meter's reading and the one before - comes out of a tree as far off as
two values of one code are. So it is learned as its difference, or, where deviations grow with the values, as its ratio.
(Differencing and ratios to a base series, as Box and Jenkins 1970 use them.)
"""

from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formula import scale_of

Numbers = npt.NDArray[np.float64]
Way = Literal["difference", "ratio"]

FEWEST_ROWS = 200
_CODES = 64  # most values of the other column that a tree tells apart
_ROWS_A_CODE = 40
_SPACING = 4  # neighbours on either side by which a density is told
_GAIN = 0.15  # nats that deviations must be less uncertain than the values under one code of the other column
_CLEARLY = 0.05  # nats by which a less simple way must be better
_HEAVY = 0.1  # share of rows whose values are so frequent that they are learned by themselves
_DIGITS = 4  # of a slope: fewer than would tell single rows
_EXACT = 2.0**52


class Tie(Value):
    """In which way numbers follow others.

    Attributes:
        gain: Nats that deviations are less uncertain than the values under one code of the others.
        slope: What the others are multiplied by, for a difference.
    """

    gain: float
    way: Way
    slope: float


class Deviation(Value):
    """Numbers as their differences from `slope` times others, or as their ratios to them.

    Attributes:
        scale: Decimal places of the numbers; None for floats that have any. Of times, whose unit is one tick: 0.
        least, most: The range in which the numbers may come out.
    """

    way: Way
    slope: float
    scale: int | None
    least: float
    most: float

    @classmethod
    def of(cls, values: pl.Series, tie: Tie, *, min_group: int) -> "Deviation":
        """For a column, of which at least `min_group` values must lie beyond the ends of what may come out."""
        least, most = protected_range(np.sort(plain_numbers(values.drop_nulls())), min_group)
        scale = 0 if values.dtype.is_temporal() else scale_of(values)
        return cls(way=tie.way, slope=tie.slope, scale=scale, least=least, most=most)

    @property
    def whole(self) -> bool:
        """Whether deviations are whole numbers: of the last decimal place."""
        return self.way == "difference" and self.scale is not None

    def encode(self, values: Numbers, by: Numbers) -> Numbers:
        """The deviations; NaN where a value or the other number is."""
        if self.way == "ratio":
            return np.where(by == 0, 1.0, values / np.where(by == 0, 1.0, by)) + 0 * values
        off = values - self._expected(by)
        return off if self.scale is None else np.rint(off * 10.0**self.scale)

    def decode(self, off: Numbers, by: Numbers) -> Numbers:
        """The numbers; NaN where a deviation or the other number is."""
        if self.way == "ratio":
            values = off * by
        else:
            values = self._expected(by) + (off if self.scale is None else off / 10.0**self.scale)
        values = np.clip(values, self.least, self.most)
        return values if self.scale is None else np.round(values, self.scale)

    def _expected(self, by: Numbers) -> Numbers:
        expected = by if self.slope == 1 else self.slope * by
        return expected if self.scale is None else np.round(expected, self.scale)


def plain_numbers(values: pl.Series) -> Numbers:
    """Floats, times as ticks; NaN where NULL."""
    plain = values.to_physical() if values.dtype.is_temporal() else values
    return plain.cast(pl.Float64).to_numpy()


def typed(name: str, values: Numbers, dtype: pl.DataType) -> pl.Series:
    """The inverse of `plain_numbers`."""
    made = pl.Series(name, values, nan_to_null=True)
    if dtype.is_temporal():
        whole = made.cast(pl.Int64)
        return (whole.cast(pl.Int32) if dtype == pl.Date else whole).cast(dtype)
    return made.round(dtype.scale).cast(dtype) if isinstance(dtype, pl.Decimal) else made.cast(dtype)


def may_follow(values: pl.Series) -> bool:
    """Whether a column of numbers or times has, but for 0, values that few rows share, and that floats hold exactly."""
    known = values.drop_nulls()
    known = known.filter(known != 0) if known.dtype.is_numeric() else known
    if len(known) < FEWEST_ROWS:
        return False
    counts = known.value_counts()["count"].to_numpy()
    heavy = counts[counts >= max(len(known) / (2 * _CODES), 2)].sum()
    plain = plain_numbers(known)
    return bool(heavy <= _HEAVY * len(known) and np.isfinite(plain).all() and np.abs(plain).max() < _EXACT)


def find_tie(values: Numbers, by: Numbers, *, times: bool, most_codes: int = _CODES) -> Tie | None:
    """The way in which numbers follow others more closely than under codes of these; None if they do not.

    Times follow times by their difference only. NaN stands for what is not known. `most_codes` are those of the other
    that a tree tells apart.
    """
    both = np.isfinite(values) & np.isfinite(by)
    values, by = values[both], by[both]
    if not times:
        # Nothing of nothing, sales of closed days, says nothing; frequent zeros of something would get lost.
        if np.mean(values == 0) > _HEAVY and np.any((values == 0) != (by == 0)):
            return None
        some = (values != 0) | (by != 0)
        values, by = values[some], by[some]
    codes = min(len(values) // _ROWS_A_CODE, most_codes)
    if codes < 2 or len(values) < FEWEST_ROWS:
        return None
    order = np.argsort(by, kind="stable")
    values, by = values[order], by[order]
    spans = np.linspace(0, len(values), codes + 1).astype(np.intp)
    steps = np.diff(np.unique(values))
    finest = np.full(codes, float(steps.min()) if len(steps) else 1.0)
    plain = _entropy(values, spans, finest)

    def tried(off: Numbers, least: Numbers, stretched: float, way: Way, slope: float) -> tuple[Tie, float]:
        """The tie with how uncertain its deviations are over all rows; a density is stretched with its values."""
        gain = plain - _entropy(off, spans, least) - stretched
        return Tie(gain=gain, way=way, slope=slope), _spread(off) + stretched

    best = tried(values - by, finest, 0.0, "difference", 1.0)
    if not times:
        slope = _slope(values, by)
        if slope:
            best = _better(best, tried(values - slope * by, finest, 0.0, "difference", slope))
        if by[0] > 0 and values.min() > 0:
            middles = np.array([np.median(by[start:end]) for start, end in pairwise(spans)])
            stretched = float(np.log(by).mean())
            best = _better(best, tried(values / by, finest / middles, stretched, "ratio", 1.0))
    return best[0] if best[0].gain >= _GAIN else None


def _better(simple: tuple[Tie, float], other: tuple[Tie, float]) -> tuple[Tie, float]:
    """The simpler way, unless the other leaves clearly less uncertain: among alike rows, or, if as much, over all."""
    (first, over_all), (second, over_all_too) = simple, other
    if abs(second.gain - first.gain) > _CLEARLY:
        return max(simple, other, key=lambda one: one[0].gain)
    return other if over_all_too < over_all - _CLEARLY else simple


def _spread(values: Numbers) -> float:
    """The log of how wide the middle of the values is: their entropy in nats, but for what their shape adds."""
    low, high = np.quantile(values, (0.1, 0.9))
    return float(np.log(max(high - low, 1e-300)))


def _slope(values: Numbers, by: Numbers) -> float:
    """Of the least-squares line through all but the ends of rows sorted by `by`; 0 if there is none."""
    middle = slice(len(values) // 50, len(values) - len(values) // 50)
    spread = float(by[middle].var())
    slope = float(np.cov(by[middle], values[middle], ddof=0)[0, 1]) / spread if spread > 0 else 0.0
    return float(f"{slope:.{_DIGITS}g}")


def _entropy(values: Numbers, spans: npt.NDArray[np.intp], finest: Numbers) -> float:
    """The mean differential entropy within spans of rows, in nats, by the spacings of sorted values (Vasicek 1976).

    No distance counts as smaller than the `finest` step of its span.
    """
    total = 0.0
    for (start, end), least in zip(pairwise(spans), finest.tolist(), strict=True):
        part, at = np.sort(values[start:end]), np.arange(end - start)
        near = part[np.minimum(at + _SPACING, len(part) - 1)] - part[np.maximum(at - _SPACING, 0)]
        total += float(np.log(np.maximum(near, least) * len(part) / (2 * _SPACING)).sum())
    return total / int(spans[-1])


def protected_range(ordered: Numbers, min_group: int) -> tuple[float, float]:
    """What may come out of sorted values: beyond either end lie `min_group` of them, and no end is one row's value."""
    group = max(min(min_group, len(ordered) // 2), 1)
    low = (ordered[group - 1] + ordered[group]) / 2
    high = (ordered[-group] + ordered[-group - 1]) / 2
    return float(low), float(high)
