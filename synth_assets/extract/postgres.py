"""Reading PostgreSQL: one REPEATABLE READ transaction that holds every table, by ADBC.

One connection locks, checks and reads. A second connection that reads by an imported snapshot could wait for ever: an
ALTER TABLE that waits for the first connection's lock stands before the second one in the queue.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import polars as pl
import psycopg.conninfo
import sqlalchemy

from synth_assets.catalog.connection import location, open_engine
from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.model import Catalog, Column, Kind, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.extract.adbc import AdbcQueries
from synth_assets.extract.arrow import frame_of
from synth_assets.extract.errors import SourceChanged, SourceUnreadable
from synth_assets.extract.outside import outside_columns
from synth_assets.extract.postgres_decimals import measured_decimals
from synth_assets.extract.source import TableStream

_LOCK_TIMEOUT = "60s"
# What is printed as text must not depend on the server's, the database's or the user's settings, nothing may be
# filtered silently, and the transaction must live as long as the read takes.
_SETTINGS = {
    "client_encoding": "UTF8",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": _LOCK_TIMEOUT,
}
# Types that the driver reads exactly; the server prints all others.
_NATIVE_KINDS = (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.BINARY)
_NATIVE_TEXTS = ("text", "character varying", "character", "bpchar")
_REASONS = {
    "42501": "the user lacks the right, or a row-level security policy would hide rows from it",
    "55P03": f"another session held a table locked for more than {_LOCK_TIMEOUT}",
    "57P01": "the server ended the connection",
    "57014": "the server cancelled the query",
    "53200": "the server is out of memory",
    "40001": "a replica could not keep the rows long enough",
}
_COLUMNS = """
SELECT c.relname::text, c.relkind::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())
  AND c.relkind IN ('r', 'p', 'f')
