"""The types of MariaDB and MySQL, from `information_schema.columns`."""

import re
from collections.abc import Mapping
from typing import Any

from synth_assets.catalog.model import DataType, Kind
from synth_assets.catalog.sql_text import tokens

BITS = {"tinyint": 8, "smallint": 16, "mediumint": 32, "int": 32, "bigint": 64, "year": 16, "float": 32, "double": 64}
NAMED = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), Kind.INTEGER),
    "decimal": Kind.DECIMAL,
    **dict.fromkeys(("float", "double"), Kind.FLOAT),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), Kind.TEXT),
    # A set's values are texts like an enum's, but more than its labels.
    **dict.fromkeys(("enum", "set"), Kind.ENUM),
    "uuid": Kind.UUID,
    "json": Kind.JSON,
    "date": Kind.DATE,
    "time": Kind.TIME,
    **dict.fromkeys(("datetime", "timestamp"), Kind.DATETIME),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), Kind.BINARY),
}
# Types whose declared length is one of characters or bytes that were chosen, not the type's own limit.
_SIZED = ("char", "varchar", "binary", "varbinary")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "b": "\b"}


def data_type(row: Mapping[str, Any], *, is_json: bool) -> DataType:
    """The type of a column.

    Args:
        row: Its row of `information_schema.columns`.
        is_json: Whether a check keeps the text to JSON: MariaDB's type JSON is only that.
    """
    name, native = row["data_type"].lower(), row["column_type"]
    if is_json:
        return DataType(kind=Kind.JSON, native="json")
    if name == "bit":
        return _bit(row["numeric_precision"] or 1, native)
    kind = NAMED.get(name, Kind.OTHER)
    is_decimal = kind is Kind.DECIMAL
    return DataType(
        kind=kind,
        native=native,
        length=row["length"] if name in _SIZED else None,
        bits=BITS.get(name),
        unsigned="unsigned" in native.split() if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT) else False,
        precision=row["numeric_precision"] if is_decimal else None,
        scale=row["numeric_scale"] if is_decimal else None,
        # A timestamp is a moment, shown in the session's time zone; a datetime is what the clock on the wall says.
        timezone=name == "timestamp",
        labels=_labels(native) if name == "enum" else (),
    )


def _bit(width: int, native: str) -> DataType:
    if width == 1:
        return DataType(kind=Kind.BOOLEAN, native=native)
    bits = next(bits for bits in (8, 16, 32, 64) if width <= bits)
    return DataType(kind=Kind.INTEGER, native=native, bits=bits, unsigned=True)


def _labels(native: str) -> tuple[str, ...]:
    strings = (token.value for token in tokens(native) if token.kind == "string")
    return tuple(_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text) for text in strings)
