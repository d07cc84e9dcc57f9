"""How one column of a SQLite table is read so that every value survives.

SQLite types values, not columns: a column may hold integers, reals, texts and blobs at once. What a column really
holds decides its type in the snapshot; its declared type wins where every value fits it exactly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from synth_assets.catalog.frames import MOST_DECIMAL_DIGITS, polars_type
from synth_assets.catalog.model import Column, Kind
from synth_assets.extract.time_formats import TimeFormat

STORAGE_CLASSES = ("integer", "real", "text", "blob")
_EXACT_IN_FLOAT = 2**53
_EXACT_DIGITS = 15  # decimal digits that every double keeps
_TIMES = (Kind.DATE, Kind.TIME, Kind.DATETIME)
_TEXTS = (Kind.TEXT, Kind.ENUM, Kind.UUID, Kind.JSON, Kind.INTERVAL, Kind.ARRAY)
# A value of each storage class: the driver takes a column's type from its first row.
_FIRST_ROW = {"integer": "0", "real": "0.5", "text": "''", "blob": "x''"}


@dataclass(frozen=True)
class Holding:
    """What a column holds.

    Attributes:
        classes: The storage classes of its values that are not NULL: some of integer, real, text, blob.
        smallest, largest: Of its integers; 0 if there are none.
        fits_decimal: Every real has as many digits as the declared type, and no more than a double keeps exactly.
    """

    classes: frozenset[str]
    smallest: int = 0
    largest: int = 0
    fits_decimal: bool = False

    @property
    def is_numeric(self) -> bool:
        return self.classes <= {"integer", "real"}

    @property
    def is_exact_in_float(self) -> bool:
        return self.is_numeric and max(-self.smallest, self.largest) <= _EXACT_IN_FLOAT


@dataclass(frozen=True)
class Reading:
    """How a column is read: some result columns of a query, and how the values are put together from them.

    Attributes:
        selected: Storage classes of the result columns, one each; a single one means the column as it is.
        assemble: From the result columns to the column of the snapshot.
        format: If its texts are read as times.
    """

    column: str
    dtype: pl.DataType
    selected: tuple[str, ...]
    assemble: Callable[[Sequence[pl.Series]], pl.Series] = field(repr=False)
    format: str | None = None

    def expressions(self, source: str) -> list[str]:
        """The SQL of the result columns, for the column `source`."""
        if len(self.selected) == 1:
            return [source]
        return [f"CASE typeof({source}) WHEN '{storage}' THEN {source} END" for storage in self.selected]

    def first_row(self) -> list[str]:
        """The SQL of a value of each result column's type."""
        return [_FIRST_ROW[storage] for storage in self.selected]


def decimal_bound(column: Column) -> tuple[int, int] | None:
    """Digits before and after the point that a real may have to be a decimal of the declared type."""
    declared = column.type
    if declared.kind is not Kind.DECIMAL or declared.precision is None or declared.precision > MOST_DECIMAL_DIGITS:
        return None
    scale = declared.scale or 0
    if not 0 <= scale <= min(declared.precision, _EXACT_DIGITS):
        return None
    return min(declared.precision, _EXACT_DIGITS) - scale, scale


def expected(column: Column, source: str) -> tuple[Holding, str] | None:
    """What a column of its type nearly always holds, and the SQL that is true of every value that is different.

    Checking this for all columns in one scan is several times cheaper than finding out what each really holds.
    None if the type does not say.
    """
    bound = decimal_bound(column)
    match column.type.kind:
        case Kind.INTEGER:
            return Holding(frozenset({"integer"})), f"typeof({source}) NOT IN ('integer', 'null')"
        case Kind.FLOAT:
            return Holding(frozenset({"real"})), f"typeof({source}) NOT IN ('real', 'null')"
        case Kind.BOOLEAN:
            unlike = f"{source} IS NOT NULL AND NOT (typeof({source}) = 'integer' AND {source} BETWEEN 0 AND 1)"
            return Holding(frozenset({"integer"}), 0, 1), unlike
        case Kind.DECIMAL if bound is not None:
            fits = f"typeof({source}) IN ('real', 'integer') AND {fits_decimal(source, bound)}"
            return (
                Holding(frozenset({"integer", "real"}), fits_decimal=True),
                f"{source} IS NOT NULL AND NOT ({fits})",
            )
        case kind if kind in _TEXTS or kind in _TIMES:
            return Holding(frozenset({"text"})), f"typeof({source}) NOT IN ('text', 'null')"
        case Kind.BINARY:
            return Holding(frozenset({"blob"})), f"typeof({source}) NOT IN ('blob', 'null')"
        case _:
            return None


