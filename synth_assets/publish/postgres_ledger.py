"""Marker and ledger in PostgreSQL: two tables in the schema `synth_assets` of the target's database."""

import json

from synth_assets.catalog.identity import ServerIdentity
from synth_assets.catalog.model import Catalog
from synth_assets.publish.ledger import COLUMNS, POSTGRES_SHAPE_TABLE, POSTGRES_TABLE, LedgerEntry
from synth_assets.publish.marker import NAMESPACE, Marker
from synth_assets.publish.marker import POSTGRES_TABLE as MARKER_TABLE
from synth_assets.publish.postgres_connection import PostgresConnection

_CREATE = f"""
CREATE SCHEMA IF NOT EXISTS {NAMESPACE};
CREATE TABLE IF NOT EXISTS {NAMESPACE}.{MARKER_TABLE} (
  target text NOT NULL, environment text NOT NULL, authorized_at timestamptz NOT NULL,
  replace_existing boolean NOT NULL, identity jsonb);
CREATE TABLE IF NOT EXISTS {NAMESPACE}.{POSTGRES_TABLE} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, publication text NOT NULL UNIQUE, dataset text NOT NULL,
  namespace text NOT NULL, action text NOT NULL, refresh text NOT NULL, previous text, fingerprint text NOT NULL,
  snapshot text, verdict text NOT NULL, published_at timestamptz NOT NULL DEFAULT now(),
  published_by text NOT NULL DEFAULT current_user, counts jsonb NOT NULL, shape text NOT NULL);
CREATE TABLE IF NOT EXISTS {NAMESPACE}.{POSTGRES_SHAPE_TABLE} (fingerprint text PRIMARY KEY, catalog text NOT NULL)
"""


def create_bookkeeping(connection: PostgresConnection) -> None:
    with connection.transaction(step="authorize"):
        connection.run(_CREATE, step="authorize")


def read_marker(connection: PostgresConnection) -> Marker | None:
    if not _exists(connection, MARKER_TABLE):
        return None
    sql = f"SELECT target, environment, authorized_at, replace_existing, identity::text FROM {NAMESPACE}.{MARKER_TABLE}"
    found = connection.rows(sql, step="guard")
    if not found:
        return None
    target, environment, authorized_at, replace_existing, identity = found[0]
    return Marker(
        target=target,
        environment=environment,
        authorized_at=authorized_at,
        replace_existing=replace_existing,
        identity=None if identity is None else ServerIdentity.model_validate_json(identity),
    )


def write_marker(connection: PostgresConnection, marker: Marker) -> None:
    create_bookkeeping(connection)
    identity = None if marker.identity is None else marker.identity.model_dump_json()
    with connection.transaction(step="authorize"):
        connection.run(f"DELETE FROM {NAMESPACE}.{MARKER_TABLE}", step="authorize")
        connection.change(
            f"INSERT INTO {NAMESPACE}.{MARKER_TABLE} VALUES (%s, %s, %s, %s, %s::jsonb)",
            [marker.target, marker.environment, marker.authorized_at, marker.replace_existing, identity],
            step="authorize",
        )


def read_ledger(connection: PostgresConnection, namespace: str, *, step: str) -> list[LedgerEntry]:
    """The entries of one schema, newest first."""
    if not _exists(connection, POSTGRES_TABLE):
        return []
    columns = ", ".join("counts::text" if name == "counts" else name for name in COLUMNS)
    sql = f"SELECT {columns} FROM {NAMESPACE}.{POSTGRES_TABLE} WHERE namespace = %s ORDER BY id DESC"
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in connection.rows(sql, [namespace], step=step)]
    return [LedgerEntry(**row | {"counts": json.loads(row["counts"])}) for row in rows]


def write_entry(connection: PostgresConnection, entry: LedgerEntry, *, step: str) -> None:
    """Add an entry inside the transaction that makes it true; time and user are the database's own."""
    names = [name for name in COLUMNS if name not in ("published_at", "published_by")]
    values = [json.dumps(entry.counts) if name == "counts" else getattr(entry, name) for name in names]
    marks = ", ".join("%s::jsonb" if name == "counts" else "%s" for name in names)
    sql = f"INSERT INTO {NAMESPACE}.{POSTGRES_TABLE} ({', '.join(names)}) VALUES ({marks})"
    connection.change(sql, values, step=step)


def write_shape(connection: PostgresConnection, shape: Catalog, *, step: str) -> None:
    """Add what a publication makes, unless it is there: an entry may then name its fingerprint."""
    sql = f"INSERT INTO {NAMESPACE}.{POSTGRES_SHAPE_TABLE} VALUES (%s, %s) ON CONFLICT DO NOTHING"
    connection.change(sql, [shape.fingerprint, shape.model_dump_json()], step=step)


def read_shape(connection: PostgresConnection, fingerprint: str, *, step: str) -> Catalog | None:
    sql = f"SELECT catalog FROM {NAMESPACE}.{POSTGRES_SHAPE_TABLE} WHERE fingerprint = %s"
    found = connection.value(sql, [fingerprint], step=step)
    return None if found is None else Catalog.model_validate_json(found)


def _exists(connection: PostgresConnection, table: str) -> bool:
    return connection.value("SELECT to_regclass(%s)", [f"{NAMESPACE}.{table}"], step="guard") is not None
