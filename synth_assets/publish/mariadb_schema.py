"""Questions to a MariaDB or MySQL server about the database that is to be published into."""

from collections.abc import Collection

from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.mariadb_connection import MariadbConnection

_TABLES = """
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY table_name
"""
_TRIGGERS = """
SELECT event_object_table, trigger_name FROM information_schema.triggers WHERE event_object_schema = %s ORDER BY 1, 2
"""
_CHILDREN = """
SELECT DISTINCT referenced_table_name, table_schema, table_name, constraint_name
FROM information_schema.key_column_usage WHERE referenced_table_schema = %s ORDER BY 1, 2, 3, 4
"""
_PLAIN = ("BASE TABLE", "SYSTEM VERSIONED")


def databases(connection: MariadbConnection, *, step: str) -> list[str]:
    """Those of ours that this user sees."""
    sql = r"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'synth\_assets\_%' ORDER BY 1"
    return [name for (name,) in connection.rows(sql, step=step)]


def tables(connection: MariadbConnection, database: str, *, step: str) -> list[str]:
    """Ordinary tables, ours included."""
    return [name for name, kind in connection.rows(_TABLES, [database], step=step) if kind in _PLAIN]


def standing(connection: MariadbConnection, database: str, names: Collection[str], *, step: str) -> list[str]:
    """Those of the names that are tables there."""
    return [name for name in tables(connection, database, step=step) if name in names]


def collisions(connection: MariadbConnection, database: str, names: Collection[str]) -> list[str]:
    """What else bears one of the names: a view or a sequence."""
    found = connection.rows(_TABLES, [database], step="preflight")
    return [f"{kind.lower()} {name}" for name, kind in found if kind not in _PLAIN and name in names]


def outside_dependents(
    connection: MariadbConnection, database: str, outgoing: Collection[str], *, step: str
) -> list[tuple[str, str]]:
    """(table, what) that would be lost or broken when tables are replaced: their triggers, others' keys to them.

    Views and procedures name tables only, and find the new ones; so do rights.
    """
    triggers = connection.rows(_TRIGGERS, [database], step=step)
    found = [(table, f"trigger {name}") for table, name in triggers if table in outgoing]
    for parent, place, child, name in connection.rows(_CHILDREN, [database], step=step):
        inside = place == database and child in outgoing
        if parent in outgoing and not inside:
            found.append((parent, f"foreign key {name} of {place}.{child}"))
    return found


def all_tables(connection: MariadbConnection, database: str) -> frozenset[str]:
    """Tables, views and sequences, ours left out."""
    found = connection.rows(_TABLES, [database], step="guard")
    return frozenset(name for name, _ in found if not is_own_table(name))


def drop_database(connection: MariadbConnection, database: str, *, step: str) -> None:
    """Drop a database of ours with what is in it."""
    connection.run("SET SESSION foreign_key_checks = 0, lock_wait_timeout = 5", step=step)
    connection.run(f"DROP DATABASE IF EXISTS {quoted(database)}", step=step)
