"""What synthesizers are told of the columns that they learn."""

from collections.abc import Collection

import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec
from synth_assets.synthesize.relational.gaps import Gaps


def column_spec(values: pl.Series, *, kept: frozenset[str], hidden: Collection[str], gaps: Gaps) -> ColumnSpec:
    """Of an encoded column; `kept`, `hidden` and `gaps` as in Training and Shape."""
    kind = column_kind(values.dtype)
    counted = values.name in hidden and kind is ColumnKind.NUMBER
    return ColumnSpec(
        name=values.name,
        kind=kind,
        nullable=values.null_count() > 0,
        minimum=gaps.least(values.name) if values.name in gaps.columns else 0 if counted else None,
        keep=values.name in kept,
    )


def column_kind(dtype: pl.DataType) -> ColumnKind:
    """How a synthesizer must read a column of this type."""
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
