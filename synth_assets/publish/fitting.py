"""Whether values of one column fit into a column that is there already (`ddl: match`).

| the target's column | takes from the source |
|---|---|
| the same type in the same family | every value |
| integer | integers; true and false where the target keeps them as 1 and 0 |
| decimal | integers, decimals |
| float | floats that are not wider, integers that it holds exactly |
| text | text, enums, uuid, JSON; arrays, intervals and all else where a created column would be text, too |
| enum | enums, text |
| datetime | datetimes: in UTC where only one of the two has a zone |
| boolean, uuid, json, date, time, binary | the same kind |

Where the target's column is narrower (fewer bits, digits, characters or labels, no NULL), every value that is about to
be published is looked at. All other pairs are refused.
"""

from enum import Enum

import polars as pl

from synth_assets.catalog.mariadb import FAMILY
from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.publish.types import IGNORES_LENGTHS, IGNORES_WIDTHS, PARSED, target_type

_TEXTS = frozenset({Kind.TEXT, Kind.ENUM, Kind.UUID, Kind.JSON, Kind.INTERVAL, Kind.ARRAY, Kind.OTHER})
_TIMES = frozenset({Kind.DATE, Kind.TIME, Kind.DATETIME})
_ALIKE = frozenset({Kind.BOOLEAN, Kind.UUID, Kind.JSON, Kind.DATE})
_DIGITS_OF_BITS = {8: 3, 16: 5, 32: 10, 64: 20}
_EXACT_INTEGER = {32: 2**24, 64: 2**53}
_LENGTHS = {Kind.UUID: 36}


class Fit(Enum):
    ALWAYS = "every value fits"
    BY_VALUE = "each value has to be looked at"
    NEVER = "the types do not go together"


def fit(source: DataType, there: DataType, *, source_dialect: str, dialect: str) -> Fit:
    """Whether values of a source's type fit a type of the target, by the table above."""
    same_family = source_dialect == dialect or {source_dialect, dialect} <= FAMILY
    if same_family and source == there:
        return Fit.ALWAYS
    if dialect == "sqlite":
        return _fit_sqlite(source.kind, there.kind)
    known = _as_enforced(source, source_dialect)
    match known.kind, there.kind:
        case Kind.INTEGER, Kind.INTEGER:
            (least, most), (lowest, highest) = _range(known), _range(there)
            return _always(lowest <= least and most <= highest)
        case Kind.BOOLEAN, Kind.INTEGER if dialect in FAMILY:
            return Fit.ALWAYS
        case Kind.INTEGER, Kind.DECIMAL:
            return _always(_whole_digits(there) >= _DIGITS_OF_BITS[known.bits or 64])
        case Kind.INTEGER, Kind.FLOAT:
            return _always(_range(known)[1] <= _EXACT_INTEGER[there.bits or 64])
        case Kind.DECIMAL, Kind.DECIMAL:
            scale = known.scale or 0 if known.precision is not None else None
            fits = scale is not None and scale <= (there.scale or 0) and _whole_digits(known) <= _whole_digits(there)
            return _always(there.precision is None or fits)
        case Kind.FLOAT, Kind.FLOAT if (known.bits or 64) <= (there.bits or 64):
            return Fit.ALWAYS
        case Kind.ENUM | Kind.TEXT, Kind.ENUM if there.labels:
            return _always(bool(known.labels) and set(known.labels) <= set(there.labels))
        case kind, Kind.TEXT if kind in _TEXTS and target_type(source, source=source_dialect, target=dialect):
            return _always(there.length is None or _longest(known) <= there.length)
        case Kind.BINARY, Kind.BINARY:
            return _always(there.length is None or _longest(known) <= there.length)
        case Kind.DATETIME, Kind.DATETIME:
            return Fit.ALWAYS
        case Kind.TIME, Kind.TIME if known.timezone == there.timezone:
            return Fit.ALWAYS
        case kind, other if kind is other and kind in _ALIKE:
            return Fit.ALWAYS
        case _:
            return Fit.NEVER


