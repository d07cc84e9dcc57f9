"""Staged tables as SQL reads them: each with the columns and values that were judged, whatever its types are here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy.dialects import mysql
from sqlalchemy.pool import StaticPool

from synth_assets.catalog.connection import open_engine
from synth_assets.publish.request import PublishRequest

# Collations that tell all texts apart and put them in the order of their characters, as Python does.
_BY_CHARACTER = {
    "postgresql": "C",
    "sqlite": "BINARY",
    "mariadb": "utf8mb4_nopad_bin",
    "mysql": "utf8mb4_0900_bin",
}
# Times that SQLite holds as texts, whose order is theirs: a day, then a clock with so many characters.
_ORDERED_DAY = "%Y-%m-%d"
_CLOCKS = {"%H:%M:%S%.6f": 15, "%H:%M:%S%.3f": 12, "%H:%M:%S": 8, "%H:%M": 5}
_MIDNIGHT = "00:00:00.000000"


@dataclass(frozen=True)
class StagedRows:
    """The staged tables of one publication, open for reading.

    Attributes:
        engine: Leads to where they are, and may read only.
        dialect: SQLAlchemy's name of it: postgresql, mariadb, mysql, sqlite or duckdb.
        namespace: Their schema, or database.
    """

    engine: sqlalchemy.Engine
    dialect: str
    namespace: str | None
    request: PublishRequest

    def select(self, table: str) -> sqlalchemy.Select[Any]:
        """The rows of a table: the columns that were sent, each of the kind of value that it was sent as."""
        sent = self.request.tables[table]
        names = [name for name in self.request.columns(table) if name in sent.schema]
        staged = sqlalchemy.table(table, *(sqlalchemy.column(name) for name in names), schema=self.namespace)
        return sqlalchemy.select(
            *(self._as_sent(staged.c[name], sent.schema[name], sent.formats.get(name)).label(name) for name in names)
        )

    def schema(self, table: str) -> pl.Schema:
        """What the values of the selected columns are; times whose order SQL does not know are texts."""
        sent = self.request.tables[table]
        found = {}
        for name in self.request.columns(table):
            if name in sent.schema:
                dtype = sent.schema[name]
                is_ordered = self.dialect != "sqlite" or _clock(sent.formats.get(name)) is not None
                found[name] = dtype if is_ordered or not dtype.is_temporal() else pl.String()
        return pl.Schema(found)

    def _as_sent(
        self, column: sqlalchemy.ColumnClause[Any], dtype: pl.DataType, form: str | None
    ) -> sqlalchemy.ColumnElement[Any]:
        if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Time):
            return self._text(column)
        if self.dialect == "sqlite":
            return self._sqlite(column, dtype, form)
        if self.dialect == "postgresql" and dtype.is_float():
            # Not a number is no value to pandas, and the greatest one to PostgreSQL.
            return sqlalchemy.func.nullif(column, sqlalchemy.text("'NaN'"))
        return column

    def _text(self, column: sqlalchemy.ColumnClause[Any]) -> sqlalchemy.ColumnElement[Any]:
        if self.dialect == "duckdb":
            return sqlalchemy.cast(column, sqlalchemy.String())
        kind = mysql.CHAR(charset="utf8mb4") if self.dialect in ("mariadb", "mysql") else sqlalchemy.Text()
        return sqlalchemy.collate(sqlalchemy.cast(column, kind), _BY_CHARACTER[self.dialect])

    def _sqlite(
        self, column: sqlalchemy.ColumnClause[Any], dtype: pl.DataType, form: str | None
    ) -> sqlalchemy.ColumnElement[Any]:
        """Numbers are texts in columns that are declared so; times are texts in all."""
        if dtype.is_integer() or dtype == pl.Boolean:
            return sqlalchemy.cast(column, sqlalchemy.Integer())
        if dtype.is_numeric():
            return sqlalchemy.cast(column, sqlalchemy.REAL())
        if not dtype.is_temporal():
            return column
        clock = _clock(form or _ORDERED_DAY if dtype == pl.Date else form)
        if clock is None:
            return self._text(column)
        day, time = sqlalchemy.func.substr(column, 1, 10), sqlalchemy.func.substr(column, 12, clock)
        return day.concat(" ").concat(time).concat(_MIDNIGHT[clock:])


def borrowed_engine(connection: sqlalchemy.Connection) -> sqlalchemy.Engine:
    """An engine over a connection that is open already: with its session, its rights, and what it was told of TLS.

    Whoever closes or disposes of the engine leaves the connection open.
    """
    driver = connection.connection.driver_connection
    # The same driver by the name that libraries know: of MariaDB's they know less.
    name = connection.engine.url.drivername.replace("mariadb", "mysql")
    return sqlalchemy.create_engine(
        sqlalchemy.URL.create(name),
        creator=lambda: driver,
        poolclass=_Borrowed,
        pool_reset_on_return=None,
        hide_parameters=True,
    )


@contextmanager
def opened_engine(url: str) -> Iterator[sqlalchemy.Engine]:
    """An engine over a file that is there, which reads only."""
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        sqlalchemy.event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA query_only = ON"))
    try:
        yield engine
    finally:
        engine.dispose()


class _Borrowed(StaticPool):
    def dispose(self) -> None:
        """What is borrowed is not closed."""


def _clock(form: str | None) -> int | None:
    """How many characters tell the time of day in times written so; None if their texts have another order.

    Args:
        form: As chrono takes it; None is ISO text to the microsecond.
    """
    if form is None:
        return len(_MIDNIGHT)
    if not form.startswith(_ORDERED_DAY):
        return None
    rest = form.removeprefix(_ORDERED_DAY)[1:]
    of_format = next((length for clock, length in _CLOCKS.items() if rest.startswith(clock)), None)
    return len(rest) if of_format is None else of_format
