"""The catalog of a DuckDB database, by DuckDB's own functions: its SQLAlchemy dialect has no inspector that works."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy

from synth_assets.catalog.connection import location
from synth_assets.catalog.errors import NamespaceMissing
from synth_assets.catalog.model import Catalog, Check, Column, DataType, ForeignKey, Index, Key, Kind, Table
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.sql_text import closing, split, tokens

NAMED = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), Kind.INTEGER),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), Kind.INTEGER),
    **dict.fromkeys(("DECIMAL", "HUGEINT", "UHUGEINT"), Kind.DECIMAL),
    **dict.fromkeys(("FLOAT", "DOUBLE"), Kind.FLOAT),
    "BOOLEAN": Kind.BOOLEAN,
    "VARCHAR": Kind.TEXT,
    "ENUM": Kind.ENUM,
    "UUID": Kind.UUID,
    "JSON": Kind.JSON,
    "DATE": Kind.DATE,
    **dict.fromkeys(("TIME", "TIME_NS", "TIME WITH TIME ZONE"), Kind.TIME),
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), Kind.DATETIME
    ),
    "INTERVAL": Kind.INTERVAL,
    "BLOB": Kind.BINARY,
}
BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "FLOAT": 32, "DOUBLE": 64}
# 128 bits: a decimal of 39 digits holds every value.
HUGE_DIGITS = 39
ARRAY = re.compile(r"(?P<element>.*)\[\d*\]$", re.DOTALL)
NEXT_VALUE = re.compile(r"nextval\('(?:[^']|'')*'\)")

HERE = "database_name = current_database() AND schema_name = $1"
TABLES = f"SELECT table_name, comment FROM duckdb_tables() WHERE {HERE} AND NOT temporary"
COLUMNS = f"SELECT * FROM duckdb_columns() WHERE {HERE} ORDER BY table_name, column_index"
CONSTRAINTS = f"SELECT * FROM duckdb_constraints() WHERE {HERE} ORDER BY table_name, constraint_index"
INDEXES = f"SELECT table_name, index_name, is_unique, sql FROM duckdb_indexes() WHERE {HERE} ORDER BY index_name"

Row = Mapping[str, Any]


def reflect_duckdb(connection: sqlalchemy.Connection, namespace: str | None) -> Catalog:
    """All tables of one schema of the current database, by default of `current_schema()`.

    DuckDB does not keep lengths of text, and does not tell collations. An integer column that takes its values from a
    sequence by `nextval` has identity 'by default' and no default, as in PostgreSQL.

    Raises:
        NamespaceMissing: no such schema.
    """
    schema = namespace or str(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
    query = "SELECT schema_name FROM duckdb_schemas() WHERE " + HERE
    if not _rows(connection, query, schema):
        where = location(connection.engine.url)
        raise NamespaceMissing(
            f"{where} has no schema {schema!r}",
            location=where,
            next_step="Correct its name in the settings of the database.",
        )
    listed = {
        row["table_name"]: row for row in _rows(connection, TABLES, schema) if not is_own_table(row["table_name"])
    }
    columns = _by_table(_rows(connection, COLUMNS, schema))
    constraints = _by_table(_rows(connection, CONSTRAINTS, schema))
    indexes = _by_table(_rows(connection, INDEXES, schema))
    return Catalog(
        dialect="duckdb",
        namespace=schema,
        tables=tuple(
            _table(name, listed[name]["comment"], columns[name], constraints.get(name, []), indexes.get(name, []))
            for name in sorted(listed)
        ),
    )


def data_type(native: str) -> DataType:
    """The type of a column from DuckDB's spelling of it."""
    array = ARRAY.match(native)
    if array:
        return DataType(kind=Kind.ARRAY, native=native, element=data_type(array["element"]))
    name = native.partition("(")[0].strip()
    kind = NAMED.get(name, Kind.OTHER)
    unsigned = kind is Kind.INTEGER and name.startswith("U")
    precision = scale = None
    if name.endswith("HUGEINT"):
        precision, scale = HUGE_DIGITS, 0
    elif kind is Kind.DECIMAL:
        precision, scale = (int(number) for number in re.findall(r"\d+", native))
    labels = [token.value for token in tokens(native) if token.kind == "string"] if kind is Kind.ENUM else []
    return DataType(
        kind=kind,
        native=native,
        bits=BITS.get(name.removeprefix("U")) if unsigned else BITS.get(name),
        unsigned=unsigned,
        precision=precision,
        scale=scale,
        timezone=name.endswith("WITH TIME ZONE"),
        labels=tuple(labels),
    )


