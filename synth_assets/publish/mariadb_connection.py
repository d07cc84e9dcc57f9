"""One connection to a MariaDB or MySQL target, whose errors come out without any value of a row."""

import contextlib
import os
import re
import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self, cast

import pymysql
import sqlalchemy
from pymysql.constants import ER
from sqlalchemy import exc

from synth_assets.catalog.connection import open_connection
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect_connection
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.staged_rows import borrowed_engine

# What every statement relies on, whatever the server, the user or the url sets. Identifiers stand in double quotes;
# checks that other dialects wrote mean what they mean there; a zero is a zero; dates are taken as they were read.
MODES = "ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES"
# Fractions of a second that a column does not keep are cut off; MariaDB does so by itself.
MYSQL_MODES = f"{MODES},TIME_TRUNCATE_FRACTIONAL"
SESSION = (
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '{modes}', time_zone = '+00:00', sql_select_limit = DEFAULT, sql_quote_show_create = 1",
    "SET SESSION wait_timeout = 86400, net_read_timeout = 3600, net_write_timeout = 3600, sql_safe_updates = 0",
)
_MEANINGS = {
    1044: "the user may not use a database that is needed",
    1025: "a table could not be moved",
    1062: "rows that must be unique are not",
    1142: "the user lacks a right",
    1205: "others hold a lock",
    1213: "others hold a lock",
    1264: "a number is out of the column's range",
    1265: "a value does not fit the column's type",
    1292: "a value is none of the column's type",
    1366: "a value is none of the column's type",
    1406: "a value is too long for the column",
    1048: "a NULL stands where none may be",
    1263: "a NULL stands where none may be",
    1452: "a reference points nowhere",
    1114: "the table or the disk is full",
    1021: "the disk is full",
    2006: "the connection was lost or refused",
    2013: "the connection was lost or refused",
    1812: "the server does not find a table's file",
    3140: "a text is no JSON",
    3750: "the server takes no table without a primary key",
    3819: "rows break a check",
    4025: "rows break a check",
    4038: "a text is no JSON",
}
# MySQL that crashed in a RENAME of a table whose file has another name than the table.
_START_AGAIN = "If the server has crashed, start it once more: it then finds the table's file. Else its log tells why."
_REMEDIES = {
    1025: _START_AGAIN,
    1812: _START_AGAIN,
    3750: "Give the table a primary key in the source, or set sql_require_primary_key = OFF in the target.",
    1044: "Grant the target's user the right that is missing.",
    1142: "Grant the target's user the right that is missing.",
    1406: "The column is shorter than a value sent: compare its length in the source.",
    1264: "A number is too big for the column: compare its type in the source.",
    1062: "Rows that must be unique are not: name the columns as unique in the plan.",
    1048: "A column that must be filled is not: check its treatment in the plan.",
    1263: "A column that must be filled is not: check its treatment in the plan.",
    1452: "A reference points nowhere: declare the key in the plan.",
    3819: "Rows break a check of the table: learn or fake its columns so that it holds, or exclude the table.",
    4025: "Rows break a check of the table: learn or fake its columns so that it holds, or exclude the table.",
    1114: "The target's disk is full: free some space.",
    1021: "The target's disk is full: free some space.",
}
LOST = frozenset({0, 2006, 2013, 2014, 2055, 1927, 1053})
_NAMES = {code: name for name, code in vars(ER).items() if isinstance(code, int)}
_COLUMN = re.compile(r"olumn [`']?(?:[^`']*[`']\.[`'])*([^`']+)[`'](?: at row \d+)?\.?$")
# What stands before the end of a duplicate's message is its value.
_DUPLICATE = 1062
_KEY = re.compile(r"for key '(?:[^'.]*\.)?([^'.]+)'$")
_CONSTRAINT = re.compile(r"(?:CONSTRAINT|Check constraint) [`\"']([^`\"']+)[`\"']")
_CONSTRAINED = (1452, 3819, 4025)


