"""What is known of one column's values."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Column, Kind
from synth_assets.store.profile import ColumnProfile, PersonalData, PersonalDataAtPath

Numbers = npt.NDArray[np.float64]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
MOST_FREQUENT = 50
MOST_SHAPES = 100
_MOST_SHAPED = 200_000  # different texts whose shape is taken
_LONGEST_SHAPED = 80  # characters
_MOST_DECIMALS = 12  # a number with more digits after the point is continuous
_VALUE, _COUNT = "value", "rows"


def profile_column(
    values: pl.Series,
    *,
    column: Column,
    min_group: int,
    personal: PersonalData | None,
    personal_paths: tuple[PersonalDataAtPath, ...] = (),
) -> ColumnProfile:
    """The profile of one column; every value in it is shared by, or stands for, at least `min_group` rows.

    Args:
        values: All rows of the column.
        personal: What kind of personal data it holds: then no values are listed at all.
        personal_paths: What its JSON documents hold: then none of them is listed, either.
    """
    filled = values.drop_nulls()
    counts = filled.alias(_VALUE).value_counts(name=_COUNT)
    numbers = _numbers(filled, column)
    texts = filled.dtype == pl.String
    lengths = counts[_VALUE].str.len_chars() if texts and len(filled) else None
    quantiles = _quantiles(numbers, min_group) if numbers is not None else ()
    return ColumnProfile(
        name=column.name,
        rows=len(values),
        nulls=values.null_count(),
        distinct=counts.height,
        unique=counts.height == len(filled),
        frequent=() if personal is not None or personal_paths else _frequent(counts, min_group),
        quantiles=quantiles[1:-1],
        minimum=quantiles[0] if quantiles else None,
        maximum=quantiles[-1] if quantiles else None,
        decimals=_decimals(counts[_VALUE]) if numbers is not None else None,
        shortest=None if lengths is None else _integer(lengths.min()),
        longest=None if lengths is None else _integer(lengths.max()),
        shapes=_shapes(counts, min_group) if texts else (),
        personal=personal,
        personal_paths=personal_paths,
    )


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int) else None


def _numbers(filled: pl.Series, column: Column) -> Numbers | None:
    """The finite values as numbers, times as seconds; None if they are no numbers."""
    dtype = filled.dtype
    if isinstance(dtype, pl.String) and column.type.kind is Kind.DECIMAL:
        numbers = filled.cast(pl.Float64, strict=False)
        if numbers.null_count():
            return None
    elif dtype.is_numeric():
        numbers = filled.cast(pl.Float64)
    elif isinstance(dtype, pl.Date | pl.Datetime):
        numbers = filled.cast(pl.Datetime("us")).dt.epoch("us") / 1_000_000
    elif isinstance(dtype, pl.Time):
        numbers = filled.cast(pl.Int64) / 1_000_000_000
    else:
        return None
    return _finite(numbers)


def _finite(numbers: pl.Series) -> Numbers:
    plain: Numbers = numbers.to_numpy()
    return plain[np.isfinite(plain)]


def _quantiles(numbers: Numbers, min_group: int) -> tuple[float, ...]:
    """The protected minimum, the quantiles and the protected maximum: each with `min_group` rows on either side."""
    rows = len(numbers)
    if rows < 2 * min_group:
        return ()
    places = [0, *(round(share * (rows - 1)) for share in QUANTILES), rows - 1]
    protected = [min(max(place, min_group - 1), rows - min_group) for place in places]
    ordered = np.partition(numbers, sorted(set(protected)))
    return tuple(float(ordered[place]) for place in protected)


def _decimals(distinct: pl.Series) -> int | None:
    """Most digits after the point; None for times and for numbers that seem continuous."""
    if distinct.dtype.is_integer():
        return 0
    if distinct.dtype.is_float():
        plain = _finite(distinct.cast(pl.Float64))
        if isinstance(distinct.dtype, pl.Float32):
            return None
        return next((d for d in range(_MOST_DECIMALS + 1) if np.array_equal(np.round(plain, d), plain)), None)
    if not len(distinct) or not isinstance(distinct.dtype, pl.Decimal | pl.String):
        return None
    texts = distinct.cast(pl.String)
    after_point = texts.str.extract(r"^[^eE]*\.(\d*?)0*$").str.len_chars().fill_null(0)
    return None if texts.str.contains("[eE]").any() else _integer(after_point.max())


def _frequent(counts: pl.DataFrame, min_group: int) -> tuple[tuple[JsonValue, int], ...]:
    if isinstance(counts.schema[_VALUE], pl.Binary):
        return ()
    shared = counts.filter(pl.col(_COUNT) >= min_group).sort([_COUNT, _VALUE], descending=[True, False])
    listed = [(_as_json(value), int(rows)) for value, rows in shared.head(MOST_FREQUENT).rows()]
    return tuple((value, rows) for value, rows in listed if value is not None)


def _as_json(value: object) -> JsonValue:
    match value:
        case bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return str(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return None


def _shapes(counts: pl.DataFrame, min_group: int) -> tuple[tuple[str, int], ...]:
    """Character patterns with the rows that have them; of very many different texts an even sample is looked at."""
    looked_at = counts.gather_every(-(-counts.height // _MOST_SHAPED) or 1)
    short = looked_at.filter(pl.col(_VALUE).str.len_chars() <= _LONGEST_SHAPED)
    shape = (
        pl.col(_VALUE)
        .str.replace_all(r"\p{Lu}", "A")
        .str.replace_all(r"[\p{Ll}\p{Lt}\p{Lm}\p{Lo}]", "a")
        .str.replace_all(r"\p{Nd}", "9")
    )
    grouped = short.group_by(shape.alias(_VALUE)).agg(pl.col(_COUNT).sum())
    shared = grouped.filter(pl.col(_COUNT) >= min_group).sort([_COUNT, _VALUE], descending=[True, False])
    rows: Sequence[tuple[str, int]] = shared.head(MOST_SHAPES).rows()
    return tuple(rows)