def _table(name: str, comment: str | None, columns: list[Row], constraints: list[Row], indexes: list[Row]) -> Table:
    def of(kind: str) -> list[Row]:
        return [row for row in constraints if row["constraint_type"] == kind]

    return Table(
        name=name,
        columns=tuple(_column(row) for row in columns),
        primary_key=next((_key(row) for row in of("PRIMARY KEY")), None),
        unique_keys=tuple(_key(row) for row in of("UNIQUE")),
        foreign_keys=tuple(
            ForeignKey(
                name=row["constraint_name"],
                columns=tuple(row["constraint_column_names"]),
                parent=row["referenced_table"],
                parent_columns=tuple(row["referenced_column_names"]),
            )
            for row in of("FOREIGN KEY")
        ),
        checks=tuple(Check(name=row["constraint_name"], expression=row["expression"]) for row in of("CHECK")),
        indexes=tuple(_index(row, [column["column_name"] for column in columns]) for row in indexes),
        comment=comment,
    )


def _column(row: Row) -> Column:
    kind = data_type(row["data_type"])
    default = None if row["is_generated"] else row["column_default"]
    takes_next = default is not None and NEXT_VALUE.fullmatch(default) is not None
    is_identity = takes_next and kind.kind is Kind.INTEGER and not row["is_nullable"]
    return Column(
        name=row["column_name"],
        type=kind,
        nullable=row["is_nullable"],
        default=None if is_identity else default,
        identity="by default" if is_identity else None,
        generated=_written(row["generation_expression"], row["data_type"]) if row["is_generated"] else None,
        # DuckDB has no other.
        generated_stored=not row["is_generated"],
        comment=row["comment"],
    )


def _written(expression: str, native: str) -> str:
    """An expression without the casts to the column's type that DuckDB puts around it, one each time it is copied."""
    wanted = [(token.kind, token.value) for token in tokens(f"AS {native})")]
    while True:
        parts = tokens(expression)
        # DuckDB prints DECIMAL(14,4) as a column's type and DECIMAL(14, 4) in an expression.
        end = parts[-len(wanted) :]
        is_cast = parts[0].is_word("CAST") and [(token.kind, token.value) for token in end] == wanted
        if not is_cast or closing(parts, 1) != len(parts) - 1:
            return expression
        expression = expression[parts[1].end : end[0].start].strip()


def _key(row: Row) -> Key:
    return Key(name=row["constraint_name"], columns=tuple(row["constraint_column_names"]))


def _index(row: Row, columns: list[str]) -> Index:
    parts = tokens(row["sql"])
    opening = next(place for place, token in enumerate(parts) if token.is_symbol("("))
    items = split(parts[opening + 1 : closing(parts, opening)])
    plain = [item[0].value for item in items if len(item) == 1 and item[0].kind in ("word", "quoted")]
    names = tuple(name for name in plain if name in columns)
    return Index(
        name=row["index_name"],
        columns=names if len(names) == len(items) else (),
        unique=row["is_unique"],
        definition=row["sql"].rstrip(";"),
    )


def _by_table(rows: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["table_name"], []).append(row)
    return grouped


def _rows(connection: sqlalchemy.Connection, query: str, schema: str) -> list[Row]:
    return [dict(row) for row in connection.exec_driver_sql(query, (schema,)).mappings()]
