"""Connections to SQLite files, whose errors come out in our own words."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from synth_assets.publish.errors import DatabaseFailed

_PLACE = re.compile(r"constraint failed: (\S[^.]*)\.(\S.*)$")


@contextlib.contextmanager
def cleaned(step: str, *, table: str | None = None) -> Iterator[None]:
    """Turn the driver's errors into ours. SQLite names tables, columns and constraints, never values, in its errors."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", type(error).__name__)
        found = _PLACE.search(str(error))
        raise DatabaseFailed(
            step=step,
            code=code,
            meaning=str(error) if code.startswith("SQLITE_CONSTRAINT") or table else _meaning(error),
            table=found.group(1) if found else table,
            column=found.group(2) if found else None,
        ) from None


def _meaning(error: sqlite3.Error) -> str:
    return str(error).partition("\n")[0]


def run(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = (), *, step: str) -> None:
    with cleaned(step):
        connection.execute(sql, parameters)


def rows(
    connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = (), *, step: str
) -> list[tuple[Any, ...]]:
    with cleaned(step):
        return connection.execute(sql, parameters).fetchall()


def create_private(path: Path, *, encoding: str, step: str) -> sqlite3.Connection:
    """A new database file that only its owner may read, open in autocommit mode.

    Durability is left out: a file that is not complete is thrown away.
    """
    path.touch(mode=0o600, exist_ok=False)
    connection = sqlite3.connect(path, isolation_level=None)
    run(connection, f"PRAGMA encoding = '{encoding}'", step=step)
    run(connection, "PRAGMA journal_mode = OFF", step=step)
    run(connection, "PRAGMA synchronous = OFF", step=step)
    return connection
