"""The stated table of types: what a column becomes in a target of another dialect.

Within one dialect a type stays as its database spells it. Where source and target differ:

| kind | PostgreSQL | SQLite |
|---|---|---|
| integer | smallint, integer, bigint; numeric(20,0) where unsigned and 64 bits wide | INTEGER |
| decimal | numeric(p,s); numeric where the source does not enforce it | NUMERIC(p,s) |
| float | real, double precision | REAL |
| boolean | boolean | BOOLEAN (0 and 1) |
| text | varchar(n); text where the source does not enforce lengths | VARCHAR(n), TEXT |
| enum | text | TEXT |
| uuid, interval | uuid, interval | TEXT |
| json | jsonb | TEXT |
| date, time, datetime | date, time or timetz, timestamp or timestamptz | DATE, TIME, DATETIME |
| binary | bytea | BLOB |
| array, other | no counterpart: refused | TEXT, as the source prints it |
"""

from synth_assets.catalog.model import DataType, Kind

# These store any value in a column whatever length, width or precision it declares (DuckDB: any length).
_IGNORES_WIDTHS = frozenset({"sqlite"})
_IGNORES_LENGTHS = frozenset({"sqlite", "duckdb"})

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


def target_type(data_type: DataType, *, source: str, target: str) -> str | None:
    """The type of the target's dialect for a column of the source's; None if it has no counterpart."""
    if source == target:
        return data_type.native
    if target == "postgresql":
        return _postgres_type(data_type, source)
    return _sqlite_type(data_type)


def _postgres_type(data_type: DataType, source: str) -> str | None:
    match data_type.kind:
        case Kind.INTEGER:
            return "bigint" if source in _IGNORES_WIDTHS else _postgres_integer(data_type)
        case Kind.DECIMAL:
            if data_type.precision is None or source in _IGNORES_WIDTHS:
                return "numeric"
            return f"numeric({data_type.precision},{data_type.scale or 0})"
        case Kind.FLOAT:
            return "real" if data_type.bits == 32 and source not in _IGNORES_WIDTHS else "double precision"
        case Kind.TEXT:
            enforced = data_type.length is not None and source not in _IGNORES_LENGTHS
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


def _sqlite_type(data_type: DataType) -> str:
    if data_type.kind is Kind.DECIMAL and data_type.precision is not None:
        return f"NUMERIC({data_type.precision},{data_type.scale or 0})"
    if data_type.kind is Kind.DECIMAL:
        return "NUMERIC"
    if data_type.kind is Kind.TEXT and data_type.length is not None:
        return f"VARCHAR({data_type.length})"
    return _SQLITE.get(data_type.kind, "TEXT")
