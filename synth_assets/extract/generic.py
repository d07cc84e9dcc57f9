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
from synth_assets.extract.errors import ChangedWhileRead, SourceChanged, SourceUnreadable, ValueUnreadable
from synth_assets.extract.read_twice import Reading
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

    Where the dialect has no such level, or cannot set it, every table that was read is read once more at the end.

    Raises:
        DatabaseUnreachable, LoginRefused, ...: See catalog.connection.open_engine.
        ChangedWhileRead: At the end: the two readings of a table differ.
    """
    del tables
    engine = open_engine(url)
    where = location(url)
    for level in (*_isolation_levels(engine), None):
        with engine.connect() as connection:
            if level is not None and not _is_set(connection, level):
                continue
            source = GenericSource(connection, where, catalog, shows_one_instant=level is not None)
            yield source
            source.compare()
            return


def _isolation_levels(engine: sqlalchemy.Engine) -> list[str]:
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        try:
            known = [] if raw is None else connection.dialect.get_isolation_level_values(raw)
        except NotImplementedError:
            return []
    return [level for level in _ISOLATION_LEVELS if level in known]


def _is_set(connection: sqlalchemy.Connection, level: str) -> bool:
    """Whether the dialect does what it names: some have a driver that cannot, and some no setter at all."""
    drivers_own = getattr(connection.dialect.loaded_dbapi, "Error", sqlalchemy.exc.DBAPIError)
    try:
        connection.execution_options(isolation_level=level)
    except (sqlalchemy.exc.SQLAlchemyError, drivers_own, NotImplementedError, AttributeError, TypeError):
        return False
    return True


class GenericSource:
    """One read transaction."""

    def __init__(
        self, connection: sqlalchemy.Connection, where: str, catalog: Catalog, *, shows_one_instant: bool
    ) -> None:
        self._connection = connection
        self._where = where
        self._namespace = catalog.namespace
        self._shows_one_instant = shows_one_instant
        self._first: dict[str, tuple[Table, Reading]] = {}

    def read(self, table: Table) -> TableStream:
        """See `Source.read`."""
        schema = self._schema(table)
        batches = self._batches(table, schema)
        if self._shows_one_instant:
            return TableStream(schema=schema, batches=batches)
        _, reading = self._first[table.name] = (table, Reading())
        return TableStream(schema=schema, batches=reading.of(batches))

    def compare(self) -> None:
        """Read every table that was read once more, unless the transaction itself shows one instant.

        Raises:
            ChangedWhileRead: a table has other rows by now.
        """
        for table, first in self._first.values():
            second = Reading()
            for _ in second.of(self._batches(table, self._schema(table))):
                pass
            if second != first:
                raise ChangedWhileRead(self._where, table.name)

    def _schema(self, table: Table) -> pl.Schema:
        inspector = sqlalchemy.inspect(self._connection)
        if not inspector.has_table(table.name, self._namespace):
            raise TableMissing([table.name], known=inspector.get_table_names(self._namespace))
        found = {str(column["name"]) for column in inspector.get_columns(table.name, self._namespace)}
        if found != set(table.column_names):
            raise SourceChanged(table.name, "it has other columns")
        return frame_schema(table)

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
