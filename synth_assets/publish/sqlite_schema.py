"""Questions to a SQLite file about the tables in it, and moving whole tables between two files."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.sqlite_connection import rows, run
from synth_assets.publish.statement import listed

_SEQUENCES = "sqlite_sequence"


@dataclass(frozen=True)
class Dependent:
    table: str
    what: str


def tables(connection: sqlite3.Connection, *, step: str, schema: str = "main") -> list[str]:
    """Ordinary tables, ours left out."""
    sql = (
        f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [name for (name,) in rows(connection, sql, step=step) if not is_own_table(name)]


def standing(connection: sqlite3.Connection, names: Collection[str], *, step: str) -> list[str]:
    """Those of the names, which SQLite compares without regard to case, that are tables there."""
    wanted = {name.lower() for name in names}
    return [name for name in tables(connection, step=step) if name.lower() in wanted]


def outside_dependents(connection: sqlite3.Connection, outgoing: Collection[str], *, step: str) -> list[Dependent]:
    """What would be lost or broken when the tables are replaced: triggers on them, keys of other tables to them."""
    lowered = {name.lower(): name for name in outgoing}
    triggers = rows(connection, "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'", step=step)
    found = [
        Dependent(lowered[table.lower()], f"trigger {name}") for table, name in triggers if table.lower() in lowered
    ]
    for table in tables(connection, step=step):
        if table.lower() in lowered:
            continue
        parents = rows(connection, 'SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)', [table], step=step)
        found += [
            Dependent(lowered[parent.lower()], f"foreign key of {table}")
            for (parent,) in parents
            if parent.lower() in lowered
        ]
    return sorted(found, key=lambda dependent: (dependent.table, dependent.what))


def collisions(connection: sqlite3.Connection, names: Collection[str], outgoing: Collection[str]) -> list[str]:
    """What else bears one of the names: a view, or an index of another table."""
    wanted = {name.lower() for name in names}
    going = {name.lower() for name in outgoing}
    found = rows(connection, "SELECT type, name, tbl_name FROM sqlite_master WHERE type <> 'trigger'", step="preflight")
    return [
        f"{kind} {name}"
        for kind, name, table in found
        if name.lower() in wanted and table.lower() not in going and not is_own_table(name)
    ]


def copy_tables(connection: sqlite3.Connection, names: Collection[str], *, source: str, step: str) -> None:
    """Create the tables of an attached database, with indexes and rows, in the main database of the connection.

    SQLite copies whole pages' worth of records where both tables are defined alike, so both have their indexes first.
    """
    lowered = {name.lower() for name in names}
    made = rows(
        connection,
        f"SELECT type, tbl_name, sql FROM {source}.sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
        "ORDER BY type DESC, name",
        step=step,
    )
    for _, table, sql in made:
        if table.lower() in lowered:
            run(connection, sql, step=step)
    for name in names:
        columns = rows(connection, "SELECT name, hidden FROM pragma_table_xinfo(?, ?)", [name, source], step=step)
        # Where nothing is computed, `*` lets SQLite take its fast way.
        plain = tuple(column for column, hidden in columns if not hidden)
        into = "" if len(plain) == len(columns) else f" ({listed(plain)})"
        chosen = listed(plain) if into else "*"
        run(
            connection,
            f"INSERT INTO main.{quoted(name)}{into} SELECT {chosen} FROM {source}.{quoted(name)}",
            step=step,
        )
    if rows(connection, f"SELECT 1 FROM {source}.sqlite_master WHERE name = '{_SEQUENCES}'", step=step):
        _copy_sequences(connection, names, source, step)


def _copy_sequences(connection: sqlite3.Connection, names: Collection[str], source: str, step: str) -> None:
    for name in names:
        found = rows(connection, f"SELECT seq FROM {source}.{_SEQUENCES} WHERE name = ?", [name], step=step)
        if found:
            set_sequence(connection, name, found[0][0], step=step)


def set_sequence(connection: sqlite3.Connection, table: str, highest: int, *, step: str) -> None:
    """The highest number that an AUTOINCREMENT column has given away."""
    run(connection, f"DELETE FROM main.{_SEQUENCES} WHERE name = ?", [table], step=step)
    run(connection, f"INSERT INTO main.{_SEQUENCES} (name, seq) VALUES (?, ?)", [table, highest], step=step)
