"""The stated table of types: what a column becomes in a target of another dialect.

Within one dialect a type stays as its database spells it. Where source and target differ:

| kind | PostgreSQL | SQLite | MariaDB, MySQL | DuckDB |
|---|---|---|---|---|
| integer | smallint to bigint; numeric(20,0) if unsigned | INTEGER | tinyint to bigint | TINYINT to UBIGINT |
| decimal | numeric(p,s); numeric if not enforced | NUMERIC(p,s) | decimal(p,s); decimal(65,30) | DECIMAL(p,s) |
| float | real, double precision | REAL | float, double | FLOAT, DOUBLE |
| boolean | boolean | BOOLEAN (0 and 1) | tinyint(1) (0 and 1) | BOOLEAN |
| text | varchar(n); text if lengths are not enforced | VARCHAR(n), TEXT | varchar(n), longtext | VARCHAR |
| enum | text | TEXT | enum, compared exactly; varchar(768) without labels | ENUM; VARCHAR without labels |
| uuid, interval | uuid, interval | TEXT | uuid (MySQL: char(36)), varchar(255) | UUID, INTERVAL |
| json | jsonb | TEXT | json | JSON |
| date | date | DATE | date | DATE |
| time | time or timetz | TIME | time(6); varchar(64) with a zone | TIME, with or without |
| datetime | timestamp or timestamptz | DATETIME | datetime(6), in UTC | TIMESTAMP, with or without |
| binary | bytea | BLOB | varbinary(n), longblob | BLOB |
| array, other | no counterpart: refused | TEXT, as printed | longtext, as printed | VARCHAR, as printed |

Times and datetimes stay with or without a zone. "As printed" is the text that the source's database prints. DuckDB's
decimals have 38 digits: where the source states none, or more, or does not enforce them, a column has the digits that
its rows have, and is refused beyond 38.

MariaDB and MySQL are one dialect here but for uuid, and for MariaDB's inet4 and inet6, which MySQL keeps as text. What
a key of theirs holds is varchar or varbinary of at most 3072 bytes over all of its columns.
"""

import re

from synth_assets.catalog.frames import MOST_DECIMAL_DIGITS
from synth_assets.catalog.mariadb import FAMILY
from synth_assets.catalog.model import DataType, Kind

# These store any value in a column whatever length, width or precision it declares (DuckDB: any length).
IGNORES_WIDTHS = frozenset({"sqlite"})
IGNORES_LENGTHS = frozenset({"sqlite", "duckdb"})

_POSTGRES = {
    Kind.BOOLEAN: "boolean",
    Kind.ENUM: "text",
    Kind.UUID: "uuid",
    Kind.JSON: "jsonb",
    Kind.DATE: "date",
    Kind.INTERVAL: "interval",
    Kind.BINARY: "bytea",
}

_SQLITE = {
    Kind.INTEGER: "INTEGER",
    Kind.FLOAT: "REAL",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIME: "TIME",
    Kind.DATETIME: "DATETIME",
    Kind.BINARY: "BLOB",
}

_DUCKDB = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.UUID: "UUID",
    Kind.JSON: "JSON",
    Kind.DATE: "DATE",
    Kind.INTERVAL: "INTERVAL",
    Kind.BINARY: "BLOB",
}

_MARIADB = {
    Kind.BOOLEAN: "tinyint(1)",
    Kind.INTERVAL: "varchar(255)",
    Kind.JSON: "json",
    Kind.DATE: "date",
    Kind.TIME: "time(6)",
    Kind.DATETIME: "datetime(6)",
    Kind.BINARY: "longblob",
}
# MySQL's restriction of a shape to one system of coordinates; each shape says its own.
_SRID = re.compile(r" SRID \d+")
_MARIADB_ONLY = frozenset({"uuid", "inet4", "inet6"})
# Of MariaDB's and MySQL's decimals.
MOST_DIGITS, MOST_SCALE = 65, 30
# An index of InnoDB takes 3072 bytes, and a character up to four.
MOST_KEY_CHARACTERS = 768

# Kinds whose values may turn out not to be what the source's column declares: SQLite does not check, MariaDB has
# zero dates.
PARSED = frozenset(
    {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.BINARY}
)


def target_type(data_type: DataType, *, source: str, target: str) -> str | None:
    """The type of the target's dialect for a column of the source's; None if it has no counterpart."""
    if source == target:
        return data_type.native
    if target in FAMILY:
        return _mariadb_type(data_type, source, target)
    if target == "postgresql":
        return _postgres_type(data_type, source)
    if target == "duckdb":
        return _duckdb_type(data_type, source)
    return _sqlite_type(data_type)


