"""Reading DuckDB: one transaction over all tables, streamed as Arrow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import sqlalchemy

from synth_assets.catalog.connection import file_path, location, open_engine
from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.model import Catalog, Column, Kind, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.extract.arrow import frame_of
from synth_assets.extract.errors import SourceChanged, SourceUnreadable
from synth_assets.extract.outside import outside_columns
from synth_assets.extract.source import BATCH_ROWS, TableStream

# DuckDB prints all other types, and those that are finer than a microsecond.
_NATIVE_KINDS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.TEXT, Kind.DATE, Kind.BINARY)
_NATIVE_TIMES = {
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
}
_NEXT_STEP = "Check that the file is a DuckDB database of this version, and that no other process holds it open."
_COLUMNS = """
SELECT table_name, column_name, data_type FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = $1
"""


@contextmanager
def open_duckdb(url: str, catalog: Catalog, tables: Sequence[str]) -> Iterator["DuckdbSource"]:
    """A read-only transaction over the whole database.

    Raises:
        DatabaseMissing: There is no such file.
        SourceUnreadable: The file is no database, or another process holds it open for writing.
    """
    del tables  # the transaction keeps all tables as they are
    where = location(url)
    path = file_path(sqlalchemy.make_url(url))
    if path is None or not path.is_file():
        open_engine(url)  # says what is wrong
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise _unreadable(where, None, error) from None
    with connection:
        source = DuckdbSource(connection, where, catalog)
        source.begin()
        yield source


class DuckdbSource:
    """One read transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, where: str, catalog: Catalog) -> None:
        self._connection = connection
        self._where = where
        self._namespace = catalog.namespace or "main"
        self._found: dict[str, dict[str, str]] = {}

    def begin(self) -> None:
        """Start the transaction; the first read fixes the instant."""
        # What does not fit into memory fails, rather than lie in the clear beside the source.
        self._rows("SET temp_directory = ''", None)
        self._rows("SET TimeZone = 'UTC'", None)
        self._rows("BEGIN TRANSACTION", None)
        for table, column, native in self._rows(_COLUMNS, None, self._namespace):
            self._found.setdefault(table, {})[column] = native

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        self._check(table)
        outside = outside_columns(table, condition=_outside_condition, source=self._from(table), rows=self._rows)
        schema = pl.Schema(
            {c.name: pl.String() if c.name in outside or _is_printed(c) else polars_type(c.type) for c in table.columns}
        )
        return TableStream(schema=schema, batches=self._batches(table, schema))

    def _check(self, table: Table) -> None:
        if table.name not in self._found:
            raise TableMissing([table.name], known=sorted(self._found))
        if self._found[table.name] != {column.name: column.type.native for column in table.columns}:
            raise SourceChanged(table.name, "it has other columns or types")

    def _batches(self, table: Table, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        expressions = ", ".join(_expression(column, schema[column.name]) for column in table.columns)
        try:
            reader = self._connection.sql(f"SELECT {expressions} FROM {self._from(table)}").to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                if batch.num_rows:
                    yield frame_of(batch, table=table.name, schema=schema)
        except (duckdb.Error, pa.ArrowException) as error:
            raise _unreadable(self._where, table.name, error) from None

    def _from(self, table: Table) -> str:
        return f"{quoted(self._namespace)}.{quoted(table.name)} AS t"

    def _rows(self, query: str, table: str | None, *parameters: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise _unreadable(self._where, table, error) from None


def _is_printed(column: Column) -> bool:
    return column.type.kind not in _NATIVE_KINDS and column.type.native not in _NATIVE_TIMES


def _outside_condition(column: Column) -> str | None:
    """The SQL that is true of a value outside of the frame's type."""
    source = f"t.{quoted(column.name)}"
    if column.type.kind is Kind.DATE:
        return f"{source} < DATE '0001-01-01' OR {source} > DATE '9999-12-31'"
    if column.type.native == "TIME":
        return f"{source} = TIME '24:00:00'"
    if column.type.native in _NATIVE_TIMES:
        target = _NATIVE_TIMES[column.type.native]
        first, end = f"CAST('0001-01-01 00:00:00' AS {target})", f"CAST('10000-01-01 00:00:00' AS {target})"
        return f"CAST({source} AS {target}) < {first} OR CAST({source} AS {target}) >= {end}"
    return None


def _expression(column: Column, dtype: pl.DataType) -> str:
    source = f"t.{quoted(column.name)}"
    if column.type.kind in (Kind.TEXT, Kind.BINARY):
        return source
    if isinstance(dtype, pl.String):
        return f"CAST({source} AS VARCHAR)"
    target = _NATIVE_TIMES.get(column.type.native)
    return f"CAST({source} AS {target})" if target else source


def _unreadable(where: str, table: str | None, error: Exception) -> SourceUnreadable:
    reason = f"DuckDB failed ({type(error).__name__})"
    if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
        reason = "another process holds it open for writing"
    return SourceUnreadable(where, table=table, reason=reason, next_step=_NEXT_STEP)
