"""Marker and ledger in DuckDB: two tables of the target's own file, in its schema `main`."""

from datetime import datetime

import duckdb

from synth_assets.catalog.model import Catalog
from synth_assets.publish.duckdb_connection import rows, run
from synth_assets.publish.ledger import COLUMNS, SHAPE_TABLE, LedgerEntry
from synth_assets.publish.ledger import SQLITE_TABLE as LEDGER_TABLE
from synth_assets.publish.marker import OWN_TABLE as MARKER_TABLE
from synth_assets.publish.marker import Marker

_MARKER = (
    f"CREATE TABLE IF NOT EXISTS main.{MARKER_TABLE} (target VARCHAR NOT NULL, environment VARCHAR NOT NULL, "
    "authorized_at VARCHAR NOT NULL, replace_existing BOOLEAN NOT NULL)"
)
_LEDGER = (
    f"CREATE TABLE IF NOT EXISTS main.{LEDGER_TABLE} (id BIGINT NOT NULL, publication VARCHAR NOT NULL, "
    "dataset VARCHAR NOT NULL, namespace VARCHAR NOT NULL, action VARCHAR NOT NULL, refresh VARCHAR NOT NULL, "
    "previous VARCHAR, fingerprint VARCHAR NOT NULL, snapshot VARCHAR, verdict VARCHAR NOT NULL, "
    "published_at VARCHAR NOT NULL, published_by VARCHAR NOT NULL, counts VARCHAR NOT NULL, shape VARCHAR NOT NULL)"
)
_SHAPE = f"CREATE TABLE IF NOT EXISTS main.{SHAPE_TABLE} (fingerprint VARCHAR PRIMARY KEY, catalog VARCHAR NOT NULL)"


def read_marker(connection: duckdb.DuckDBPyConnection, *, step: str = "guard") -> Marker | None:
    if not _exists(connection, MARKER_TABLE, step=step):
        return None
    sql = f"SELECT target, environment, authorized_at, replace_existing FROM main.{MARKER_TABLE}"
    found = rows(connection, sql, step=step)
    if not found:
        return None
    target, environment, authorized_at, replace_existing = found[0]
    return Marker(
        target=target,
        environment=environment,
        authorized_at=datetime.fromisoformat(authorized_at),
        replace_existing=replace_existing,
    )


def write_marker(connection: duckdb.DuckDBPyConnection, marker: Marker) -> None:
    values = [marker.target, marker.environment, marker.authorized_at.isoformat(), marker.replace_existing]
    run(connection, "BEGIN", step="authorize")
    run(connection, _MARKER, step="authorize")
    run(connection, _LEDGER, step="authorize")
    run(connection, f"DELETE FROM main.{MARKER_TABLE}", step="authorize")
    run(connection, f"INSERT INTO main.{MARKER_TABLE} VALUES (?, ?, ?, ?)", values, step="authorize")
    run(connection, "COMMIT", step="authorize")


def read_ledger(connection: duckdb.DuckDBPyConnection, *, namespace: str, step: str) -> list[LedgerEntry]:
    """All entries of one schema, newest first."""
    if not _exists(connection, LEDGER_TABLE, step=step):
        return []
    sql = f"SELECT {', '.join(COLUMNS)} FROM main.{LEDGER_TABLE} WHERE namespace = ? ORDER BY id DESC"
    found = rows(connection, sql, [namespace], step=step)
    return [LedgerEntry.of_texts(dict(zip(COLUMNS, row, strict=True))) for row in found]


def write_entry(connection: duckdb.DuckDBPyConnection, entry: LedgerEntry, *, step: str) -> None:
    """Add an entry to the file that is about to become the live one."""
    run(connection, _LEDGER, step=step)
    values = entry.as_texts()
    marks = ", ".join("?" for _ in COLUMNS)
    following = f"(SELECT coalesce(max(id), 0) + 1 FROM main.{LEDGER_TABLE})"
    sql = f"INSERT INTO main.{LEDGER_TABLE} (id, {', '.join(COLUMNS)}) VALUES ({following}, {marks})"
    run(connection, sql, [values[name] for name in COLUMNS], step=step)


def write_shape(connection: duckdb.DuckDBPyConnection, shape: Catalog, *, step: str) -> None:
    """Add what a publication makes, unless it is there: an entry may then name its fingerprint."""
    if read_shape(connection, shape.fingerprint, step=step) is None:
        run(connection, _SHAPE, step=step)
        values = [shape.fingerprint, shape.model_dump_json()]
        run(connection, f"INSERT INTO main.{SHAPE_TABLE} VALUES (?, ?)", values, step=step)


def read_shape(connection: duckdb.DuckDBPyConnection, fingerprint: str, *, step: str) -> Catalog | None:
    if not _exists(connection, SHAPE_TABLE, step=step):
        return None
    found = rows(connection, f"SELECT catalog FROM main.{SHAPE_TABLE} WHERE fingerprint = ?", [fingerprint], step=step)
    return Catalog.model_validate_json(found[0][0]) if found else None


def _exists(connection: duckdb.DuckDBPyConnection, table: str, *, step: str) -> bool:
    sql = (
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' "
        "AND table_name = ?"
    )
    return bool(rows(connection, sql, [table], step=step))
