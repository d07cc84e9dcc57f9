"""Reading any other database by SQLAlchemy: one transaction, rows streamed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID

import polars as pl
import sqlalchemy

from synth_assets.catalog.connection import location, open_engine
from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.frames import frame_schema
from synth_assets.catalog.model import Catalog, Table
from synth_assets.extract.errors import SourceChanged, SourceUnreadable, ValueUnreadable
from synth_assets.extract.source import TableStream

_BATCH_ROWS = 10_000
# The first that the dialect has: a snapshot costs writers nothing; MySQL's serializable would lock every row.
_ISOLATION_LEVELS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
# What the driver may hand over for a column of each frame type; anything else is refused rather than bent.
_PYTHON_TYPES: dict[type[pl.DataType], tuple[type, ...]] = {
    pl.Int64: (int,),
    pl.UInt64: (int,),
    pl.Float32: (float, int),
    pl.Float64: (float, int),
    pl.Decimal: (Decimal, int),
    pl.Boolean: (bool, int),
    pl.Date: (dt.date,),
    pl.Time: (dt.time,),
    pl.Datetime: (dt.datetime,),
    pl.Binary: (bytes, bytearray, memoryview),
}
_PRINTED = (str, int, Decimal, UUID)


@contextmanager
def open_generic(url: str, catalog: Catalog, tables: Sequence[str]) -> Iterator["GenericSource"]:
    """One transaction at the isolation level that shows all tables as of one instant.

    Raises:
        DatabaseUnreachable, LoginRefused, ...: See catalog.connection.open_engine.
        SourceUnreadable: The database has no isolation level that shows one instant.
    """
    del tables
    engine = open_engine(url)
    where = location(url)
    with engine.connect() as connection:
        level = _isolation_level(connection)
        if level is None:
            raise SourceUnreadable(where, reason="it cannot show several tables as of one instant")
        connection.execution_options(isolation_level=level)
        yield GenericSource(connection, where, catalog)


def _isolation_level(connection: sqlalchemy.Connection) -> str | None:
    raw = connection.connection.dbapi_connection
    if raw is None:
        return None
    known = connection.dialect.get_isolation_level_values(raw)
    connection.rollback()
    return next((level for level in _ISOLATION_LEVELS if level in known), None)


class GenericSource:
    """One read transaction."""

    def __init__(self, connection: sqlalchemy.Connection, where: str, catalog: Catalog) -> None:
        self._connection = connection
        self._where = where
        self._namespace = catalog.namespace

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        inspector = sqlalchemy.inspect(self._connection)
        if not inspector.has_table(table.name, self._namespace):
            raise TableMissing([table.name], known=inspector.get_table_names(self._namespace))
        found = {str(column["name"]) for column in inspector.get_columns(table.name, self._namespace)}
        if found != set(table.column_names):
            raise SourceChanged(table.name, "it has other columns")
        schema = frame_schema(table)
        return TableStream(schema=schema, batches=self._batches(table, schema))

    def _batches(self, table: Table, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        # Columns without types: the driver's values as they are, with nothing converted on the way.
        columns: list[sqlalchemy.ColumnClause[object]] = [sqlalchemy.column(name) for name in table.column_names]
        source = sqlalchemy.table(table.name, *columns, schema=self._namespace)
        options = {"stream_results": True, "yield_per": _BATCH_ROWS}
        try:
            result = self._connection.execute(sqlalchemy.select(*source.columns), execution_options=options)
            for rows in result.partitions():
                values = zip(*rows, strict=True)
                yield pl.DataFrame(
                    [
                        _series(table.name, name, dtype, v)
                        for (name, dtype), v in zip(schema.items(), values, strict=True)
                    ]
                )
        except sqlalchemy.exc.SQLAlchemyError as error:
            reason = f"the driver failed ({type(error).__name__})"
            raise SourceUnreadable(self._where, table=table.name, reason=reason) from None


def _series(table: str, column: str, dtype: pl.DataType, values: Sequence[object]) -> pl.Series:
    accepted = _PRINTED if isinstance(dtype, pl.String) else _PYTHON_TYPES[type(dtype)]
    if not all(value is None or isinstance(value, accepted) for value in values):
        raise ValueUnreadable(table, column, f"the driver gives it a type that is no {dtype}")
    plain: list[object] = [*values]
    if isinstance(dtype, pl.String):
        plain = [None if value is None else str(value) for value in values]
    elif isinstance(dtype, pl.Binary):
        plain = [bytes(value) if isinstance(value, bytearray | memoryview) else value for value in values]
    elif isinstance(dtype, pl.Boolean):
        if not all(value in (None, 0, 1) for value in values):
            raise ValueUnreadable(table, column, "it is neither true nor false")
        plain = [None if value is None else bool(value) for value in values]
    try:
        series = pl.Series(column, plain, dtype=dtype, strict=True)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        raise ValueUnreadable(table, column, f"it is no {dtype}") from None
    if isinstance(dtype, pl.Decimal) and series.to_list() != plain:
        raise ValueUnreadable(table, column, f"it has more digits than {dtype}")
    return series