def _postgres_type(data_type: DataType, source: str) -> str | None:
    match data_type.kind:
        case Kind.INTEGER:
            return "bigint" if source in IGNORES_WIDTHS else _postgres_integer(data_type)
        case Kind.DECIMAL:
            if data_type.precision is None or source in IGNORES_WIDTHS:
                return "numeric"
            return f"numeric({data_type.precision},{data_type.scale or 0})"
        case Kind.FLOAT:
            return "real" if data_type.bits == 32 and source not in IGNORES_WIDTHS else "double precision"
        case Kind.TEXT:
            enforced = data_type.length is not None and source not in IGNORES_LENGTHS
            return f"varchar({data_type.length})" if enforced else "text"
        case Kind.TIME:
            return "timetz" if data_type.timezone else "time"
        case Kind.DATETIME:
            return "timestamptz" if data_type.timezone else "timestamp"
        case kind:
            return _POSTGRES.get(kind)


def _postgres_integer(data_type: DataType) -> str:
    # An unsigned type needs the next wider signed one.
    bits = (data_type.bits or 64) * (2 if data_type.unsigned else 1)
    if bits > 64:
        return "numeric(20,0)"
    return "smallint" if bits <= 16 else "integer" if bits <= 32 else "bigint"


def _mariadb_type(data_type: DataType, source: str, target: str) -> str:
    if source in FAMILY and data_type.native.partition(" ")[0] not in _MARIADB_ONLY:
        return _SRID.sub("", data_type.native)
    enforces_lengths = source not in IGNORES_LENGTHS and data_type.length is not None
    match data_type.kind:
        case Kind.INTEGER:
            return "bigint" if source in IGNORES_WIDTHS else _mariadb_integer(data_type)
        case Kind.DECIMAL:
            precision, scale = data_type.precision, data_type.scale or 0
            fits = precision is not None and precision <= MOST_DIGITS and 0 <= scale <= min(MOST_SCALE, precision)
            is_kept = fits and source not in IGNORES_WIDTHS
            return f"decimal({precision},{scale})" if is_kept else f"decimal({MOST_DIGITS},{MOST_SCALE})"
        case Kind.FLOAT:
            return "float" if data_type.bits == 32 and source not in IGNORES_WIDTHS else "double"
        case Kind.TEXT if enforces_lengths and (data_type.length or 0) <= MOST_KEY_CHARACTERS:
            return f"varchar({data_type.length})"
        case Kind.BINARY if enforces_lengths and (data_type.length or 0) <= MOST_KEY_CHARACTERS:
            return f"varbinary({data_type.length})"
        case Kind.ENUM:
            labels = ", ".join(_mariadb_literal(label) for label in data_type.labels)
            return f"enum({labels})" if labels else f"varchar({MOST_KEY_CHARACTERS})"
        case Kind.UUID:
            return "uuid" if target == "mariadb" else "char(36)"
        case Kind.TIME if data_type.timezone:
            return "varchar(64)"
        case kind:
            return _MARIADB.get(kind, "longtext")


def _mariadb_integer(data_type: DataType) -> str:
    bits = data_type.bits or 64
    name = "tinyint" if bits <= 8 else "smallint" if bits <= 16 else "int" if bits <= 32 else "bigint"
    return f"{name} unsigned" if data_type.unsigned else name


def _mariadb_literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _duckdb_type(data_type: DataType, source: str) -> str | None:
    enforced = source not in IGNORES_WIDTHS
    zone = " WITH TIME ZONE" if data_type.timezone else ""
    match data_type.kind:
        case Kind.INTEGER:
            return _duckdb_integer(data_type) if enforced else "BIGINT"
        case Kind.DECIMAL:
            precision, scale = data_type.precision, data_type.scale or 0
            fits = precision is not None and precision <= MOST_DECIMAL_DIGITS and 0 <= scale <= precision
            return f"DECIMAL({precision},{scale})" if fits and enforced else None
        case Kind.FLOAT:
            return "FLOAT" if data_type.bits == 32 and enforced else "DOUBLE"
        case Kind.ENUM if data_type.labels:
            labels = ", ".join("'" + label.replace("'", "''") + "'" for label in data_type.labels)
            return f"ENUM({labels})"
        case Kind.TIME:
            return f"TIME{zone}"
        case Kind.DATETIME:
            return f"TIMESTAMP{zone}"
        case kind:
            return _DUCKDB.get(kind, "VARCHAR")


def _duckdb_integer(data_type: DataType) -> str:
    bits = data_type.bits or 64
    name = "TINYINT" if bits <= 8 else "SMALLINT" if bits <= 16 else "INTEGER" if bits <= 32 else "BIGINT"
    return f"U{name}" if data_type.unsigned else name


def _sqlite_type(data_type: DataType) -> str:
    if data_type.kind is Kind.DECIMAL and data_type.precision is not None:
        return f"NUMERIC({data_type.precision},{data_type.scale or 0})"
    if data_type.kind is Kind.DECIMAL:
        return "NUMERIC"
    if data_type.kind is Kind.TEXT and data_type.length is not None:
        return f"VARCHAR({data_type.length})"
    return _SQLITE.get(data_type.kind, "TEXT")
