"""Which columns figures are about, and their values in a common coding."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import NULL, Array, Scale, Side, as_numbers, category_codes

Kinds = Mapping[str, str]
COMPARED = ("numerical", "categorical", "boolean", "datetime")
CATEGORIES = ("categorical", "boolean")


def compared_columns(schema: Mapping[str, Any], table: str) -> dict[str, str]:
    """The kinds of the columns that hold something to compare: neither ids and texts nor columns of keys."""
    spec = schema["tables"][table]
    referring = {column for key in schema["foreign_keys"] if key["table"] == table for column in key["columns"]}
    return {
        column: kind
        for column, kind in spec["columns"].items()
        if kind in COMPARED and column not in referring and column not in spec["primary_key"]
    }


def draw(frame: pl.DataFrame, most: int, rng: np.random.Generator) -> pl.DataFrame:
    """At most `most` rows, without replacement."""
    return frame if frame.height <= most else frame[rng.choice(frame.height, most, replace=False)]


def coded(real: pl.DataFrame, others: Sequence[pl.DataFrame], kinds: Kinds) -> tuple[tuple[Scale, ...], list[Side]]:
    """The scales of the columns, and the real rows and the others over one coding; see statistics.encoding.Side.

    What is a category is so by its kind, whatever its type: a whole number may be one.
    """
    frames = [real, *others]
    columns: list[list[Array]] = [[] for _ in frames]
    scales = []
    for name, kind in kinds.items():
        series = [frame[name] for frame in frames]
        if kind in CATEGORIES:
            scales.append(Scale.CATEGORY)
            values = category_codes(series[0], series[1:], min_group=1)
        else:
            scales.append(Scale.NUMBER)
            values = tuple(as_numbers(s) for s in series)
        for column, coded_values in zip(columns, values, strict=True):
            column.append(coded_values)
    return tuple(scales), [Side(tuple(c), f.height) for c, f in zip(columns, frames, strict=True)]


def matrix(scales: Sequence[Scale], side: Side) -> Array:
    """The rows as float64 of shape (rows, columns), NaN for NULL."""
    if not side.values:
        return np.empty((side.rows, 0))
    return np.column_stack(
        [
            np.where(values == NULL, np.nan, values) if scale is Scale.CATEGORY else values
            for scale, values in zip(scales, side.values, strict=True)
        ]
    ).astype(np.float64)