"""


@contextmanager
def open_postgres(
    url: str, catalog: Catalog, tables: Sequence[str], *, copied: Collection[str] = ()
) -> Iterator["PostgresSource"]:
    """A read-only transaction in which no table can be altered, and all are seen as of one instant.

    Args:
        copied: Tables whose numbers must keep the zeros that they are written with.

    Raises:
        DatabaseUnreachable, LoginRefused, ...: See catalog.connection.open_engine.
        TableMissing, SourceUnreadable: A table is gone, locked, or may not be read.
    """
    where = location(url)
    try:
        connection = adbc_driver_postgresql.dbapi.connect(_connection_text(url))
    except (adbc_driver_manager.Error, psycopg.ProgrammingError) as error:
        raise _unreadable(where, None, error) from None
    with connection:
        source = PostgresSource(connection, where, catalog, copied)
        source.begin(tables)
        yield source


class PostgresSource:
    """One read transaction."""

    def __init__(self, connection: Any, where: str, catalog: Catalog, copied: Collection[str]) -> None:
        self._connection = connection
        self._copied = copied
        self._where = where
        self._queries = AdbcQueries(connection, lambda table, error: _unreadable(where, table, error))
        self._catalog = catalog
        self._namespace = catalog.namespace or "public"
        self._found: dict[str, dict[str, str]] = {}
        self._forms: dict[str, str] = {}

    def begin(self, tables: Sequence[str]) -> None:
        """Lock the tables, then fix the instant, then learn what the tables are: in this order nothing can change."""
        # LOCK takes no snapshot; the first SELECT after it does, and so sees what the lock protects.
        self._execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, value in (_SETTINGS | {"search_path": quoted(self._namespace)}).items():
            text = value if name == "search_path" else f"'{value}'"
            self._execute(f"SET LOCAL {name} = {text}")
        if tables:
            self._lock(tables)
        for table, form, column, native in self._queries.rows(_COLUMNS):
            self._forms[table] = form
            self._found.setdefault(table, {})
            if column is not None:
                self._found[table][column] = native

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        self._check(table)
        place, rows = self._from(table), self._queries.rows
        outside = outside_columns(table, condition=_outside_condition, source=place, rows=rows)
        decimals = measured_decimals(table, exactly=table.name in self._copied, source=place, rows=rows)
        schema = pl.Schema(
            {
                c.name: pl.String() if c.name in outside else decimals.get(c.name) or polars_type(c.type)
                for c in table.columns
            }
        )
        return TableStream(schema=schema, batches=self._batches(table, schema))

    def _lock(self, tables: Sequence[str]) -> None:
        names = ", ".join(f"{quoted(self._namespace)}.{quoted(name)}" for name in tables)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        except adbc_driver_manager.Error as error:
            if getattr(error, "sqlstate", None) != "42P01":
                raise _unreadable(self._where, None, error) from None
            self._connection.rollback()
            query = _COLUMNS.replace("current_schema()", _text(self._namespace))
            there = [row[0] for row in self._queries.rows(query)]
            raise TableMissing(
                [n for n in tables if n not in there] or list(tables), known=sorted(set(there))
            ) from None

    def _check(self, table: Table) -> None:
        if table.name not in self._found:
            raise TableMissing([table.name], known=sorted(self._found))
        found = self._found[table.name]
        known = {column.name: column.type.native for column in table.columns}
        if set(found) != set(known):
            raise SourceChanged(table.name, "it has other columns")
        changed = [name for name in known if found[name] != known[name]]
        if changed:
            raise SourceChanged(table.name, f"column {changed[0]!r} has another type")

    def _batches(self, table: Table, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        if not table.columns:
            return
        expressions = (_expression(column, schema[column.name]) for column in table.columns)
        with self._queries.cursor(table.name) as cursor:
            cursor.execute(f"SELECT {', '.join(expressions)} FROM {self._from(table)}")
            for batch in cursor.fetch_record_batch():
                yield frame_of(batch, table=table.name, schema=schema)

    def _from(self, table: Table) -> str:
        # A table that others inherit from is read without them: they are tables of their own.
        only = "ONLY " if self._forms[table.name] == "r" else ""
        return f"{only}{quoted(self._namespace)}.{quoted(table.name)} AS t"

    def _execute(self, statement: str) -> None:
        with self._queries.cursor() as cursor:
            cursor.execute(statement)


def _connection_text(url: str) -> str:
    """What libpq takes, from SQLAlchemy's url; opening an engine first gives errors that say what is wrong."""
    engine = open_engine(url)
    _, arguments = engine.dialect.create_connect_args(engine.url)
    asked = sqlalchemy.make_url(url).query
    kept = {name: asked[name] for name in ("sslpassword", "connect_timeout") if name in asked}
    defaults = {"connect_timeout": "10", "fallback_application_name": "synth-assets"}
    texts = {name: value for name, value in arguments.items() if isinstance(value, str | int)}
    return psycopg.conninfo.make_conninfo("", **cast(dict[str, Any], defaults | texts | kept))


def _outside_condition(column: Column) -> str | None:
    """The SQL that is true of a value outside of the frame's type."""
    source = f"t.{quoted(column.name)}"
    match column.type.kind:
        case Kind.DATE:
            return f"{source} < '0001-01-01' OR {source} > '9999-12-31'"
        case Kind.DATETIME:
            zone = "+00" if column.type.timezone else ""
            return f"{source} < '0001-01-01 00:00{zone}' OR {source} >= '10000-01-01 00:00{zone}'"
        case Kind.TIME if not column.type.timezone:
            return f"{source} = '24:00'"
        case Kind.DECIMAL if not isinstance(polars_type(column.type), pl.String):
            return f"{source} = 'NaN'"
        case _:
            return None


def _expression(column: Column, dtype: pl.DataType) -> str:
    source = f"t.{quoted(column.name)}"
    native = column.type.native.partition("(")[0]
    if not isinstance(dtype, pl.String):
        return source if column.type.kind in _NATIVE_KINDS else f"{source}::text"
    return source if column.type.kind is Kind.TEXT and native in _NATIVE_TEXTS else f"{source}::text"


def _unreadable(where: str, table: str | None, error: Exception) -> SourceUnreadable:
    state = getattr(error, "sqlstate", None)
    reason = _REASONS.get(state or "") or f"the server or its driver failed (SQLSTATE {state or 'none'})"
    return SourceUnreadable(where, table=table, reason=reason)


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
