"""Questions to a DuckDB file about the tables in it, and moving whole tables between two files."""

from collections.abc import Collection
from pathlib import Path

import duckdb
import sqlalchemy

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import NamespaceMissing
from synth_assets.catalog.graph import loading_order
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.reflect import reflect
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.duckdb_connection import cleaned, rows, run
from synth_assets.publish.duckdb_ddl import DuckdbTable, define
from synth_assets.publish.statement import listed

DEFAULT_SCHEMA = "main"
GREATEST_NUMBER = 2**63 - 1


def tables(connection: duckdb.DuckDBPyConnection, *, step: str) -> list[tuple[str, str]]:
    """(schema, name) of all tables of the current database, ours left out."""
    sql = (
        "SELECT schema_name, table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND NOT temporary ORDER BY 1, 2"
    )
    return [(schema, name) for schema, name in rows(connection, sql, step=step) if not is_own_table(name)]


def catalog_of(path: Path, *, namespace: str) -> Catalog:
    """What a file says about the tables of one schema; nothing if it has no such schema."""
    url = sqlalchemy.URL.create("duckdb", database=str(path)).render_as_string()
    try:
        return reflect(open_engine(url), namespace=namespace)
    except NamespaceMissing:
        return Catalog(dialect="duckdb", namespace=namespace, tables=())


def standing(catalog: Catalog, names: Collection[str]) -> list[str]:
    """Those of the names, which DuckDB compares without regard to case, that are tables there."""
    wanted = {name.lower() for name in names}
    return [name for name in catalog.table_names if name.lower() in wanted]


def outside_keys(catalog: Catalog, outgoing: Collection[str]) -> list[tuple[str, str]]:
    """(table, table that refers to it) for foreign keys of other tables to those that are to be replaced."""
    return sorted(
        {
            (key.parent, table.name)
            for table in catalog.tables
            for key in table.foreign_keys
            if key.parent in outgoing and table.name not in outgoing
        }
    )


def collisions(
    connection: duckdb.DuckDBPyConnection, names: Collection[str], outgoing: Collection[str], *, namespace: str
) -> list[str]:
    """What else in the schema bears one of the names: a view, a sequence, or an index of another table."""
    sql = """
    SELECT 'view ' || view_name, view_name, NULL FROM duckdb_views()
    WHERE NOT internal AND database_name = current_database() AND schema_name = $1
    UNION ALL SELECT 'index ' || index_name, index_name, table_name FROM duckdb_indexes()
    WHERE database_name = current_database() AND schema_name = $1
    UNION ALL SELECT 'sequence ' || s.sequence_name, s.sequence_name, (
      SELECT any_value(c.table_name) FROM duckdb_columns() AS c
      WHERE c.database_name = current_database() AND c.schema_name = $1
        AND contains(c.column_default, replace(s.sequence_name, '''', '''''')))
    FROM duckdb_sequences() AS s WHERE s.database_name = current_database() AND s.schema_name = $1
    """
    wanted = {name.lower() for name in names}
    return sorted(
        what
        for what, name, table in rows(connection, sql, [namespace], step="preflight")
        if name.lower() in wanted and table not in outgoing
    )


def drop_tables(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, names: Collection[str], *, namespace: str, step: str
) -> None:
    """Drop tables, children first, and the sequences that number their rows."""
    chosen = _only(catalog, names)
    order = loading_order(names, {table.name: table.foreign_keys for table in chosen.tables})
    for name in reversed(order):
        run(connection, f"DROP TABLE {quoted(namespace)}.{quoted(name)}", step=step)
    for table in define(chosen, namespace=namespace, frames={}).tables.values():
        for sequence in table.counters.values():
            run(connection, f"DROP SEQUENCE IF EXISTS {quoted(namespace)}.{quoted(sequence)}", step=step)


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    names: Collection[str],
    *,
    source: str,
    namespace: str,
    step: str,
) -> None:
    """Create tables of an attached database, with keys, rows, indexes and comments, in the current schema.

    Args:
        catalog: Of the attached database's schema of the same name.
    """
    definition = define(_only(catalog, names), namespace=namespace, frames={})
    for table in definition.tables.values():
        there = f"{quoted(source)}.{quoted(namespace)}.{quoted(table.name)}"
        for column, sequence in table.counters.items():
            highest = rows(connection, f"SELECT max({quoted(column)}) FROM {there}", step=step)[0][0]
            create_sequence(connection, sequence, after=highest, step=step)
        create_table(connection, table, step=step)
        columns = listed(tuple(table.types))
        with cleaned(step, table=table.name, columns=tuple(table.types)):
            connection.execute(f"INSERT INTO {quoted(table.name)} ({columns}) SELECT {columns} FROM {there}")
    for index in definition.indexes:
        with cleaned(step, table=index.table):
            connection.execute(index.sql)


def create_sequence(connection: duckdb.DuckDBPyConnection, name: str, *, after: int | None, step: str) -> None:
    start = min(max(after or 0, 0) + 1, GREATEST_NUMBER)
    run(connection, f"CREATE SEQUENCE {quoted(name)} START {start}", step=step)


def create_table(
    connection: duckdb.DuckDBPyConnection, table: DuckdbTable, *, step: str, sql: str | None = None
) -> None:
    """Create a table, in the words of `sql` if they are given, with its comments."""
    with cleaned(step, table=table.name):
        connection.execute(sql or table.sql())
        for comment in table.comments:
            connection.execute(comment)


def readable_views(connection: duckdb.DuckDBPyConnection, *, step: str) -> dict[str, str]:
    """What reads nothing of each view of the current database that can be read, by the view's name."""
    sql = (
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary "
        "AND database_name = current_database() ORDER BY 1, 2"
    )
    queries = {
        f"{schema}.{view}": f"SELECT * FROM {quoted(schema)}.{quoted(view)} LIMIT 0"
        for schema, view in rows(connection, sql, step=step)
    }
    return {view: query for view, query in queries.items() if can_be_read(connection, query)}


def can_be_read(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    try:
        connection.execute(query)
    except duckdb.Error:
        return False
    return True


def _only(catalog: Catalog, names: Collection[str]) -> Catalog:
    """The catalog of some tables, with the keys among them."""
    chosen = [table for table in catalog.tables if table.name in names]
    tables = (
        table.model_copy(update={"foreign_keys": tuple(key for key in table.foreign_keys if key.parent in names)})
        for table in chosen
    )
    return Catalog(dialect=catalog.dialect, namespace=catalog.namespace, tables=tuple(tables))
