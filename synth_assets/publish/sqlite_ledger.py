"""Marker and ledger in SQLite: two tables of the target's own file."""

import sqlite3
from datetime import datetime

from synth_assets.catalog.model import Catalog
from synth_assets.publish.ledger import COLUMNS, SHAPE_TABLE, SQLITE_TABLE, LedgerEntry
from synth_assets.publish.marker import OWN_TABLE as MARKER_TABLE
from synth_assets.publish.marker import Marker
from synth_assets.publish.sqlite_connection import rows, run

_MARKER = (
    f"CREATE TABLE IF NOT EXISTS {MARKER_TABLE} (target TEXT NOT NULL, environment TEXT NOT NULL, "
    "authorized_at TEXT NOT NULL, replace_existing INTEGER NOT NULL)"
)
_LEDGER = (
    f"CREATE TABLE IF NOT EXISTS {SQLITE_TABLE} (id INTEGER PRIMARY KEY, publication TEXT NOT NULL UNIQUE, "
    "dataset TEXT NOT NULL, namespace TEXT NOT NULL, action TEXT NOT NULL, refresh TEXT NOT NULL, previous TEXT, "
    "fingerprint TEXT NOT NULL, snapshot TEXT, verdict TEXT NOT NULL, published_at TEXT NOT NULL, "
    "published_by TEXT NOT NULL, counts TEXT NOT NULL, shape TEXT NOT NULL)"
)
_SHAPE = f"CREATE TABLE IF NOT EXISTS {SHAPE_TABLE} (fingerprint TEXT PRIMARY KEY, catalog TEXT NOT NULL)"


def read_marker(connection: sqlite3.Connection) -> Marker | None:
    if not _exists(connection, MARKER_TABLE):
        return None
    sql = f"SELECT target, environment, authorized_at, replace_existing FROM {MARKER_TABLE}"
    found = rows(connection, sql, step="guard")
    if not found:
        return None
    target, environment, authorized_at, replace_existing = found[0]
    return Marker(
        target=target,
        environment=environment,
        authorized_at=datetime.fromisoformat(authorized_at),
        replace_existing=bool(replace_existing),
    )


def write_marker(connection: sqlite3.Connection, marker: Marker) -> None:
    values = [marker.target, marker.environment, marker.authorized_at.isoformat(), int(marker.replace_existing)]
    run(connection, "BEGIN IMMEDIATE", step="authorize")
    try:
        run(connection, _MARKER, step="authorize")
        run(connection, _LEDGER, step="authorize")
        run(connection, f"DELETE FROM {MARKER_TABLE}", step="authorize")
        run(connection, f"INSERT INTO {MARKER_TABLE} VALUES (?, ?, ?, ?)", values, step="authorize")
        run(connection, "COMMIT", step="authorize")
    finally:
        if connection.in_transaction:
            connection.rollback()


def read_ledger(connection: sqlite3.Connection, *, step: str) -> list[LedgerEntry]:
    """All entries, newest first."""
    if not _exists(connection, SQLITE_TABLE):
        return []
    found = rows(connection, f"SELECT {', '.join(COLUMNS)} FROM {SQLITE_TABLE} ORDER BY id DESC", step=step)
    return [LedgerEntry.of_texts(dict(zip(COLUMNS, row, strict=True))) for row in found]


def write_entry(connection: sqlite3.Connection, entry: LedgerEntry, *, step: str) -> None:
    """Add an entry inside the transaction that makes it true."""
    run(connection, _LEDGER, step=step)
    values = entry.as_texts()
    marks = ", ".join("?" for _ in COLUMNS)
    sql = f"INSERT INTO {SQLITE_TABLE} ({', '.join(COLUMNS)}) VALUES ({marks})"
    run(connection, sql, [values[name] for name in COLUMNS], step=step)


def write_shape(connection: sqlite3.Connection, shape: Catalog, *, step: str) -> None:
    """Add what a publication makes, unless it is there: an entry may then name its fingerprint."""
    if read_shape(connection, shape.fingerprint, step=step) is None:
        run(connection, _SHAPE, step=step)
        values = [shape.fingerprint, shape.model_dump_json()]
        run(connection, f"INSERT INTO {SHAPE_TABLE} VALUES (?, ?)", values, step=step)


def read_shape(connection: sqlite3.Connection, fingerprint: str, *, step: str) -> Catalog | None:
    if not _exists(connection, SHAPE_TABLE):
        return None
    sql = f"SELECT catalog FROM {SHAPE_TABLE} WHERE fingerprint = ?"
    found = rows(connection, sql, [fingerprint], step=step)
    return Catalog.model_validate_json(found[0][0]) if found else None


def _exists(connection: sqlite3.Connection, table: str) -> bool:
    return bool(rows(connection, "SELECT 1 FROM sqlite_master WHERE name = ?", [table], step="guard"))
