"""One connection to a PostgreSQL target, whose errors come out without any value of a row."""

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, LiteralString, Self, cast

import psycopg
import sqlalchemy
from sqlalchemy import exc

from synth_assets.catalog.connection import open_connection
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect_connection
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.staged_rows import borrowed_engine

# What every statement relies on, whatever the database, the role or the url sets.
SESSION = (
    "SET client_encoding TO 'UTF8'",
    "SET standard_conforming_strings TO on",
    "SET datestyle TO 'ISO, MDY'",
    "SET intervalstyle TO 'postgres'",
    "SET extra_float_digits TO 1",
    "SET timezone TO 'UTC'",
    "SET statement_timeout TO 0",
    "SET maintenance_work_mem TO '256MB'",
    # Questions to the catalog about many tables take ten times as long to compile as to answer.
    "SET jit TO off",
    # Locks of a client that is not there any more, and could not say so, are free after two minutes.
    "SET tcp_keepalives_idle TO 60",
    "SET tcp_keepalives_interval TO 10",
    "SET tcp_keepalives_count TO 6",
)
_COPY_COLUMN = re.compile(r", column (.+?)(?:: |$)", re.MULTILINE)
# The server was stopped, crashed, is starting, ended a session that kept a transaction open; or nothing came at all.
_LOST = frozenset({"57P01", "57P02", "57P03", "25P03", "connection"})
_REMEDIES = {
    "22001": "The column is shorter than a value sent: compare its length in the source.",
    "22003": "A number is too big for the column: compare its type in the source.",
    "23505": "Rows that must be unique are not: name the columns as unique in the plan.",
    "23502": "A column that must be filled is not: check its treatment in the plan.",
    "23503": "A reference points nowhere: declare the key in the plan.",
    "23P01": "Rows are not made so that exclusion constraints hold: leave the table without rows (mode: empty), or "
    "drop the constraint in a target that keeps its own tables (ddl: match).",
    "23514": "Rows break a check of the table: learn or fake its columns so that it holds, or exclude the table.",
    "42501": "Grant the target's user the right that is missing: docs/databases.md lists what it needs. "
    "`synth-assets plan` names each right that an authorized target lacks.",
    "53100": "The target's disk is full: free some space.",
}


class PostgresConnection:
    """An open connection in autocommit mode."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = open_connection(url).execution_options(isolation_level="AUTOCOMMIT")
        self._driver = cast("psycopg.Connection[tuple[Any, ...]]", self._connection.connection.driver_connection)
        try:
            for statement in SESSION:
                self.run(statement, step="connect")
        except DatabaseFailed:
            self.close()
            raise

    @property
    def sqlalchemy_connection(self) -> sqlalchemy.Connection:
        return self._connection

    def run(self, sql: str, *, step: str, table: str | None = None, constraint: str | None = None) -> None:
        """Run a statement, or several parted by semicolons, that takes no parameters and gives no rows."""
        with cleaned(step, table=table, constraint=constraint):
            self._driver.execute(_trusted(sql))

    def rows(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = (), *, step: str
    ) -> list[tuple[Any, ...]]:
        with cleaned(step):
            return self._driver.execute(_trusted(sql), parameters or None).fetchall()

    def value(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = (), *, step: str) -> Any:
        """The first column of the first row; None without rows."""
        found = self.rows(sql, parameters, step=step)
        return found[0][0] if found else None

    def change(self, sql: str, parameters: Sequence[object], *, step: str) -> None:
        with cleaned(step):
            self._driver.execute(_trusted(sql), parameters)

    def reflect(self, schema: str, *, step: str) -> Catalog:
        """The tables of a schema; none if it does not exist."""
        with self.transaction(step=step):
            if not self.rows("SELECT FROM pg_namespace WHERE nspname = %s", [schema], step=step):
                return Catalog(dialect="postgresql", namespace=schema, tables=())
            return reflect_connection(self._connection, namespace=schema)

    @contextlib.contextmanager
    def transaction(self, *, step: str) -> Iterator[None]:
        """A transaction, or a savepoint inside of one."""
        with cleaned(step), self._driver.transaction():
            yield

    @contextlib.contextmanager
    def trial(self) -> Iterator[None]:
        """A transaction, or a savepoint, that is always rolled back."""
        with cleaned("preflight"), self._driver.transaction(force_rollback=True):
            yield

    @contextlib.contextmanager
    def copy(self, sql: str, *, table: str, columns: Collection[str]) -> Iterator[psycopg.Copy]:
        """COPY FROM STDIN or TO STDOUT; an error names the column."""
        with (
            cleaned("stage", table=table, columns=columns),
            self._driver.cursor() as cursor,
            cursor.copy(_trusted(sql)) as copy,
        ):
            yield copy

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlalchemy.Engine]:
        """This connection as an engine of SQLAlchemy's, which reads only.

        Raises:
            DatabaseFailed: In the end, if the connection was lost in the block.
        """
        self.run("SET default_transaction_read_only TO on", step="audit")
        yield borrowed_engine(self._connection)
        self.run("SET default_transaction_read_only TO off", step="audit")

    def another(self) -> "PostgresConnection":
        """A connection to the same database beside this one."""
        return PostgresConnection(self._url)

    @property
    def is_lost(self) -> bool:
        return self._driver.closed or self._driver.broken

    def close(self) -> None:
        if self.is_lost and not self._connection.closed:
            # There is nobody left to tell of a rollback.
            self._connection.invalidate()
        # One that was lost since it was last used says so now, when it no longer matters.
        with contextlib.suppress(exc.DBAPIError):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def cleaned(
    step: str, *, table: str | None = None, constraint: str | None = None, columns: Collection[str] = ()
) -> Iterator[None]:
    """Turn the driver's errors, whose texts hold values of rows, into ours, which name the place only."""
    try:
        yield
    except psycopg.Error as error:
        raise _clean(error, step, table, constraint, columns) from None
    except exc.DBAPIError as error:
        if not isinstance(error.orig, psycopg.Error):
            raise
        raise _clean(error.orig, step, table, constraint, columns) from None


def _clean(
    error: psycopg.Error, step: str, table: str | None, constraint: str | None, columns: Collection[str]
) -> DatabaseFailed:
    code = error.sqlstate or "connection"
    found = _COPY_COLUMN.search(error.diag.context or "")
    column = error.diag.column_name or (found.group(1) if found else None)
    if columns and column not in columns:
        # Whatever is no name of a column may be part of a value.
        column = None
    return DatabaseFailed(
        step=step,
        code=code,
        meaning=_meaning(error),
        table=error.diag.table_name or table,
        column=column,
        constraint=error.diag.constraint_name or constraint,
        remedy=_REMEDIES.get(code, ""),
        lost=code in _LOST or code.startswith("08"),
    )


def _meaning(error: psycopg.Error) -> str:
    """The name of the error's class in words: `UniqueViolation` is `unique violation`."""
    name = type(error).__name__
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return "the connection was lost or refused"
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _trusted(sql: str) -> LiteralString:
    """SQL that is built from quoted identifiers of a reflected catalog, not from input."""
    return sql
