"""Columns as SDV gets them: filled float64 numbers, and categories as codes without any text of the source.

SDV detects no types here and never sees a null, a rare category or an extreme: numbers and times are float64 on the
native engine's scale, clipped to the protected range; categories and booleans are codes; a null of a number is a
category of its own column. Whatever SDV then draws is decoded into the protected range and the column's exact type.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import JsonValue

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec
from synth_assets.synthesize.trees.grain import Grains
from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.saving import dtype_from_json, dtype_to_json, floats, unfloats
from synth_assets.synthesize.trees.scale import Floats, Mask, Scale

UNKNOWN = -1
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CategoryCoding:
    """Codes of a category or boolean: 0 null, 1 .. len(labels) the labels. `labels` None: a boolean."""

    labels: tuple[str, ...] | None

    def encode(self, series: pl.Series) -> Integers:
        """The code of each value; UNKNOWN for a text that is no label."""
        if self.labels is None:
            return (series.cast(pl.Int64) + 1).fill_null(0).to_numpy()
        known = series.replace_strict(
            list(self.labels), list(range(1, len(self.labels) + 1)), default=None, return_dtype=pl.Int64
        )
        return np.where(series.is_null().to_numpy(), 0, known.fill_null(UNKNOWN).to_numpy())

    def decode(self, name: str, codes: Integers) -> pl.Series:
        if self.labels is None:
            return pl.Series([None, False, True], dtype=pl.Boolean).gather(pl.Series(codes)).alias(name)
        return pl.Series([None, *self.labels], dtype=pl.String).gather(pl.Series(codes)).alias(name)


@dataclass(frozen=True)
class NumberCoding:
    """A number or time on its scale.

    Attributes:
        least, most: Nothing outside may come out; neither is a value that fewer than min_group rows have.
        grains: How finely values are rounded.
        missing: Some values are null.
    """

    scale: Scale
    least: float
    most: float
    grains: Grains
    missing: bool

    @classmethod
    def fit(cls, series: pl.Series, spec: ColumnSpec, *, min_group: int) -> Self | None:
        """The coding, or None for a column of too few different values to learn anything about."""
        scale = Scale.of(series)
        values, missing = units(scale, series)
        found = np.sort(values[~missing])
        group = 1 if spec.keep else min_group
        if len(found) < max(2 * group, 2):
            return None
        grains = Grains.fit(found, np.zeros(len(found), np.intp), 1, dtype=scale.dtype)
        least, most = _shared_end(found, group), -_shared_end(-found[::-1], group)
        least = max(least, -np.inf if spec.minimum is None else scale.bound(spec.minimum))
        most = min(most, np.inf if spec.maximum is None else scale.bound(spec.maximum))
        if scale.whole:
            least, most = float(np.ceil(least)), float(np.floor(most))
        if least >= most:
            return None
        return cls(scale, least, most, grains, bool(missing.any()) and spec.nullable)

    def encode(self, series: pl.Series) -> tuple[Floats, Mask]:
        """(units within the range, null mask)."""
        values, missing = units(self.scale, series)
        return np.clip(values, self.least, self.most), missing

    def decode(self, name: str, values: Floats, missing: Mask, rng: np.random.Generator) -> pl.Series:
        values = np.nan_to_num(values, nan=(self.least + self.most) / 2)
        values = np.clip(values, self.least, self.most)
        rounded, sizes = self.grains.apply(values, np.zeros(len(values), np.intp), rng.random(len(values)))
        inward = np.where(sizes > 0, sizes, 0)
        rounded = np.where(rounded < self.least, rounded + inward, rounded)
        rounded = np.where(rounded > self.most, rounded - inward, rounded)
        rounded = np.clip(rounded, self.least, self.most)
        return self.scale.series(name, np.where(missing, 0.0, rounded), missing)


Coding = CategoryCoding | NumberCoding


def fit_coding(series: pl.Series, spec: ColumnSpec, *, min_group: int) -> Coding | None:
    """A column's coding; None where there is nothing that SDV could learn: no value, one value, or only rare ones."""
    if spec.kind is ColumnKind.BOOLEAN:
        return CategoryCoding(None) if series.n_unique() > 1 else None
    if spec.kind is ColumnKind.CATEGORY:
        codes = LabelCodes.fit(series, min_group=min_group, keep=spec.keep)
        outcomes = len(codes.labels) + (series.null_count() > 0)
        return CategoryCoding(codes.labels) if codes.labels and outcomes > 1 else None
    return NumberCoding.fit(series, spec, min_group=min_group)


def units(scale: Scale, series: pl.Series) -> tuple[Floats, Mask]:
    """Units and the mask of what is no number: null, NaN, infinite."""
    values, missing = scale.units(series)
    strange = ~np.isfinite(values)
    return np.where(strange, 0.0, values), missing | strange


def _shared_end(ascending: Floats, group: int) -> float:
    """The lower end of the protected range; the middle to the next value if too few rows have it."""
    end = float(ascending[group - 1])
    if np.searchsorted(ascending, end, "right") - np.searchsorted(ascending, end) >= group:
        return end
    above = ascending[ascending > end]
    return (end + float(above[0])) / 2 if len(above) else end


def coding_to_json(coding: Coding) -> dict[str, JsonValue]:
    if isinstance(coding, CategoryCoding):
        return {"labels": None if coding.labels is None else list(coding.labels)}
    return {
        "dtype": dtype_to_json(coding.scale.dtype),
        "base": str(coding.scale.base),
        "range": floats([coding.least, coding.most]),
        "grains": floats(coding.grains.sizes),
        "shares": [floats(row) for row in coding.grains.shares],
        "missing": coding.missing,
    }


def coding_from_json(value: Any) -> Coding:
    if "labels" in value:
        return CategoryCoding(None if value["labels"] is None else tuple(value["labels"]))
    least, most = unfloats(value["range"]).tolist()
    shares = np.array([unfloats(row) for row in value["shares"]])
    grains = Grains(tuple(unfloats(value["grains"]).tolist()), shares)
    scale = Scale(dtype_from_json(value["dtype"]), int(value["base"]))
    return NumberCoding(scale, least, most, grains, value["missing"])
