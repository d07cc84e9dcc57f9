"""Marker and ledger in MariaDB and MySQL: tables of the target's own database.

RENAME TABLE moves many tables at once but writes no row. So every dataset has a ledger table of its own: a new one
with one entry more is staged beside the new tables, and the same RENAME makes both live.
"""

import json
from datetime import UTC, datetime

from synth_assets.catalog.identity import ServerIdentity
from synth_assets.catalog.model import Catalog
from synth_assets.publish.ledger import COLUMNS, SHAPE_TABLE, LedgerEntry
from synth_assets.publish.mariadb_connection import MariadbConnection, quoted_place
from synth_assets.publish.mariadb_schema import tables
from synth_assets.publish.marker import OWN_TABLE as MARKER_TABLE
from synth_assets.publish.marker import Marker
from synth_assets.publish.naming import LEDGER

_TEXT = "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
_LONG = "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
_MARKER = (
    f"(target {_TEXT} NOT NULL PRIMARY KEY, environment {_TEXT} NOT NULL, authorized_at datetime(6) NOT NULL, "
    f"replace_existing tinyint(1) NOT NULL, identity {_LONG}) ENGINE=InnoDB"
)
_LEDGER = (
    f"(id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, publication {_TEXT} NOT NULL UNIQUE, dataset {_TEXT} NOT NULL, "
    f"namespace {_TEXT} NOT NULL, action {_TEXT} NOT NULL, refresh {_TEXT} NOT NULL, previous {_TEXT}, "
    f"fingerprint {_TEXT} NOT NULL, snapshot {_TEXT}, verdict {_LONG}, published_at datetime(6) NOT NULL, "
    f"published_by {_TEXT} NOT NULL, counts {_LONG}, shape {_TEXT} NOT NULL) ENGINE=InnoDB"
)
_SHAPE = f"(fingerprint {_TEXT} NOT NULL PRIMARY KEY, catalog {_LONG}) ENGINE=InnoDB"


def read_marker(connection: MariadbConnection, database: str) -> Marker | None:
    if MARKER_TABLE not in tables(connection, database, step="guard"):
        return None
    place = quoted_place(database, MARKER_TABLE)
    sql = f"SELECT target, environment, authorized_at, replace_existing, identity FROM {place}"
    found = connection.rows(sql, step="guard")
    if not found:
        return None
    target, environment, authorized_at, replace_existing, identity = found[0]
    return Marker(
        target=target,
        environment=environment,
        authorized_at=authorized_at.replace(tzinfo=UTC),
        replace_existing=bool(replace_existing),
        identity=ServerIdentity.model_validate_json(identity) if identity else None,
    )


def write_marker(connection: MariadbConnection, database: str, marker: Marker) -> None:
    place = quoted_place(database, MARKER_TABLE)
    identity = "" if marker.identity is None else marker.identity.model_dump_json()
    at = marker.authorized_at.replace(tzinfo=None)
    values = [marker.target, marker.environment, at, int(marker.replace_existing), identity]
    connection.run(f"CREATE TABLE IF NOT EXISTS {place} {_MARKER}", step="authorize")
    connection.run("BEGIN", step="authorize")
    try:
        connection.run(f"DELETE FROM {place}", step="authorize")
        connection.change(f"INSERT INTO {place} VALUES (%s, %s, %s, %s, %s)", values, step="authorize")
        connection.run("COMMIT", step="authorize")
    finally:
        if not connection.is_lost:
            connection.run("ROLLBACK", step="authorize")


def read_ledger(connection: MariadbConnection, database: str, *, step: str) -> list[LedgerEntry]:
    """The entries of all datasets, newest first."""
    entries: list[tuple[datetime, int, LedgerEntry]] = []
    for table in tables(connection, database, step=step):
        if not table.startswith(f"{LEDGER}_"):
            continue
        sql = f"SELECT id, {', '.join(COLUMNS)} FROM {quoted_place(database, table)}"
        for number, *row in connection.rows(sql, step=step):
            values = dict(zip(COLUMNS, row, strict=True))
            at = values["published_at"] = values["published_at"].replace(tzinfo=UTC)
            entries.append((at, number, LedgerEntry(**values | {"counts": json.loads(values["counts"])})))
    return [entry for _, _, entry in sorted(entries, key=lambda found: found[:2], reverse=True)]


def write_shape(connection: MariadbConnection, database: str, shape: Catalog, *, step: str) -> None:
    """Add what a publication makes, unless it is there: an entry may then name its fingerprint."""
    if read_shape(connection, database, shape.fingerprint, step=step) is None:
        place = quoted_place(database, SHAPE_TABLE)
        connection.run(f"CREATE TABLE IF NOT EXISTS {place} {_SHAPE}", step=step)
        values = [shape.fingerprint, shape.model_dump_json()]
        connection.change(f"INSERT IGNORE INTO {place} VALUES (%s, %s)", values, step=step)


def read_shape(connection: MariadbConnection, database: str, fingerprint: str, *, step: str) -> Catalog | None:
    if SHAPE_TABLE not in tables(connection, database, step=step):
        return None
    sql = f"SELECT catalog FROM {quoted_place(database, SHAPE_TABLE)} WHERE fingerprint = %s"
    found = connection.value(sql, [fingerprint], step=step)
    return None if found is None else Catalog.model_validate_json(found)


def stage_ledger(
    connection: MariadbConnection, entry: LedgerEntry, *, live: str, stage: str, table: str, step: str
) -> None:
    """Make the ledger that is to become live: the live one's entries and one more, at the server's time."""
    place = quoted_place(stage, table)
    names = ", ".join(COLUMNS)
    connection.run(f"CREATE TABLE {place} {_LEDGER}", step=step)
    if table in tables(connection, live, step=step):
        connection.run(
            f"INSERT INTO {place} (id, {names}) SELECT id, {names} FROM {quoted_place(live, table)}", step=step
        )
    values = entry.as_texts() | {
        "published_at": connection.value("SELECT UTC_TIMESTAMP(6)", step=step),
        "published_by": connection.value("SELECT CURRENT_USER()", step=step),
    }
    marks = ", ".join("%s" for _ in COLUMNS)
    connection.change(f"INSERT INTO {place} ({names}) VALUES ({marks})", [values[name] for name in COLUMNS], step=step)
