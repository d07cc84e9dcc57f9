"""Rows as MariaDB and MySQL read them: texts with backslashes as escapes, the same for LOAD DATA and for INSERT."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from synth_assets.publish.errors import RowsRefused

_ESCAPES = {"\\": "\\\\", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1a": "\\Z", "'": "\\'"}
_DATE = "%Y-%m-%d"
_TIME = "%H:%M:%S%.6f"
_YEAR_DIGITS = 4
_WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit")
_SHAPES = ("geometry", "point", "linestring", "polygon", "multi", "geom", "vector")


def escaped(frame: pl.DataFrame, *, table: str, types: Mapping[str, str]) -> pl.DataFrame:
    """The rows as escaped texts, NULL as NULL; columns are those of `types`, in its order.

    Args:
        types: The target's type of each column.

    Raises:
        RowsRefused: NaN or infinity, which no column can hold; a fraction for a column of whole numbers, which the
            server would round without a word; a type that is not flat.
    """
    for column, native in types.items():
        _check_whole(frame[column], table, native)
    return frame.select(_escaped(frame[column], table, native) for column, native in types.items())


def wrapping(native: str, *, is_binary: bool) -> str:
    """The SQL that makes a column's value of its text, with `{}` in its place."""
    word = native.lower().partition("(")[0].partition(" ")[0]
    if is_binary or word.startswith(_SHAPES):
        return "UNHEX({})"
    return "CAST({} AS UNSIGNED)" if word == "bit" else "{}"


def load_text(texts: pl.DataFrame) -> bytes:
    """The escaped rows as LOAD DATA reads them: columns between tabs, rows between line feeds, NULL as `\\N`."""
    line = pl.concat_str(pl.all().fill_null("\\N"), separator="\t")
    return ("\n".join(texts.select(line).to_series().to_list()) + "\n").encode()


def insert_values(texts: pl.DataFrame, wrappings: Sequence[str], *, most_bytes: int) -> Iterator[str]:
    """What follows VALUES in INSERT statements of at most about `most_bytes` bytes each."""
    values = []
    for name, wrapping in zip(texts.columns, wrappings, strict=True):
        before, _, after = wrapping.partition("{}")
        literal = pl.lit(f"{before}'") + pl.col(name) + pl.lit(f"'{after}")
        values.append(literal.fill_null("NULL"))
    rows = texts.select(pl.lit("(") + pl.concat_str(values, separator=",") + pl.lit(")")).to_series()
    chunk: list[str] = []
    size = 0
    for row in rows.to_list():
        bytes_of_row = len(row.encode()) + 1
        if chunk and size + bytes_of_row > most_bytes:
            yield ",".join(chunk)
            chunk, size = [], 0
        chunk.append(row)
        size += bytes_of_row
    if chunk:
        yield ",".join(chunk)


def _escaped(values: pl.Series, table: str, native: str) -> pl.Series:
    match values.dtype:
        case pl.String:
            return values.to_frame().select(_escape(pl.col(values.name))).to_series()
        case pl.Categorical | pl.Enum:
            return _escaped(values.cast(pl.String), table, native)
        case pl.Null:
            return values.cast(pl.String)
        case pl.Binary:
            return values.to_frame().select(pl.col(values.name).bin.encode("hex")).to_series()
        case pl.Boolean:
            return values.cast(pl.Int8).cast(pl.String)
        case pl.Float32 | pl.Float64:
            if not values.is_finite().all():
                raise RowsRefused(
                    table,
                    values.name,
                    "holds NaN or an infinite number, which MariaDB cannot store",
                    "Let the column be learned or set to null in the plan instead of kept.",
                )
            return values.cast(pl.String)
        case pl.Date:
            return values.dt.to_string(_DATE)
        case pl.Time:
            return values.dt.to_string(_TIME)
        case pl.Datetime():
            return values.dt.to_string(f"{_DATE} {_TIME}")
        case dtype if dtype.is_nested() or dtype in (pl.Object, pl.Duration):
            raise RowsRefused(
                table, values.name, f"has the type {dtype}, which has no text form", "Report it: rows must be flat."
            )
        case _:
            texts = values.cast(pl.String)
            # The year 0 is another than the year "0", which is 2000.
            return texts.str.zfill(_YEAR_DIGITS) if native.lower().startswith("year") else texts


def _check_whole(values: pl.Series, table: str, native: str) -> None:
    takes_whole = native.lower().startswith(_WHOLE)
    if takes_whole and (values.dtype.is_float() or values.dtype.is_decimal()) and (values != values.floor()).any():
        raise RowsRefused(
            table,
            values.name,
            "holds a number with a fraction, and the column whole numbers only",
            "Let the column be learned, or compare its type in the source.",
        )


def _escape(text: pl.Expr) -> pl.Expr:
    for plain, escape in _ESCAPES.items():
        text = text.str.replace_all(plain, escape, literal=True)
    return text
