"""A source that is changed while it is read: the snapshot is what it was when the read began."""

import contextlib
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from synth_assets import failpoints
from synth_assets.extract.snapshot import take_snapshot
from synth_assets.failpoints import Failpoint
from synth_assets.store.store import Store
from tests.faults.injection import Injected
from tests.publish.parts import catalog_of
from tests.publish.postgres_shop import connected, run_in
from tests.servers import PostgresServer

SCRIPT = """
CREATE TABLE a (id integer PRIMARY KEY, n integer NOT NULL);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer NOT NULL REFERENCES a (id));
INSERT INTO a VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO b VALUES (1, 1), (2, 2), (3, 3);
"""
ROWS = (
    "INSERT INTO b VALUES (4, 1)",
    "DELETE FROM b",
    "UPDATE b SET a_id = 1",
)
DEFINITIONS = (
    "ALTER TABLE b ADD COLUMN more integer",
    "ALTER TABLE b RENAME TO c",
    "DROP TABLE b",
)
ONLY_POSTGRES = ("TRUNCATE b", "ALTER TABLE b ALTER COLUMN a_id TYPE bigint", "ALTER TABLE b DROP COLUMN a_id CASCADE")


def read(url: str, namespace: str | None, store: Store, meanwhile: Callable[[], None]) -> dict[str, str]:
    """Fingerprints of the tables, read while something happens after the first table's rows."""
    happened: list[Failpoint] = []

    def happen(reached: Failpoint) -> None:
        if reached == "snapshot.rows" and not happened:
            happened.append(reached)
            meanwhile()

    catalog = catalog_of(url, namespace)
    with failpoints.listening(happen):
        made = take_snapshot(
            url,
            catalog=catalog,
            tables=("a", "b"),
            store=store,
            dataset="shop",
            refresh=secrets.token_hex(4),
            hold_out=0.0,
            foreign_keys={table.name: table.foreign_keys for table in catalog.tables},
            seed=0,
        )
    assert happened
    return {name: artifact.fingerprint for name, artifact in made.items()}


@pytest.mark.parametrize("change", [*ROWS, *DEFINITIONS, *ONLY_POSTGRES])
def test_postgres(postgres: PostgresServer, injected: Injected, tmp_path: Path, change: str) -> None:
    """Rows may be changed, and are not seen; definitions must wait."""
    url = postgres.create_database()
    run_in(url, SCRIPT)
    store = Store(f"file://{tmp_path}/store", key=bytes(32))
    undisturbed = read(url, "public", store, lambda: None)

    def meanwhile() -> None:
        with connected(url) as other:
            other.execute(b"SET lock_timeout TO '50ms'")
            if change in ROWS:
                other.execute(change.encode())
            else:
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(change.encode())

    assert read(url, "public", store, meanwhile) == undisturbed
    injected.add("postgres", "source changed", change)


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("change", [*ROWS, *DEFINITIONS])
def test_sqlite(injected: Injected, tmp_path: Path, mode: str, change: str) -> None:
    """In WAL mode writers go on and are not seen; with a rollback journal they wait."""
    path = tmp_path / "source.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.executescript(SCRIPT)
    store = Store(f"file://{tmp_path}/store", key=bytes(32))
    url = f"sqlite:///{path}"
    undisturbed = read(url, None, store, lambda: None)

    def meanwhile() -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0.05)) as other:
            if mode == "wal":
                other.execute(change)
            else:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute(change)

    assert read(url, None, store, meanwhile) == undisturbed
    injected.add(f"sqlite ({mode})", "source changed", change)
