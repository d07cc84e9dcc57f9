"""A column as the engine sees it: one or more parts, each a column of small integer codes (0 is NULL).

A number, a boolean and a category are one part. A time of a longer span is up to three: the day (or week and weekday,
where weekdays differ) and the time of day, so that opening hours and weekends come out as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec
from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.numbers import NumberCodes
from synth_assets.synthesize.trees.scale import Codes, Floats, Mask, Scale
from synth_assets.synthesize.trees.staying import STAYS, StayingLabels

_TICKS_A_DAY = {"ns": 86_400 * 10**9, "us": 86_400 * 10**6, "ms": 86_400 * 10**3}
_ROWS = 20_000
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class Booleans:
    """Codes 0 NULL, 1 False, 2 True."""

    count: int = 2
    allowed: int = 2

    def encode(self, series: pl.Series) -> Codes:
        return (series.cast(pl.UInt16) + 1).fill_null(0).to_numpy()

    def decode(self, name: str, codes: Codes) -> pl.Series:
        return pl.Series([None, False, True], dtype=pl.Boolean).gather(pl.Series(codes)).alias(name)


@dataclass(frozen=True)
class Numbers:
    """A number or time: its scale and the codes of its parts.

    Attributes:
        split: What the parts are: ("value",), ("day", "time"), ("week", "weekday"), ("week", "weekday", "time").
        least, most: Range of the whole value, in units; parts put together never leave it.
    """

    scale: Scale
    split: tuple[str, ...]
    parts: tuple[NumberCodes, ...]
    least: float
    most: float

    @property
    def ticks_a_day(self) -> float:
        return float(_TICKS_A_DAY[self.scale.dtype.time_unit]) if isinstance(self.scale.dtype, pl.Datetime) else 1.0

    def encode(self, series: pl.Series) -> list[Codes]:
        return self.encode_values(*_units(self.scale, series))

    def encode_values(self, values: Floats, missing: Mask) -> list[Codes]:
        """The codes of values in the scale's units."""
        columns = _parted(values, self.split, self.ticks_a_day)
        return [part.encode(column, missing) for part, column in zip(self.parts, columns, strict=True)]

    def decode(self, name: str, codes: Sequence[Codes], rng: np.random.Generator) -> pl.Series:
        return self.scale.series(name, *self.values(codes, rng))

    def values(self, codes: Sequence[Codes], rng: np.random.Generator) -> tuple[Floats, Mask]:
        """(values in the scale's units, which of them are NULL)."""
        columns = [part.decode(of, rng) for part, of in zip(self.parts, codes, strict=True)]
        missing = codes[0] == 0
        values = _joined(columns, self.split, self.ticks_a_day)
        if len(self.split) > 1:
            step = self.ticks_a_day * (7 if "week" in self.split else 1)
            values = np.where(values < self.least, values + step, np.where(values > self.most, values - step, values))
        values = np.clip(values, self.least, self.most)
        return np.where(missing, 0.0, np.rint(values) if self.scale.whole else values), missing


Coding = Booleans | LabelCodes | StayingLabels | Numbers


@dataclass(frozen=True)
class ColumnCodes:
    """One column and its coding; `names` are the names of its parts."""

    name: str
    coding: Coding

    @property
    def names(self) -> tuple[str, ...]:
        if isinstance(self.coding, Numbers) and len(self.coding.parts) > 1:
            return tuple(f"{self.name}.{part}" for part in self.coding.split)
        if isinstance(self.coding, StayingLabels):
            return (f"{self.name}.stays", self.name)
        return (self.name,)

    @property
    def counts(self) -> tuple[int, ...]:
        """The highest code of each part."""
        match self.coding:
            case Numbers():
                return tuple(part.count for part in self.coding.parts)
            case StayingLabels():
                return (STAYS, self.coding.labels.count)
            case _:
                return (self.coding.count,)

    @property
    def allowed(self) -> tuple[int, ...]:
        """The highest code of each part that may be drawn."""
        match self.coding:
            case Numbers():
                return self.counts
            case StayingLabels():
                return (STAYS, self.coding.labels.allowed)
            case _:
                return (self.coding.allowed,)

    @property
    def discrete(self) -> tuple[bool, ...]:
        """Whether each code of a part is one value."""
        if isinstance(self.coding, Numbers):
            return tuple(bool((part.bin_of < 0).all()) for part in self.coding.parts)
        return (True,) * len(self.counts)

    @property
    def ordered(self) -> bool:
        """Whether codes stand in the order of the values."""
        return not isinstance(self.coding, LabelCodes | StayingLabels)

    def spans(self) -> tuple[Floats, Floats] | None:
        """(the lowest, the highest number) of each code but NULL, if its codes are those of whole numbers or times."""
        if not isinstance(self.coding, Numbers) or len(self.coding.parts) > 1:
            return None
        (part,), scale = self.coding.parts, self.coding.scale
        digits = scale.dtype.scale if isinstance(scale.dtype, pl.Decimal) else 0
        ends = ((units + scale.base) / 10**digits for units in part.spans())
        return next(ends), next(ends)

    def centres(self) -> list[Floats | None]:
        """For each part the number that stands for each code (NaN for NULL), None for labels."""
        match self.coding:
            case Numbers():
                return [part.centres() for part in self.coding.parts]
            case Booleans():
                return [np.array([np.nan, 0.0, 1.0])]
            case _:
                return [None] * len(self.counts)

    @property
    def previous(self) -> str | None:
        """The column of the context that holds the label before, for one that mostly stays."""
        return self.coding.previous if isinstance(self.coding, StayingLabels) else None

    def encode(self, series: pl.Series, before: pl.Series | None = None) -> list[Codes]:
        """The codes of each part; `before` is the column named by `previous`."""
        match self.coding:
            case Numbers():
                return self.coding.encode(series)
            case StayingLabels():
                assert before is not None  # noqa: S101 (promised above)
                return self.coding.encode(series, before)
            case _:
                return [self.coding.encode(series)]

    def decode(self, codes: Sequence[Codes], rng: np.random.Generator, before: pl.Series | None = None) -> pl.Series:
        """The inverse of `encode`; numbers fall anywhere in their bins."""
        match self.coding:
            case Numbers():
                return self.coding.decode(self.name, codes, rng)
            case StayingLabels():
                assert before is not None  # noqa: S101 (promised above)
                return self.coding.decode(self.name, codes, before, rng)
            case LabelCodes():
                return self.coding.decode(self.name, codes[0], rng)
            case _:
                return self.coding.decode(self.name, codes[0])

    @classmethod
    def fit(cls, series: pl.Series, spec: ColumnSpec, *, min_group: int, bins: int, seed: int) -> "ColumnCodes":
        """The coding of a learned column."""
        match spec.kind:
            case ColumnKind.BOOLEAN:
                return cls(spec.name, Booleans())
            case ColumnKind.CATEGORY:
                labels = LabelCodes.fit(series, min_group=min_group, keep=spec.keep, declared=spec.labels, seed=seed)
                return cls(spec.name, StayingLabels(labels, spec.stays) if spec.stays else labels)
            case _:
                return cls(spec.name, _numbers(series, spec, min_group, bins))

    @classmethod
    def fit_context(cls, series: pl.Series, *, min_group: int, bins: int) -> "ColumnCodes":
        """The coding of a context column, by its type; it is never decoded. Looks at 20,000 evenly spread rows."""
        series = (
            series.gather(np.linspace(0, len(series) - 1, _ROWS).astype(np.intp)) if len(series) > _ROWS else series
        )
        if series.dtype == pl.Boolean:
            return cls(series.name, Booleans())
        if series.dtype == pl.String:
            return cls(series.name, LabelCodes.fit_context(series, min_group=min_group, most=4 * bins))
        spec = ColumnSpec(series.name, ColumnKind.NUMBER)
        return cls(series.name, _numbers(series, spec, min_group, bins, drawn=False))


