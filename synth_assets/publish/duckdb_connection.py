"""Connections to DuckDB files, whose errors come out in our own words: DuckDB's quote values of rows."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from synth_assets.catalog.errors import DatabaseUnreachable
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.files import SPILLED

LIVE = "live"
IN_USE = "the file is open for writing in another process, or open in this one"

_Config = dict[str, str | bool | int | float | list[str]]
_CONFIG: _Config = {"autoinstall_known_extensions": "false"}
_SMALL: _Config = {"temp_directory": "", "threads": "1"}
_FULL = ("No space left on device", "File too large")
# What DuckDB says of a file that another process has open, or this one in another way.
_TAKEN = ("onflicting lock", "Unique file handle conflict", "with a different configuration")
_KEY = re.compile(r'Duplicate key "(?P<column>[^:]+): ')
_NOT_NULL = re.compile(r"NOT NULL constraint failed: (?:[^.]+)\.(?P<column>.+)$", re.MULTILINE)
_CHECK = re.compile(r"CHECK constraint failed on table .*", re.DOTALL)
# Errors of statements without values, and of files.
_OF_DEFINITIONS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.DependencyException,
    duckdb.IOException,
    duckdb.NotImplementedException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.PermissionException,
)


@contextlib.contextmanager
def cleaned(step: str, *, table: str | None = None, columns: Sequence[str] = ()) -> Iterator[None]:
    """Turn the driver's errors, and the operating system's, into ours.

    Args:
        columns: Those of the table: a name in an error is passed on only if it is one of them.
    """
    try:
        yield
    except duckdb.Error as error:
        found = _KEY.search(str(error)) or _NOT_NULL.search(str(error))
        column = found["column"] if found else None
        raise DatabaseFailed(
            step=step,
            code=type(error).__name__,
            meaning=_meaning(error),
            table=table,
            column=column if column in columns else None,
        ) from None
    except OSError as error:
        raise DatabaseFailed(step=step, code=type(error).__name__, meaning=str(error.strerror), table=table) from None


def is_in_use(error: BaseException) -> bool:
    """Whether a file could not be opened since somebody else has it open."""
    if isinstance(error, DatabaseFailed):
        return error.meaning == IN_USE
    return isinstance(error, duckdb.Error | DatabaseUnreachable) and any(words in str(error) for words in _TAKEN)


def run(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = (), *, step: str) -> None:
    with cleaned(step):
        connection.execute(sql, list(parameters))


def rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = (), *, step: str
) -> list[tuple[Any, ...]]:
    with cleaned(step):
        return connection.execute(sql, list(parameters)).fetchall()


@contextlib.contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database for small questions: what does not fit into memory fails, rather than lie in the current folder."""
    with contextlib.closing(duckdb.connect(":memory:", config=_CONFIG | _SMALL)) as connection:
        yield connection


@contextlib.contextmanager
def opened(path: Path, *, step: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file, open for writing; it is made if it does not exist. No other process may have it open."""
    with cleaned(step):
        connection = duckdb.connect(str(path), config=dict(_CONFIG))
    with contextlib.closing(connection):
        yield connection


@contextlib.contextmanager
def reading(path: Path, *, step: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file as it is now, to be read only, beside other processes that read it.

    Not opened by its path: DuckDB would hand out what this process has open under that path, which may be the file
    that was there before a swap.
    """
    with in_memory() as connection:
        attach(connection, path, name=LIVE, step=step)
        run(connection, f"USE {LIVE}", step=step)
        yield connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, *, name: str, step: str) -> None:
    literal = str(path).replace("'", "''")
    run(connection, f"ATTACH '{literal}' AS {quoted(name)} (READ_ONLY)", step=step)


def create_private(path: Path, *, step: str) -> None:
    """An empty database file that only its owner may read."""
    folder = private_folder(path, step=step)
    # DuckDB takes no empty file for a database, and makes files that others may read: it makes it where they do not go.
    made = folder / path.name
    with opened(made, step=step):
        pass
    with cleaned(step):
        made.chmod(0o600)
        made.replace(path)


def private_folder(path: Path, *, step: str) -> Path:
    """The folder in which DuckDB keeps what does not fit into memory, made before it makes it for everybody."""
    folder = path.with_name(f"{path.name}{SPILLED}")
    with cleaned(step):
        folder.mkdir(mode=0o700)
    return folder


def _meaning(error: duckdb.Error) -> str:
    said = str(error)
    if is_in_use(error):
        return IN_USE
    if any(words in said for words in _FULL):
        return "no space is left on the disk"
    if isinstance(error, duckdb.ConstraintException):
        return _broken(said)
    if isinstance(error, _OF_DEFINITIONS):
        return said.partition("\n")[0].rstrip(".")
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return "a value does not fit its column's type"
    return "the statement was not carried out"


def _broken(said: str) -> str:
    """Which kind of constraint a row breaks; a CHECK names its expression, which is no value."""
    check = _CHECK.search(said)
    if check:
        return check.group()
    if "NOT NULL" in said:
        return "a value that must not be NULL is"
    if "foreign key" in said:
        return "a row refers to a row that is not there"
    return "a value of a primary key, unique key or unique index is there twice"
