"""Removing schemas of ours, object by object: nothing is ever dropped by CASCADE."""

from collections.abc import Sequence
from graphlib import TopologicalSorter

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.naming import leftover_key, own_schemas
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_leaning import leaning
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_schema import standing

_OWN_TYPES = (
    "SELECT typname FROM pg_type WHERE (typtype IN ('d', 'e') OR typrelid IN "
    "(SELECT oid FROM pg_class WHERE relkind = 'c')) AND"
)
_READERS = """
SELECT c.oid, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, format('%%I.%%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE %(ours)s AND c.relkind IN ('v', 'm')
UNION ALL
SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
       format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname LIKE %(ours)s
"""
_ROW_TYPES = "SELECT c.reltype FROM pg_class c WHERE c.oid = ANY (%s::oid[])"


def drop_schema(connection: PostgresConnection, schema: str, *, step: str) -> None:
    """Drop a schema of ours with what is in it; fails if anything outside has come to depend on it."""
    name = quoted(schema)
    with connection.transaction(step=step):
        connection.run("SET LOCAL lock_timeout TO '2s'", step=step)
        _drop_readers(connection, schema, step=step)
        inside = standing(connection, schema, None, step=step)
        if inside.tables:
            listed = ", ".join(f"{name}.{quoted(table)}" for table in inside.tables)
            connection.run(f"DROP TABLE {listed}", step=step)
        for sequence in _names(connection, schema, "SELECT relname FROM pg_class WHERE relkind = 'S' AND", step):
            connection.run(f"DROP SEQUENCE {name}.{quoted(sequence)}", step=step)
        types = _names(connection, schema, _OWN_TYPES, step)
        if types:
            # One statement, whatever they depend on among themselves; DROP TYPE drops domains, too.
            connection.run(f"DROP TYPE {', '.join(f'{name}.{quoted(a_type)}' for a_type in types)}", step=step)
        connection.run(f"DROP SCHEMA {name}", step=step)


def _names(connection: PostgresConnection, schema: str, query: str, step: str) -> Sequence[str]:
    column = "relnamespace" if query.startswith("SELECT relname") else "typnamespace"
    sql = f"{query} {column} = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY 1"
    return [name for (name,) in connection.rows(sql, [schema], step=step)]


def _drop_readers(connection: PostgresConnection, schema: str, *, step: str) -> None:
    """Views and functions of all leftovers of the dataset: one schema's may be made of another's."""
    key = leftover_key(schema)
    if key is None:
        return
    look_in(connection, ["pg_catalog"], step=step)
    found = connection.rows(_READERS, {"ours": own_schemas(key)}, step=step)
    drop = {oid: f"DROP {kind} {place}" for oid, kind, place in found}
    types = {a_type for (a_type,) in connection.rows(_ROW_TYPES, [list(drop)], step=step)}
    made_of: dict[int, set[int]] = {oid: set() for oid in drop}
    for lean in leaning(connection, drop.keys(), types, apart="", step=step) if drop else ():
        if lean.reader in made_of and lean.base in drop and lean.reader != lean.base:
            made_of[lean.reader].add(lean.base)
    for oid in reversed(list(TopologicalSorter(made_of).static_order())):
        connection.run(drop[oid], step=step)