class MariadbConnection:
    """An open connection in autocommit mode.

    Args:
        database: The one to use; None: that of the url.
        sends_files: Whether LOAD DATA LOCAL is spoken. A server may then ask for any file of this machine: to be
            said only to a target that the guard has let through.
    """

    def __init__(self, url: str, *, database: str | None, sends_files: bool = False) -> None:
        asked = sqlalchemy.make_url(url)
        if database is not None:
            asked = asked.set(database=database)
        if sends_files:
            asked = asked.update_query_dict({"local_infile": "1"})
        opened = open_connection(asked.render_as_string(hide_password=False))
        self._connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        self._driver = cast("pymysql.Connection[Any]", self._connection.connection.driver_connection)
        try:
            self._begin_session(step="connect")
        except DatabaseFailed:
            self.close()
            raise

    @property
    def sqlalchemy_connection(self) -> sqlalchemy.Connection:
        return self._connection

    @property
    def dialect(self) -> str:
        return "mariadb" if getattr(self._connection.dialect, "is_mariadb", False) else "mysql"

    @property
    def is_lost(self) -> bool:
        return not self._driver.open

    def run(self, sql: str, *, step: str, table: str | None = None, columns: Collection[str] = ()) -> int:
        """Run a statement that takes no parameters; the number of rows that it changed.

        Raises:
            DatabaseFailed: it failed, or the server warned: then a value was bent, or a row left out.
        """
        with cleaned(step, table=table, columns=columns), self._driver.cursor() as cursor:
            changed = int(cursor.execute(sql))
            # Statements without rows of the dataset warn of what is no harm, such as a database that is there already.
            if columns and cursor.warning_count:
                self._raise_warning(step, table, columns)
            return changed

    def rows(self, sql: str, parameters: Sequence[object] = (), *, step: str) -> list[tuple[Any, ...]]:
        with cleaned(step), self._driver.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    def value(self, sql: str, parameters: Sequence[object] = (), *, step: str) -> Any:
        """The first column of the first row; None without rows."""
        found = self.rows(sql, parameters, step=step)
        return found[0][0] if found else None

    def reflect(self, database: str, *, step: str) -> Catalog:
        """The tables of a database."""
        try:
            with cleaned(step):
                try:
                    return reflect_connection(self._connection, namespace=database)
                except exc.DBAPIError as error:
                    raise error.orig or error from None
        finally:
            # Reading sets modes of its own.
            self._begin_session(step=step)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlalchemy.Engine]:
        """This connection as an engine of SQLAlchemy's, which reads only.

        Raises:
            DatabaseFailed: In the end, if the connection was lost in the block.
        """
        self.run("SET SESSION TRANSACTION READ ONLY", step="audit")
        yield borrowed_engine(self._connection)
        self.run("SET SESSION TRANSACTION READ WRITE", step="audit")

    def change(self, sql: str, parameters: Sequence[object], *, step: str) -> None:
        self.rows(sql, parameters, step=step)

    def load(self, sql: str, data: bytes, *, table: str, columns: Collection[str]) -> int:
        """LOAD DATA LOCAL of these bytes, which never touch a disk here; `{file}` in the statement is their place."""
        reading, writing = os.pipe()
        sender = threading.Thread(target=_send, args=(writing, data))
        sender.start()
        try:
            return self.run(sql.format(file=f"/dev/fd/{reading}"), step="stage", table=table, columns=columns)
        finally:
            os.close(reading)
            sender.join()

    def close(self) -> None:
        if self.is_lost and not self._connection.closed:
            # There is nobody left to tell of a rollback.
            self._connection.invalidate()
        # One that was lost since it was last used says so now, when it no longer matters.
        with contextlib.suppress(exc.DBAPIError):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _begin_session(self, *, step: str) -> None:
        modes = MODES if self.dialect == "mariadb" else MYSQL_MODES
        for statement in SESSION:
            self.run(statement.format(modes=modes), step=step)

    def _raise_warning(self, step: str, table: str | None, columns: Collection[str]) -> None:
        found = self.rows("SHOW WARNINGS LIMIT 1", step=step)
        code, said = (found[0][1], found[0][2]) if found else (0, "")
        raise failed(code, said, step=step, table=table, columns=columns)


@contextlib.contextmanager
def cleaned(step: str, *, table: str | None = None, columns: Collection[str] = ()) -> Iterator[None]:
    """Turn the driver's errors, whose texts hold values of rows, into ours, which name the place only."""
    try:
        yield
    except pymysql.MySQLError as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        said = str(error.args[1]) if len(error.args) > 1 else ""
        raise failed(code, said, step=step, table=table, columns=columns) from None


def failed(code: int, said: str, *, step: str, table: str | None, columns: Collection[str]) -> DatabaseFailed:
    """The failure that a server's error or warning stands for; of its text only names that are known are kept."""
    found = _COLUMN.search(said)
    # Of a text that is no JSON MySQL names the table's column, between one pair of quotes.
    named_columns = (found[1], found[1].partition(".")[2]) if found else ()
    named = _KEY if code == _DUPLICATE else _CONSTRAINT if code in _CONSTRAINED else None
    constraint = named.search(said) if named else None
    return DatabaseFailed(
        step=step,
        code=str(code) if code else "connection",
        meaning=_MEANINGS.get(code) or _meaning(code),
        table=table,
        column=next((name for name in named_columns if name in columns), None),
        constraint=constraint[1] if constraint else None,
        remedy=_REMEDIES.get(code, ""),
        lost=code in LOST,
    )


def quoted_place(database: str, table: str) -> str:
    return f"{quoted(database)}.{quoted(table)}"


def _meaning(code: int) -> str:
    """The name of the server's error in words: `ER_NO_SUCH_TABLE` is `no such table`."""
    if code in LOST:
        return "the connection was lost or refused"
    name = _NAMES.get(code)
    return name.lower().replace("_", " ") if name else "the server refused it"


def _send(writing: int, data: bytes) -> None:
    # The server may stop reading before the end: its own error tells why.
    with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
        pipe.write(data)
