"""Queries through a driver of ADBC, whose errors all become one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import adbc_driver_manager
import pyarrow as pa

from synth_assets.catalog.interrupts import raise_interrupt
from synth_assets.extract.errors import SourceUnreadable


class AdbcQueries:
    """Queries on one open connection.

    Args:
        connection: Of ADBC's DBAPI.
        unreadable: What to raise, given the table at work and what the driver raised.
    """

    def __init__(self, connection: Any, unreadable: Callable[[str | None, Exception], SourceUnreadable]) -> None:
        self._connection = connection
        self._unreadable = unreadable

    def rows(self, query: str, table: str | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.cursor(table) as cursor:
            cursor.execute(query)
            return cast(list[tuple[Any, ...]], cursor.fetchall())

    @contextmanager
    def cursor(self, table: str | None = None) -> Iterator[Any]:
        """A cursor, for a block in which all rows are read."""
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except (adbc_driver_manager.Error, OSError, pa.ArrowException) as error:
            raise_interrupt(error)
            raise self._unreadable(table, error) from None
