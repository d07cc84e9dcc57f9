"""What a column declared in SQLite is meant to hold.

SQLite itself goes by affinity only and checks nothing, so what stands in a column may not be what its type says.
"""

import re

from synth_assets.catalog.model import DataType, Kind

DECLARED = re.compile(r"\s*(?P<name>[^(]*?)\s*(?:\(\s*(?P<first>[+-]?\d+)\s*(?:,\s*(?P<second>[+-]?\d+)\s*)?\))?\s*$")
INTEGERS = (
    *("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "SERIAL", "BIGSERIAL", "SMALLSERIAL", "YEAR"),
    *("INT2", "INT4", "INT8", "INT16", "INT32", "INT64"),
)
NAMED = {
    **dict.fromkeys(INTEGERS, Kind.INTEGER),
    **dict.fromkeys(("NUMERIC", "DECIMAL", "DEC", "NUMBER"), Kind.DECIMAL),
    **dict.fromkeys(("REAL", "DOUBLE", "FLOAT", "MONEY", "SMALLMONEY", "CURRENCY", "FLOAT4", "FLOAT8"), Kind.FLOAT),
    **dict.fromkeys(("BOOLEAN", "BOOL", "BIT"), Kind.BOOLEAN),
    "DATE": Kind.DATE,
    **dict.fromkeys(("TIME", "TIMETZ"), Kind.TIME),
    **dict.fromkeys(
        ("DATETIME", "DATETIME2", "SMALLDATETIME", "TIMESTAMP", "TIMESTAMPTZ", "DATETIMEOFFSET"), Kind.DATETIME
    ),
    "INTERVAL": Kind.INTERVAL,
    **dict.fromkeys(("JSON", "JSONB"), Kind.JSON),
    **dict.fromkeys(("UUID", "UNIQUEIDENTIFIER", "GUID"), Kind.UUID),
    **dict.fromkeys(
        ("BLOB", "IMAGE", "VARBINARY", "BINARY", "BYTEA", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"), Kind.BINARY
    ),
    **dict.fromkeys(("STRING", "XML"), Kind.TEXT),
    **dict.fromkeys(("", "ANY"), Kind.OTHER),
}


def data_type(declared: str) -> DataType:
    """The type of a column by its declared type: by its first word, else by SQLite's affinity rules.

    An integer has 64 bits whatever its name, as SQLite stores any integer in any column. Affinity:
    https://www.sqlite.org/datatype3.html, section 3.1.
    """
    match = DECLARED.match(declared)
    name = (match["name"] if match else declared).upper()
    words = name.split()
    numbers = [abs(int(text)) for text in (match["first"], match["second"]) if text] if match else []
    kind = NAMED.get(words[0] if words else "") or _affinity(name)
    if kind is Kind.BOOLEAN and numbers and numbers[0] > 1:
        kind = Kind.BINARY
    timezone = kind in (Kind.TIME, Kind.DATETIME) and (
        name.endswith("TZ") or name.startswith("DATETIMEOFFSET") or "WITH TIME ZONE" in name
    )
    is_decimal = kind is Kind.DECIMAL and bool(numbers)
    return DataType(
        kind=kind,
        native=declared,
        length=numbers[0] if numbers and kind in (Kind.TEXT, Kind.BINARY) else None,
        bits=64 if kind in (Kind.INTEGER, Kind.FLOAT) else None,
        precision=numbers[0] if is_decimal else None,
        scale=(numbers[1] if len(numbers) > 1 else 0) if is_decimal else None,
        timezone=timezone,
    )


def _affinity(name: str) -> Kind:
    if "INT" in name:
        return Kind.INTEGER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return Kind.TEXT
    if "BLOB" in name:
        return Kind.BINARY
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return Kind.FLOAT
    return Kind.DECIMAL