def fits_decimal(source: str, bound: tuple[int, int]) -> str:
    """The SQL that is true of a number with no more digits than `bound` gives."""
    return f"abs({source}) < 1e{bound[0]} AND {source} = round({source}, {bound[1]})"


def reading(column: Column, holding: Holding, time_format: TimeFormat | None = None) -> Reading:
    """How to read a column that holds this; `time_format` is what all its texts are written by."""
    if not holding.classes:
        dtype = _all_null_type(column)
        return Reading(column.name, dtype, ("text",), lambda parts: parts[0].cast(dtype))
    if column.type.kind in _TEXTS and holding.classes != {"blob"}:
        return _text(column, holding)
    if holding.is_numeric:
        return _number(column, holding)
    if holding.classes == {"text"}:
        return _text(column, holding) if time_format is None else _time(column, time_format)
    if holding.classes == {"blob"}:
        return Reading(column.name, pl.Binary(), ("blob",), _only)
    return _text(column, holding)


def needs_time_format(column: Column, holding: Holding) -> bool:
    return column.type.kind in _TIMES and holding.classes == {"text"}


def _all_null_type(column: Column) -> pl.DataType:
    if column.type.kind is Kind.DECIMAL and decimal_bound(column) is None:
        return pl.Float64()
    return polars_type(column.type)


def _only(parts: Sequence[pl.Series]) -> pl.Series:
    return parts[0]


def _number(column: Column, holding: Holding) -> Reading:
    bound = decimal_bound(column)
    storage = "real" if "real" in holding.classes else "integer"
    if bound is not None and holding.fits_decimal and max(-holding.smallest, holding.largest) < 10 ** bound[0]:
        dtype = polars_type(column.type)
        return Reading(column.name, dtype, (storage,), lambda parts: _exact_decimal(parts[0], dtype))
    if storage == "integer":
        if column.type.kind is Kind.BOOLEAN and holding.smallest >= 0 and holding.largest <= 1:
            return Reading(column.name, pl.Boolean(), ("integer",), lambda parts: parts[0].cast(pl.Boolean))
        if column.type.kind is Kind.FLOAT and holding.is_exact_in_float:
            return Reading(column.name, pl.Float64(), ("real",), _only)
        return Reading(column.name, pl.Int64(), ("integer",), _only)
    if holding.is_exact_in_float:
        return Reading(column.name, pl.Float64(), ("real",), _only)
    return _text(column, holding)


def _time(column: Column, time_format: TimeFormat) -> Reading:
    dtype = time_format.dtype
    in_utc = column.type.timezone and isinstance(dtype, pl.Datetime)
    if in_utc:
        dtype = pl.Datetime("us", "UTC")

    def assemble(parts: Sequence[pl.Series]) -> pl.Series:
        times = time_format.parse(parts[0])
        if times.null_count() != parts[0].null_count():
            raise ValueError("a time that was there before is gone")
        return times.dt.replace_time_zone("UTC") if in_utc else times

    return Reading(column.name, dtype, ("text",), assemble, time_format.format)


def _text(column: Column, holding: Holding) -> Reading:
    """Everything as text; with blobs among the values, everything as bytes."""
    selected = tuple(s for s in ("text", "integer", "real", "blob") if s in holding.classes)
    if selected == ("text",):
        return Reading(column.name, pl.String(), selected, _only)
    dtype: pl.DataType = pl.Binary() if "blob" in selected else pl.String()
    # A single result column stands for the column as it is, so a lone class gets a second one that stays empty.
    selected = selected if len(selected) > 1 else (*selected, "text")

    def assemble(parts: Sequence[pl.Series]) -> pl.Series:
        whole = pl.repeat(None, len(parts[0]), dtype=dtype, eager=True)
        for storage, part in zip(selected, parts, strict=True):
            # repr() is the shortest text that reads back as the same double; SQLite's own keeps 15 digits only.
            texts = (
                pl.Series([None if v is None else repr(v) for v in part], dtype=pl.String)
                if storage == "real"
                else part
            )
            as_text = texts if storage == "blob" else texts.cast(pl.String)
            whole = whole.zip_with(part.is_null(), as_text.cast(dtype))
        return whole

    return Reading(column.name, dtype, selected, assemble)


def _exact_decimal(numbers: pl.Series, dtype: pl.DataType) -> pl.Series:
    decimals = numbers.cast(dtype)
    if not (decimals.cast(numbers.dtype) == numbers).fill_null(True).all():
        raise ValueError("a number is no decimal of the declared type")
    return decimals
