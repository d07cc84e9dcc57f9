"""How the columns of a catalog stand in memory: one polars type for each data type."""

import polars as pl

from synth_assets.catalog.model import DataType, Kind, Table

MOST_DECIMAL_DIGITS = 38
_EXACT_DIGITS = 15  # of any decimal number that a float64 holds
_DATES = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_TIMES = ("%H:%M:%S%.f", "%H:%M")


def polars_type(data_type: DataType) -> pl.DataType:
    """The polars type that holds every value of an ordinary column of this type.

    Whatever polars has no exact counterpart for (uuid, JSON, enum, interval, array, network addresses, decimals
    without a stated precision, beyond 38 digits or with a scale outside 0 to the precision) stands as the text that
    the database prints for it. A snapshot also keeps a column as text when single values lie outside the type's
    range (`infinity`, years BC, `24:00`).
    """
    match data_type.kind:
        case Kind.INTEGER:
            return pl.UInt64() if data_type.unsigned and data_type.bits == 64 else pl.Int64()
        case Kind.DECIMAL if _fits_decimal(data_type.precision, data_type.scale or 0):
            return pl.Decimal(data_type.precision, data_type.scale or 0)
        case Kind.FLOAT:
            return pl.Float32() if data_type.bits == 32 else pl.Float64()
        case Kind.BOOLEAN:
            return pl.Boolean()
        case Kind.DATE:
            return pl.Date()
        case Kind.TIME if not data_type.timezone:
            return pl.Time()
        case Kind.DATETIME:
            return pl.Datetime("us", "UTC" if data_type.timezone else None)
        case Kind.BINARY:
            return pl.Binary()
        case _:
            return pl.String()


def _fits_decimal(precision: int | None, scale: int) -> bool:
    # PostgreSQL also has numeric(2, -3) and numeric(3, 5).
    return precision is not None and precision <= MOST_DECIMAL_DIGITS and 0 <= scale <= precision


def measured_decimal(*, whole: int, written: int, needed: int) -> pl.Decimal | None:
    """The type for decimals that are only known by their values; None if polars has none.

    Args:
        whole: Most digits before the point.
        written: Most digits after the point as the database writes them.
        needed: The same without zeros at the end: what counts where the numbers are long, as divisions make them.
    """
    scale = written if whole + written <= _EXACT_DIGITS else needed
    return pl.Decimal(MOST_DECIMAL_DIGITS, scale) if whole + scale <= MOST_DECIMAL_DIGITS else None


def decimal_of(texts: pl.Series) -> pl.Decimal | None:
    """The type that holds these texts as numbers; None if polars has none. What is no plain number does not count."""
    plain = texts.filter(texts.str.contains(r"^[+-]?\d*\.?\d*$").fill_null(value=False))
    after_point = plain.str.extract(r"\.(\d*)").fill_null("")

    def longest(values: pl.Series) -> int:
        return int(values.str.len_chars().max() or 0)  # type: ignore[arg-type]

    return measured_decimal(
        whole=longest(plain.str.extract(r"^[+-]?0*(\d*)").fill_null("")),
        written=longest(after_point),
        needed=longest(after_point.str.strip_chars_end("0")),
    )


def read_as(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Values in another type; NULL where they have no counterpart in it, such as text that is no date."""
    if values.dtype != pl.String or not dtype.is_temporal():
        return values.cast(dtype, strict=False)
    is_time = isinstance(dtype, pl.Time)
    read = pl.Time() if is_time else pl.Datetime("us")
    column = pl.col(values.name)
    found = values.to_frame().select(
        pl.coalesce(column.str.strptime(read, form, strict=False) for form in (_TIMES if is_time else _DATES))
    )[values.name]
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    return (found.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone else found).cast(dtype)


def frame_schema(table: Table) -> pl.Schema:
    """The schema of a frame that holds all rows of a table, generated columns included."""
    return pl.Schema({column.name: polars_type(column.type) for column in table.columns})
