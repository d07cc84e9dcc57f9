"""Columns of both sides as numbers over one common coding."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy.typing as npt
import polars as pl

Array = npt.NDArray[Any]

NULL = -1
RARE = -2  # a category of fewer than min_group source rows: it must not come out, so nothing is compared about it


class Scale(StrEnum):
    NUMBER = "number"
    CATEGORY = "category"


@dataclass(frozen=True)
class Side:
    """The rows of one side: an array a column, all of one length.

    Numbers and times are float64 with NaN for NULL. Categories are int64 codes in order of the source's counts, with
    NULL = -1, RARE = -2, and one code beyond the source's for whatever the source does not hold.
    """

    values: tuple[Array, ...]
    rows: int

    def take(self, index: Array) -> "Side":
        return Side(tuple(v[index] for v in self.values), len(index))


@dataclass(frozen=True)
class Coding:
    """The two sides of a table over the same columns."""

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    source: Side
    synthetic: Side


def scale_of(source: pl.DataType, synthetic: pl.DataType) -> Scale:
    """How a column is compared; types that differ are compared as text, but for numbers that the source has as text."""
    if synthetic.is_numeric() and (source.is_numeric() or source == pl.String):
        return Scale.NUMBER
    if source.is_temporal() and source == synthetic:
        return Scale.NUMBER
    return Scale.CATEGORY


def as_numbers(column: pl.Series) -> Array:
    """A column of numbers or times as float64, NaN for NULL; times in their own unit since their own origin.

    Text counts as the number that it reads as, infinity and what is no number as NULL.
    """
    physical = column.to_physical() if column.dtype.is_temporal() else column
    if physical.dtype == pl.String:
        read = physical.cast(pl.Float64, strict=False)
        physical = read.set(read.is_infinite(), None)
    numbers: Array = physical.cast(pl.Float64).to_numpy()
    return numbers


def as_text(column: pl.Series) -> pl.Series:
    """A column of categories as text; binary as hexadecimal digits."""
    return column.bin.encode("hex") if column.dtype == pl.Binary else column.cast(pl.String)


def category_codes(source: pl.Series, others: Sequence[pl.Series], *, min_group: int) -> tuple[Array, ...]:
    """Codes of the source's categories and, in the same coding, of other columns'."""
    texts = as_text(source)
    counts = (
        texts.drop_nulls()
        .alias("value")
        .value_counts(name="count")
        .sort(["count", "value"], descending=[True, False])
        .with_columns(
            pl.when(pl.col("count") < min_group)
            .then(RARE)
            .otherwise(pl.int_range(pl.len()))
            .alias("code")
            .cast(pl.Int64)
        )
        .select("value", "code")
    )

    def code(column: pl.Series) -> Array:
        looked_up = column.to_frame("value").join(counts, on="value", how="left", maintain_order="left")
        codes = pl.when(pl.col("value").is_null()).then(NULL).otherwise(pl.col("code").fill_null(counts.height))
        coded: Array = looked_up.select(codes.cast(pl.Int64)).to_series().to_numpy()
        return coded

    return (code(texts), *(code(as_text(other)) for other in others))


def encode(
    source: pl.DataFrame,
    synthetic: pl.DataFrame,
    *,
    columns: Sequence[str],
    kept: frozenset[str],
    min_group: int,
    everything: pl.DataFrame | None = None,
) -> Coding:
    """Both sides of a table, column by column, over one coding.

    Args:
        kept: Columns whose real values may come out whatever their number: none of their categories is rare.
        everything: All source rows, where `source` is a part of them: its counts say which categories are rare.
    """
    scales, left, right = [], [], []
    for name in columns:
        scale = scale_of(source[name].dtype, synthetic[name].dtype)
        scales.append(scale)
        if scale is Scale.NUMBER:
            left.append(as_numbers(source[name]))
            right.append(as_numbers(synthetic[name]))
        else:
            counted = (everything if everything is not None else source)[name]
            least = 1 if name in kept else min_group
            _, first, second = category_codes(counted, [source[name], synthetic[name]], min_group=least)
            left.append(first)
            right.append(second)
    return Coding(tuple(columns), tuple(scales), Side(tuple(left), source.height), Side(tuple(right), synthetic.height))
