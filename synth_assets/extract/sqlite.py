"""Reading SQLite: one read transaction over all tables, by ADBC, read only."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast
from urllib.parse import quote

import adbc_driver_manager
import adbc_driver_sqlite.dbapi
import polars as pl
import pyarrow as pa
import sqlalchemy

from synth_assets.catalog.connection import file_path, location, open_engine
from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.model import Catalog, Column, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.extract.adbc import AdbcQueries
from synth_assets.extract.errors import SourceChanged, SourceUnreadable, ValueUnreadable
from synth_assets.extract.source import BATCH_ROWS, TableStream
from synth_assets.extract.sqlite_columns import (
    STORAGE_CLASSES,
    Holding,
    Reading,
    decimal_bound,
    expected,
    fits_decimal,
    needs_time_format,
    reading,
)
from synth_assets.extract.time_formats import TimeFormat, candidates, narrow

_BUSY_MILLISECONDS = 30_000
_FEWEST_BATCH_ROWS = 256
_BATCH_BYTES = 64 << 20  # if the table were all that is in the file
_NEXT_STEP = (
    "Check that the file is a SQLite database which this user may read, and that no writer holds it locked; "
    "after a crash of its application, let the application open it once."
)


@contextmanager
def open_sqlite(url: str, catalog: Catalog, tables: Sequence[str]) -> Iterator["SqliteSource"]:
    """A read transaction over the whole database, in WAL and in rollback-journal mode.

    In rollback-journal mode writers wait for the end of the read, as they do for every reader.

    Raises:
        DatabaseMissing: There is no such file.
        SourceUnreadable: The file is no database, or locked for more than 30 s.
    """
    del catalog, tables  # each table is checked when it is read: the transaction keeps all of them as they are
    where = location(url)
    path = file_path(sqlalchemy.make_url(url))
    if path is None:
        raise SourceUnreadable(where, reason="a database in memory cannot be read from outside", next_step=_NEXT_STEP)
    if not path.is_file():
        open_engine(url)  # says what is wrong
    uri = f"file:{quote(str(path))}?mode=ro"
    with _guard(uri, where):
        try:
            connection = adbc_driver_sqlite.dbapi.connect(uri)
        except adbc_driver_manager.Error as error:
            raise _unreadable(where, None, error) from None
        with connection:
            source = SqliteSource(connection, where)
            source.begin()
            yield source


@contextmanager
def _guard(uri: str, where: str) -> Iterator[None]:
    """A read transaction by Python's own SQLite, beside the driver's.

    POSIX drops all locks of a process on a file as soon as the process closes it anywhere. SQLite knows of this, but
    the driver brings a second SQLite that does not know of the first: without this, closing any other connection to
    the same file in this process would end the driver's hold on its instant. See sqlite.org/howtocorrupt.html, 2.2.1.
    """
    guard = None
    try:
        guard = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_MILLISECONDS / 1000)
        guard.execute("BEGIN")
        guard.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error as error:
        if guard is not None:
            guard.close()
        raise _unreadable(where, None, error) from None
    with closing(guard):
        yield


class SqliteSource:
    """One read transaction."""

    def __init__(self, connection: Any, where: str) -> None:
        self._queries = AdbcQueries(connection, lambda table, error: _unreadable(where, table, error))
        self._bytes = 1
        self._batch_rows = BATCH_ROWS

    def begin(self) -> None:
        """Fix the instant by a first read; the driver began the transaction when it connected."""
        self._queries.rows(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size, sqlite_schema LIMIT 1"
        self._bytes = max(1, *(row[0] for row in self._queries.rows(query)), 1)

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        self._check(table)
        holdings = self._holdings(table)
        readings = self._readings(table, holdings)
        return TableStream(
            schema=pl.Schema({one.column: one.dtype for one in readings}),
            batches=self._batches(table, readings),
            formats={one.column: one.format for one in readings if one.format is not None},
        )

    def _check(self, table: Table) -> None:
        # table_xinfo: the hidden columns of a virtual table (1) are none of the catalog's, generated ones (2, 3) are.
        found = {
            row[1]: row[2]
            for row in self._queries.rows(f"PRAGMA table_xinfo({quoted(table.name)})", table.name)
            if row[6] != 1
        }
        if not found:
            names = [row[0] for row in self._queries.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            raise TableMissing([table.name], known=names)
        known = {column.name: column.type.native for column in table.columns}
        if set(found) != set(known):
            raise SourceChanged(table.name, "it has other columns")
        changed = [name for name in known if found[name].upper() != known[name].upper()]
        if changed:
            raise SourceChanged(table.name, f"column {changed[0]!r} has another type")

    def _holdings(self, table: Table) -> dict[str, Holding]:
        """What every column holds: one scan for columns that are not as foreseen, a second one for only those."""
        foreseen = {column.name: expected(column, _source(column.name)) for column in table.columns}
        checks = [f"max({e[1]})" if e else "1" for e in foreseen.values()]
        query = f"SELECT count(*), {', '.join(checks)} FROM {quoted(table.name)} AS t"
        [(rows, *flags)] = self._queries.rows(query, table.name)
        self._batch_rows = min(BATCH_ROWS, max(_FEWEST_BATCH_ROWS, _BATCH_BYTES * rows // self._bytes))
        holdings = {name: e[0] for (name, e), flag in zip(foreseen.items(), flags, strict=True) if e and not flag}
        others = [column for column in table.columns if column.name not in holdings]
        return holdings | self._measured(table, others) if others else holdings

    def _measured(self, table: Table, columns: Sequence[Column]) -> dict[str, Holding]:
        parts = []
        for column in columns:
            source, bound = _source(column.name), decimal_bound(column)
            parts += [f"max(typeof({source}) = '{storage}')" for storage in STORAGE_CLASSES]
            parts += [f"{extreme}({source}) FILTER (WHERE typeof({source}) = 'integer')" for extreme in ("min", "max")]
            unfit = f"NOT ({fits_decimal(source, bound)})" if bound else "1"
            parts.append(f"max(typeof({source}) = 'real' AND {unfit})")
        [row] = self._queries.rows(f"SELECT {', '.join(parts)} FROM {quoted(table.name)} AS t", table.name)
        holdings = {}
        for column, start in zip(columns, range(0, len(row), 7), strict=True):
            *there, smallest, largest, unfit_reals = row[start : start + 7]
            classes = frozenset(s for s, is_there in zip(STORAGE_CLASSES, there, strict=True) if is_there)
            holdings[column.name] = Holding(classes, smallest or 0, largest or 0, fits_decimal=not unfit_reals)
        return holdings

    def _readings(self, table: Table, holdings: dict[str, Holding]) -> list[Reading]:
        plain = {column.name: reading(column, holdings[column.name]) for column in table.columns}
        timed = [column for column in table.columns if needs_time_format(column, holdings[column.name])]
        remaining: dict[str, Sequence[TimeFormat]] = {c.name: candidates(c.type.kind) for c in timed}
        if timed:
            for batch in self._batches(table, [plain[column.name] for column in timed]):
                remaining = {name: narrow(remaining[name], batch[name]) for name in remaining}
                if not any(remaining.values()):
                    break
        for column in timed:
            if remaining[column.name]:
                plain[column.name] = reading(column, holdings[column.name], remaining[column.name][0])
        return list(plain.values())

    def _batches(self, table: Table, readings: Sequence[Reading]) -> Iterator[pl.DataFrame]:
        selected = [e for one in readings for e in one.expressions(_source(one.column))]
        first_row = [e for one in readings for e in one.first_row()]
        names = [f"c{i}" for i in range(len(selected))]
        # The driver takes each column's type from the first rows, so a row of the right types goes before them.
        query = (
            f"SELECT {', '.join(f'{e} AS {n}' for e, n in zip(first_row, names, strict=True))} "
            f"UNION ALL SELECT {', '.join(selected)} FROM {quoted(table.name)} AS t"
        )
        with self._queries.cursor(table.name) as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(self._batch_rows)})
            cursor.execute(query)
            is_first = True
            for batch in cursor.fetch_record_batch():
                rows = batch.slice(1) if is_first else batch
                is_first = False
                if rows.num_rows:
                    yield self._frame(table, readings, rows)

    def _frame(self, table: Table, readings: Sequence[Reading], batch: pa.RecordBatch) -> pl.DataFrame:
        columns = []
        at = 0
        for one in readings:
            arrays = [batch.column(at + i) for i in range(len(one.selected))]
            at += len(one.selected)
            try:
                for array in arrays:
                    array.validate(full=True)
                parts = [cast(pl.Series, pl.from_arrow(array)) for array in arrays]
                columns.append(one.assemble(parts).alias(one.column))
            except pa.ArrowInvalid:
                raise ValueUnreadable(table.name, one.column, "a text that is not UTF-8") from None
            except (ValueError, pl.exceptions.PolarsError):
                raise ValueUnreadable(table.name, one.column, "it does not fit the type of the others") from None
        return pl.DataFrame(columns)


def _unreadable(where: str, table: str | None, error: Exception) -> SourceUnreadable:
    said = str(error).lower()
    for sign, reason in {
        "locked": "another process holds it locked",
        "readonly": "it must be recovered after a crash of its writer, which a reader may not do",
        "unable to open": "it cannot be opened",
        "not a database": "it is not a SQLite database",
        "malformed": "it is damaged",
        "disk i/o": "the disk failed",
    }.items():
        if sign in said:
            return SourceUnreadable(where, table=table, reason=reason, next_step=_NEXT_STEP)
    return SourceUnreadable(
        where, table=table, reason=f"the driver failed ({type(error).__name__})", next_step=_NEXT_STEP
    )


def _source(column: str) -> str:
    # Qualified: SQLite takes a quoted name that it does not know for a text.
    return f"t.{quoted(column)}"