def misfit(values: pl.Series, there: Column, *, is_foreign: bool) -> str | None:
    """What keeps values out of a column of the target, without any of the values; None if all fit.

    Args:
        values: As they are in the store.
        is_foreign: Whether the source is of another family, whose texts for odd moments and numbers mean nothing here.
    """
    if values.null_count() and not there.nullable:
        return "some values are NULL, and the column is NOT NULL"
    filled, data_type = values.drop_nulls(), there.type
    if filled.is_empty():
        return None
    if filled.dtype == pl.String and data_type.kind in PARSED and is_foreign:
        return f"some values are no {data_type.native} in the source"
    match data_type.kind:
        case Kind.INTEGER if filled.dtype.is_integer():
            least, most = _range(data_type)
            outside = filled.min() < least or filled.max() > most  # type: ignore[operator]
            return f"some numbers are beyond {data_type.native}" if outside else None
        case Kind.DECIMAL if data_type.precision is not None and filled.dtype.is_numeric():
            rounded = filled.dtype.is_decimal() and (filled != filled.round(data_type.scale or 0)).any()
            beyond = filled.cast(pl.Float64).abs().max() >= 10.0 ** _whole_digits(data_type)
            return f"some numbers have more digits than {data_type.native}" if rounded or beyond else None
        case Kind.FLOAT if filled.dtype.is_integer():
            most = _EXACT_INTEGER[data_type.bits or 64]
            outside = filled.min() < -most or filled.max() > most  # type: ignore[operator]
            return f"{data_type.native} would round some numbers" if outside else None
        case Kind.TEXT if data_type.length is not None and filled.dtype == pl.String:
            longest = filled.str.len_chars().max()
            return _too_long(longest, data_type)
        case Kind.BINARY if data_type.length is not None and filled.dtype == pl.Binary:
            return _too_long(filled.bin.size().max(), data_type)
        case Kind.ENUM if data_type.labels:
            known = filled.cast(pl.String).is_in(data_type.labels)
            return None if known.all() else f"some values are no label of {data_type.native}"
        case _:
            return None


def _too_long(longest: object, data_type: DataType) -> str | None:
    fits = isinstance(longest, int) and longest <= (data_type.length or 0)
    return None if fits else f"some values are longer than {data_type.native}"


def _fit_sqlite(source: Kind, there: Kind) -> Fit:
    """SQLite stores any length, width and label; booleans as integers, decimals as reals, times as texts."""
    pairs = (
        source is there,
        source in _TEXTS and there in _TEXTS,
        source in _TIMES and there in _TEXTS,
        source is Kind.BOOLEAN and there is Kind.INTEGER,
        source is Kind.INTEGER and there in (Kind.DECIMAL, Kind.FLOAT),
        {source, there} == {Kind.DECIMAL, Kind.FLOAT},
        there is Kind.OTHER,
    )
    return _always(any(pairs)) if any(pairs) else Fit.NEVER


def _as_enforced(data_type: DataType, dialect: str) -> DataType:
    """The type without the widths that its database does not keep to."""
    anything = {"length": None} if dialect in IGNORES_LENGTHS else {}
    if dialect in IGNORES_WIDTHS:
        anything |= {"bits": None, "precision": None, "scale": None}
    return data_type.model_copy(update=anything)


def _always(fits: bool) -> Fit:
    return Fit.ALWAYS if fits else Fit.BY_VALUE


def _range(data_type: DataType) -> tuple[int, int]:
    bits = data_type.bits or 64
    return (0, 2**bits - 1) if data_type.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _whole_digits(data_type: DataType) -> float:
    """Digits before the point."""
    return float("inf") if data_type.precision is None else data_type.precision - (data_type.scale or 0)


def _longest(data_type: DataType) -> float:
    """Most characters, or bytes."""
    if data_type.labels:
        return max(len(label) for label in data_type.labels)
    return _LENGTHS.get(data_type.kind) or data_type.length or float("inf")
