"""Reading MariaDB and MySQL: one REPEATABLE READ transaction that keeps every table as it is, streamed.

The driver hands over the server's own texts, which polars reads column by column: twice as fast as a Python object for
each value, and nothing is lost on the way.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import polars as pl
import pymysql
import pymysql.cursors
import sqlalchemy

from synth_assets.catalog.connection import location, open_engine
from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.mariadb import reflect_mariadb
from synth_assets.catalog.model import Catalog, Column, Kind, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.extract.errors import SourceChanged, SourceUnreadable, ValueUnreadable
from synth_assets.extract.outside import outside_columns
from synth_assets.extract.source import TableStream

_BATCH_ROWS = 20_000
_LOCK_SECONDS = 60
# The server waits this long for a client that writes a batch down, and between two tables.
_PATIENCE_SECONDS = 86_400
_SESSION = (
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+00:00', sql_select_limit = DEFAULT",
    f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}, net_write_timeout = {_PATIENCE_SECONDS}",
    f"SET SESSION wait_timeout = {_PATIENCE_SECONDS}",
    # Of the session: MySQL's catalog is in transactional tables, so that questions to it begin a transaction.
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_NO_LIMITS = {
    "mariadb": "SET SESSION max_statement_time = 0, idle_transaction_timeout = 0, "
    "idle_readonly_transaction_timeout = 0",
    "mysql": "SET SESSION max_execution_time = 0",
}
_BEGIN = "START TRANSACTION READ ONLY"
_ENGINES = "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = %s"
# Types whose text the server gives as bytes of its own form; shown as hexadecimal digits.
_SHAPES = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "vector")
_SHAPES_TOO = ("geometrycollection", "geomcollection")
_NO_SUCH_TABLE = 1146
_REASONS = {
    1142: "the user lacks the right to read it",
    1143: "the user lacks the right to read all of its columns",
    1205: f"another session kept a table locked for more than {_LOCK_SECONDS} s",
    1412: "it was altered while it was read",
    1969: "the server ended the query, which took longer than it allows",
    2013: "the connection was lost",
    3024: "the server ended the query, which took longer than it allows",
}


@contextmanager
def open_mariadb(url: str, catalog: Catalog, tables: Sequence[str]) -> Iterator["MariadbSource"]:
    """A read-only transaction in which no table can be altered, and all are seen as of one instant.

    Raises:
        DatabaseUnreachable, LoginRefused, ...: See catalog.connection.open_engine.
        TableMissing, SourceUnreadable: A table is gone, locked, may not be read, or has an engine without transactions.
    """
    where = location(url)
    with open_engine(url).connect() as connection:
        source = MariadbSource(connection, where, catalog)
        source.begin(tables)
        yield source


class MariadbSource:
    """One read transaction."""

    def __init__(self, connection: sqlalchemy.Connection, where: str, catalog: Catalog) -> None:
        self._sqlalchemy = connection
        self._driver = cast("pymysql.Connection[Any]", connection.connection.driver_connection)
        self._where = where
        self._catalog = catalog
        self._found: Catalog | None = None

    def begin(self, tables: Sequence[str]) -> None:
        """Lock the tables against changes of their definition, fix the instant, then learn what they are."""
        for statement in (*_SESSION, _NO_LIMITS[self._catalog.dialect]):
            self._execute(statement)
        self._check_engines(tables)
        self._execute(_BEGIN)
        places = [self._place(name) for name in tables]
        # A statement that reads no row locks the definitions until the end of the transaction, and fixes nothing yet:
        # the first row that is read then fixes the instant for all tables. In MySQL it is the catalog's first row.
        self._execute(" UNION ALL ".join(f"(SELECT 1 FROM {place} LIMIT 0)" for place in places))
        self._found = reflect_mariadb(self._sqlalchemy, self._catalog.namespace)
        self._driver.decoders = {}

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        self._check(table)
        outside = outside_columns(
            table,
            condition=_outside_condition,
            source=f"{self._place(table.name)} AS t",
            rows=lambda query, name: [tuple(flag == "1" for flag in row) for row in self._rows(query, name)],
        )
        schema = pl.Schema({c.name: pl.String() if c.name in outside else polars_type(c.type) for c in table.columns})
        return TableStream(schema=schema, batches=self._batches(table, schema))

    def _check_engines(self, tables: Sequence[str]) -> None:
        engines = dict(self._rows(_ENGINES, None, self._catalog.namespace))
        missing = [name for name in tables if name not in engines]
        if missing:
            raise TableMissing(missing, known=sorted(engines))
        for name in tables:
            if (engines[name] or "").lower() != "innodb":
                raise SourceUnreadable(
                    self._where,
                    table=name,
                    reason=f"its engine {engines[name]} cannot show it as of one instant with the other tables",
                    next_step=f"ALTER TABLE {name} ENGINE = InnoDB in the source, or leave it out: mode: exclude.",
                )

    def _check(self, table: Table) -> None:
        known = self._found.table_names if self._found else ()
        if self._found is None or table.name not in known:
            raise TableMissing([table.name], known=known)
        found = {column.name: column.type.native for column in self._found.table(table.name).columns}
        expected = {column.name: column.type.native for column in table.columns}
        if set(found) != set(expected):
            raise SourceChanged(table.name, "it has other columns")
        changed = [name for name in expected if found[name] != expected[name]]
        if changed:
            raise SourceChanged(table.name, f"column {changed[0]!r} has another type")

    def _batches(self, table: Table, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        expressions = ", ".join(_expression(column, schema[column.name]) for column in table.columns)
        try:
            with self._driver.cursor(pymysql.cursors.SSCursor) as cursor:
                cursor.execute(f"SELECT {expressions} FROM {self._place(table.name)} AS t")
                while rows := cursor.fetchmany(_BATCH_ROWS):
                    columns = zip(*rows, strict=True)
                    yield pl.DataFrame(
                        [
                            _series(table.name, name, dtype, values)
                            for (name, dtype), values in zip(schema.items(), columns, strict=True)
                        ]
                    )
        except pymysql.MySQLError as error:
            raise _unreadable(self._where, table.name, error) from None

    def _place(self, table: str) -> str:
        return f"{quoted(self._catalog.namespace or '')}.{quoted(table)}"

    def _rows(self, query: str, table: str | None, *parameters: object) -> list[tuple[Any, ...]]:
        try:
            with self._driver.cursor() as cursor:
                cursor.execute(query, parameters or None)
                return list(cursor.fetchall())
        except pymysql.MySQLError as error:
            raise _unreadable(self._where, table, error) from None

    def _execute(self, statement: str) -> None:
        self._rows(statement, None)


def _outside_condition(column: Column) -> str | None:
    """The SQL that is true of a value outside of the frame's type: zero dates, days that no month has, long times."""
    source = f"t.{quoted(column.name)}"
    match column.type.kind:
        case Kind.DATE | Kind.DATETIME:
            last = f"LAST_DAY(CONCAT(YEAR({source}), '-', MONTH({source}), '-01'))"
            return (
                f"{source} IS NOT NULL AND (YEAR({source}) = 0 OR MONTH({source}) = 0 OR DAYOFMONTH({source}) = 0 "
                f"OR DAYOFMONTH({source}) > DAYOFMONTH({last}))"
            )
        case Kind.TIME:
            return f"{source} < '00:00:00' OR {source} >= '24:00:00'"
        case _:
            return None