def _numbers(series: pl.Series, spec: ColumnSpec, min_group: int, bins: int, *, drawn: bool = True) -> Numbers:
    scale = Scale.of(series)
    values, missing = _units(scale, series)
    values = values[~missing]
    limits = (
        -np.inf if spec.minimum is None else scale.bound(spec.minimum),
        np.inf if spec.maximum is None else scale.bound(spec.maximum),
    )
    group = 1 if spec.keep else min_group
    whole = NumberCodes.fit(
        values, dtype=scale.dtype, min_group=min_group, most_codes=bins, keep=spec.keep, drawn=drawn, limits=limits
    )
    split = _split(values, scale.dtype, group)
    if split == ("value",):
        return Numbers(scale, split, (whole,), whole.least, whole.most)
    ticks = float(_TICKS_A_DAY[scale.dtype.time_unit]) if isinstance(scale.dtype, pl.Datetime) else 1.0
    parts = tuple(
        NumberCodes.fit(
            column,
            dtype=scale.dtype if part == "time" else pl.Date(),
            min_group=min_group,
            most_codes=bins,
            keep=spec.keep,
            drawn=drawn,
        )
        for part, column in zip(split, _parted(values, split, ticks), strict=True)
    )
    return Numbers(scale, split, parts, whole.least, whole.most)


def _units(scale: Scale, series: pl.Series) -> tuple[Floats, Mask]:
    """Units, with NaN taken for missing."""
    values, missing = scale.units(series)
    if series.dtype.is_float():
        strange = np.isnan(values)
        if strange.any():
            return np.where(strange, 0.0, values), missing | strange
    return values, missing


def _split(values: Floats, dtype: pl.DataType, group: int) -> tuple[str, ...]:
    """Which parts a column of times is best drawn in."""
    if not isinstance(dtype, pl.Date | pl.Datetime) or len(values) < max(200, 4 * group):
        return ("value",)
    ticks = float(_TICKS_A_DAY[dtype.time_unit]) if isinstance(dtype, pl.Datetime) else 1.0
    days = np.floor(values / ticks)
    span = float(np.quantile(days, 0.99) - np.quantile(days, 0.01))
    if span < 7:
        return ("value",)
    clock = ("time",) if np.any(values != days * ticks) else ()
    counts = np.bincount(((days + _MONDAY) % 7).astype(np.intp), minlength=7) / len(days)
    uneven = 7 * float(((counts - 1 / 7) ** 2).sum())  # chi-squared statistic over the number of rows
    _, each = np.unique(days, return_counts=True)
    if span >= 60 and uneven > 0.03 and uneven * len(days) > 40 and each.max() < 0.02 * len(days):
        return ("week", "weekday", *clock)
    # A column of whole days is simplest as it is, whatever its type.
    return ("day", *clock) if clock else ("value",)


def _parted(values: Floats, split: tuple[str, ...], ticks: float) -> list[Floats]:
    if split == ("value",):
        return [values]
    days = np.floor(values / ticks)
    found = {"day": days, "week": np.floor((days + _MONDAY) / 7), "weekday": (days + _MONDAY) % 7}
    return [values - days * ticks if part == "time" else found[part] for part in split]


def _joined(columns: Sequence[Floats], split: tuple[str, ...], ticks: float) -> Floats:
    if split == ("value",):
        return columns[0]
    of = dict(zip(split, columns, strict=True))
    days = of["day"] if "day" in of else of["week"] * 7 + of["weekday"] - _MONDAY
    return days * ticks + of.get("time", 0.0)
