"""How much room tables take, as an ordinary user can ask it of the database."""

from collections.abc import Sequence

import sqlalchemy

from synth_assets.catalog.connection import file_path

# A partitioned table has its rows in its partitions.
_POSTGRES_TABLES = """
SELECT coalesce(sum(pg_table_size(p.relid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
LATERAL (SELECT c.oid AS relid WHERE c.relkind = 'r' UNION ALL
         SELECT relid FROM pg_partition_tree(c.oid) WHERE c.relkind = 'p') AS p
WHERE n.nspname = :namespace AND c.relname = ANY (CAST(:tables AS text[]))
"""
_MARIADB_TABLES = """
SELECT coalesce(sum(data_length), 0) FROM information_schema.tables
WHERE table_schema = coalesce(:namespace, database()) AND table_name IN :tables
"""
_MARIADB_DATABASE = """
SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = database()
"""


def bytes_of_tables(connection: sqlalchemy.Connection, tables: Sequence[str], *, namespace: str | None) -> int | None:
    """What the rows of these tables take, without indexes; None if the database does not tell.

    SQLite tells where it was built with `dbstat`, for which it reads the tables' pages; DuckDB never does.

    Raises:
        sqlalchemy.exc.DBAPIError: it does not tell this user, or this build of it does not know.
    """
    _want_fresh_figures(connection)
    match connection.dialect.name:
        case "postgresql":
            schema = namespace or connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            asked = {"namespace": schema, "tables": list(tables)}
            return int(connection.execute(sqlalchemy.text(_POSTGRES_TABLES), asked).scalar_one())
        case "mysql" | "mariadb":
            sql = sqlalchemy.text(_MARIADB_TABLES).bindparams(sqlalchemy.bindparam("tables", expanding=True))
            return int(connection.execute(sql, {"namespace": namespace, "tables": list(tables)}).scalar_one())
        case "sqlite":
            # By name, table after table: otherwise SQLite reads the whole file.
            sql = sqlalchemy.text("SELECT pgsize FROM dbstat WHERE aggregate = TRUE AND name = :table")
            return sum(connection.execute(sql, {"table": table}).scalar_one_or_none() or 0 for table in tables)
        case _:
            return None


def bytes_of_database(connection: sqlalchemy.Connection) -> int | None:
    """What the whole database takes; None if it does not tell. No server tells an ordinary user what is free."""
    _want_fresh_figures(connection)
    match connection.dialect.name:
        case "postgresql":
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
        case "mysql" | "mariadb":
            return int(connection.exec_driver_sql(_MARIADB_DATABASE).scalar_one())
        case "sqlite" | "duckdb":
            path = file_path(connection.engine.url)
            return path.stat().st_size if path is not None else None
        case _:
            return None


def _want_fresh_figures(connection: sqlalchemy.Connection) -> None:
    """MySQL tells what it knew a day ago, unless it is asked not to."""
    if connection.dialect.name == "mysql" and not getattr(connection.dialect, "is_mariadb", False):
        connection.exec_driver_sql("SET SESSION information_schema_stats_expiry = 0")
