"""Tables with every type that a synthesizer may get."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, Synthesizer, TableSpec


def every_type(n: int = 300, *, seed: int = 0) -> pl.DataFrame:
    """Rows of all types: nulls, rare categories, extremes, a constant, an empty column, two columns that agree."""
    rng = np.random.default_rng(seed)
    size = rng.normal(50, 10, n)
    kind = np.where(size > 50, "large", "small").astype(object)
    kind[: min(3, n)] = "a rare kind"
    integers = size.round().astype(np.int64)
    integers[: min(2, n)] = 9_999
    nulls = rng.random(n) < 0.3
    start = datetime(2020, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=15 * int(m)) for m in rng.integers(0, 100_000, n)]
    return pl.DataFrame(
        {
            "integer": integers,
            "unsigned": (2**63 + integers.astype(np.uint64) * 2048).tolist(),
            "single": size,
            "double": [None if null else float(v) for null, v in zip(nulls, size.round(1), strict=True)],
            "price": [Decimal(int(v)) / 100 for v in size * 100],
            "wide": [Decimal(int(v)) * 10**25 for v in size],
            "kind": kind.tolist(),
            "maybe": [None if null else bool(v > 50) for null, v in zip(nulls, size, strict=True)],
            "day": [date(1999, 1, 1) + timedelta(days=int(v)) for v in size * 10],
            "at": moments,
            "clock": [time(int(v) % 24, 30) for v in size],
            "nothing": [None] * n,
            "constant": ["one"] * n,
        },
        schema={
            "integer": pl.Int64,
            "unsigned": pl.UInt64,
            "single": pl.Float32,
            "double": pl.Float64,
            "price": pl.Decimal(10, 2),
            "wide": pl.Decimal(38, 3),
            "kind": pl.String,
            "maybe": pl.Boolean,
            "day": pl.Date,
            "at": pl.Datetime("us", "UTC"),
            "clock": pl.Time,
            "nothing": pl.String,
            "constant": pl.String,
        },
    )


def spec_of(rows: pl.DataFrame, *, min_group: int = 5, **bounds: dict[str, float | bool]) -> TableSpec:
    """The spec of a frame; `bounds` are further fields of single columns."""
    columns = tuple(
        ColumnSpec(name, _kind(dtype), nullable=rows[name].null_count() > 0, **bounds.get(name, {}))  # type: ignore[arg-type]
        for name, dtype in rows.schema.items()
    )
    return TableSpec("things", columns, min_group)


def draw(synthesizer: Synthesizer, n: int, *, seed: int = 0, given: pl.DataFrame | None = None) -> pl.DataFrame:
    return synthesizer.sample(n, context=None, given=given, rng=np.random.default_rng(seed))


def _kind(dtype: pl.DataType) -> ColumnKind:
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
