"""Rows as PostgreSQL's COPY reads them: CSV in which NULL and the empty text stay apart."""

import io
from collections.abc import Sequence

import polars as pl

from synth_assets.publish.errors import RowsRefused

_LAST_YEAR = 9999
_NUL = "\x00"


def copy_text(frame: pl.DataFrame, *, table: str, columns: Sequence[str]) -> bytes:
    """The rows as CSV, columns in the given order.

    Texts are quoted and NULL is not: with every text in quotes a line `\\.` does not end the load, which PostgreSQL
    before 17 does without an error.

    Raises:
        RowsRefused: a text holds the character NUL, or a column is of a type that has no text form.
    """
    prepared = frame.select(_as_text(frame[column], table) for column in columns)
    buffer = io.BytesIO()
    prepared.write_csv(buffer, include_header=False, quote_style="non_numeric")
    return buffer.getvalue()


def _as_text(values: pl.Series, table: str) -> pl.Series:
    match values.dtype:
        case pl.String:
            return _without_nul(values, table)
        case pl.Categorical | pl.Enum:
            return _without_nul(values.cast(pl.String), table)
        case pl.Binary:
            return (pl.select((pl.lit("\\x") + pl.lit(values).bin.encode("hex")).alias(values.name))).to_series()
        case pl.Date | pl.Datetime:
            return _moments(values)
        case dtype if dtype.is_nested() or dtype in (pl.Object, pl.Duration):
            raise RowsRefused(
                table, values.name, f"has the type {dtype}, which has no text form", "Report it: rows must be flat."
            )
        case _:
            return values


def _without_nul(values: pl.Series, table: str) -> pl.Series:
    if values.str.contains(_NUL, literal=True).any():
        raise RowsRefused(
            table,
            values.name,
            "holds a text with the character NUL, which PostgreSQL cannot store",
            "Let the column be learned, faked or masked instead of kept.",
        )
    return values


def _moments(values: pl.Series) -> pl.Series:
    """ISO text; years beyond 9999 without their plus sign, years before 1 as PostgreSQL's BC."""
    years = values.dt.year()
    least, greatest = years.min(), years.max()
    if least is None or (least >= 1 and greatest <= _LAST_YEAR):  # type: ignore[operator]
        return values
    frame = values.to_frame("at")
    at = pl.col("at")
    rest = "%m-%d" if values.dtype == pl.Date else "%m-%dT%H:%M:%S%.6f"
    zone = pl.lit("+00" if getattr(values.dtype, "time_zone", None) else "")
    year = pl.when(at.dt.year() < 1).then(1 - at.dt.year()).otherwise(at.dt.year())
    era = pl.when(at.dt.year() < 1).then(pl.lit(" BC")).otherwise(pl.lit(""))
    text = year.cast(pl.String).str.zfill(4) + "-" + at.dt.to_string(rest) + zone + era
    return frame.select(text.alias(values.name)).to_series()
