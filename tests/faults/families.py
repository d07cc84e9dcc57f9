"""A target of each family under faults: what readers see in it, and what publications leave beside the tables."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import duckdb
import psycopg

from synth_assets.publish.files import FileLock, TargetFiles
from tests.publish import duckdb_shop, mariadb_shop, mysql_shop, postgres_shop, test_generic, test_sqlite

ROWS = 20
JOINED = (
    "SELECT c.email, o.note, l.sku FROM customers c JOIN orders o ON o.customer_id = c.id "
    'JOIN "order lines" l ON l.order_id = o.id'
)
ALONE = 'SELECT sku FROM "order lines"'


class Torn(AssertionError):
    """A reader saw rows of two refreshes, or too few."""


class DuckdbReader:
    """Reads a file as each transaction finds it: DuckDB itself stays with the file that it has open under a name."""

    def __init__(self, url: str) -> None:
        self._path = duckdb_shop.path_of(url)
        self._connection: Any = None

    def cursor(self) -> Any:
        self.close()
        # Under a name of its own, so that this process opens it anew.
        with tempfile.TemporaryDirectory(dir=self._path.parent) as folder:
            link = f"{folder}/link.duckdb"
            os.link(self._path, link)
            self._connection = duckdb.connect(link, read_only=True, config={"threads": 1})
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class Family:
    """How tests speak to one family of targets.

    Attributes:
        shop: Has SHOP, the source's definition, and shop_frames, rows that carry the number of their refresh.
        connect: A DB-API connection to a target's url, in autocommit mode.
        begin: What begins a transaction.
        leftovers: What publications left beside the tables, locks that are held included.
        at_rest: The leftovers that stay for a rollback.
    """

    name: str
    shop: ModuleType
    connect: Callable[[str], Any]
    begin: str
    leftovers: Callable[[str], list[str]]
    at_rest: tuple[str, ...] = ("previous",)


def seen(family: Family, connection: Any) -> int:
    """The number of the refresh that one transaction sees in a join of three tables and in one table alone.

    Raises:
        Torn: Of several, or not all rows of one.
    """
    cursor = connection.cursor()
    cursor.execute(family.begin)
    try:
        cursor.execute(JOINED)
        joined = cursor.fetchall()
        cursor.execute(ALONE)
        alone = cursor.fetchall()
    finally:
        cursor.execute("ROLLBACK")
    found = {int(email.partition("@")[2].partition(".")[0]) for email, _, _ in joined}
    found |= {int(note.split()[1]) for _, note, _ in joined}
    found |= {int(sku.partition("-")[0]) for *_, sku in (*joined, *alone)}
    if len(found) != 1 or len(joined) != ROWS or len(alone) != ROWS:
        raise Torn(f"{sorted(found)} in {len(joined)} joined rows and {len(alone)} alone")
    return found.pop()


def live(family: Family, url: str) -> int:
    """The number of the refresh whose rows are live."""
    connection = family.connect(url)
    try:
        return seen(family, connection)
    finally:
        connection.close()


def _sqlite(url: str) -> Any:
    return sqlite3.connect(url.partition(":///")[2], isolation_level=None, timeout=20, check_same_thread=False)


def _sqlite_leftovers(url: str) -> list[str]:
    found = [name for name in test_sqlite.files_beside(url) if name != "lock"]
    files = TargetFiles(test_sqlite.Path(url.removeprefix("sqlite:///")), "shop")
    try:
        FileLock(files.lock, patience=0).release()
    except sqlite3.OperationalError:
        found.append("lock held")
    return found


def _duckdb_leftovers(url: str) -> list[str]:
    found = [name for name in duckdb_shop.files_beside(url) if name not in ("lock", "swap")]
    for lock in duckdb_shop.path_of(url).parent.glob(".*.synth-assets.*"):
        if lock.name.endswith((".lock", ".swap")):
            try:
                FileLock(lock, patience=0).release()
            except sqlite3.OperationalError:
                found.append("lock held")
    return found


def _postgres(url: str) -> Any:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _postgres_leftovers(url: str) -> list[str]:
    locks = postgres_shop.rows_of(
        url,
        "SELECT 'lock held' FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    return [*postgres_shop.own_schemas(url), *(word for (word,) in locks)]


def _mariadb(url: str) -> Any:
    connection = mariadb_shop.connected(url)
    connection.query("SET SESSION sql_mode = 'ANSI_QUOTES'")
    return connection


POSTGRES = Family("postgres", postgres_shop, _postgres, "BEGIN", _postgres_leftovers)
# Whose live tables the team has partitioned.
PARTITIONED = Family("postgres, partitioned", postgres_shop, _postgres, "BEGIN", _postgres_leftovers)
MARIADB = Family("mariadb", mariadb_shop, _mariadb, "START TRANSACTION", mariadb_shop.own_databases)
MYSQL = Family("mysql", mysql_shop, _mariadb, "START TRANSACTION", mysql_shop.own_databases)
SQLITE = Family("sqlite", test_sqlite, _sqlite, "BEGIN", _sqlite_leftovers)
SQLITE_WAL = Family("sqlite in WAL mode", test_sqlite, _sqlite, "BEGIN", _sqlite_leftovers)


def _plain_leftovers(url: str) -> list[str]:
    return test_generic.ours(url)


PLAIN = Family("any other dialect", test_generic, _sqlite, "BEGIN", _plain_leftovers, at_rest=())
DUCKDB = Family("duckdb", duckdb_shop, DuckdbReader, "BEGIN", _duckdb_leftovers)
APART = {family.name: family for family in (PLAIN, PARTITIONED)}
FAMILIES = {family.name: family for family in (POSTGRES, MARIADB, MYSQL, SQLITE, SQLITE_WAL, DUCKDB)}