def _expression(column: Column, dtype: pl.DataType) -> str:
    """What the server is asked for: numbers for times, and for what it would print rounded or in a form of its own."""
    source = f"t.{quoted(column.name)}"
    native = column.type.native.partition("(")[0].partition(" ")[0]
    if native in _SHAPES + _SHAPES_TOO:
        return f"HEX({source})"
    if native == "bit":
        return f"CAST({source} AS UNSIGNED)"
    if isinstance(dtype, pl.String):
        return f"CAST({source} AS CHAR)" if column.type.kind is Kind.OTHER else source
    match column.type.kind:
        case Kind.FLOAT:
            # A float is printed with six digits only, and with a declared scale as it says.
            return f"{source} + 0e0"
        case Kind.DATE:
            return f"DATEDIFF({source}, '1970-01-01')"
        case Kind.DATETIME:
            return f"TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', {source})"
        case Kind.TIME:
            seconds = f"HOUR({source}) * 3600 + MINUTE({source}) * 60 + SECOND({source})"
            return f"({seconds}) * 1000000 + MICROSECOND({source})"
        case _:
            return source


def _series(table: str, column: str, dtype: pl.DataType, values: Sequence[str | bytes | None]) -> pl.Series:
    try:
        if isinstance(dtype, pl.String | pl.Binary):
            return pl.Series(column, values, dtype=dtype, strict=True)
        texts = pl.Series(column, values, dtype=pl.String, strict=True)
        match dtype:
            case pl.Date():
                return texts.cast(pl.Int32, strict=True).cast(pl.Date)
            case pl.Datetime():
                return texts.cast(pl.Int64, strict=True).cast(pl.Datetime("us")).dt.replace_time_zone(dtype.time_zone)
            case pl.Time():
                return (texts.cast(pl.Int64, strict=True) * 1000).cast(pl.Time)
            case pl.Boolean():
                return texts.cast(pl.Int8, strict=True).cast(pl.Boolean)
            case pl.Float32():
                return texts.cast(pl.Float64, strict=True).cast(pl.Float32)
            case _:
                return texts.cast(dtype, strict=True)
    except (pl.exceptions.PolarsError, TypeError):
        raise ValueUnreadable(table, column, f"it is no {dtype}") from None


def _unreadable(where: str, table: str | None, error: pymysql.MySQLError) -> SourceUnreadable:
    code = error.args[0] if error.args else None
    reason = _REASONS.get(code) if isinstance(code, int) else None
    return SourceUnreadable(where, table=table, reason=reason or f"the server or its driver failed (error {code})")
