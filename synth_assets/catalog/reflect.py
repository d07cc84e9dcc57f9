"""Reading a catalog from a database."""

from collections.abc import Iterable

import sqlalchemy

from synth_assets.catalog.errors import TableMissing
from synth_assets.catalog.generic import reflect_generic
from synth_assets.catalog.mariadb import reflect_mariadb
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.postgres import reflect_postgres
from synth_assets.catalog.sqlite import reflect_sqlite


def reflect(engine: sqlalchemy.Engine, *, namespace: str | None = None) -> Catalog:
    """The catalog of one schema: by default the one that a plain table name is looked up in.

    Views, system tables, tables of extensions and the product's own tables are left out, and so are foreign keys to
    tables that are not in the catalog. Nothing is written, and no row is read.

    Raises:
        NamespaceMissing: no such schema.
        DatabaseTooOld, TableUnreadable: see there.
    """
    # PostgreSQL: one transaction that sees one state of the catalogs, whatever the engine's own isolation level.
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**(options if engine.dialect.name == "postgresql" else {})) as connection:
        return reflect_connection(connection, namespace=namespace)


def reflect_connection(connection: sqlalchemy.Connection, *, namespace: str | None = None) -> Catalog:
    """As `reflect`, in the transaction of an open connection."""
    match connection.dialect.name:
        case "sqlite":
            return reflect_sqlite(connection, namespace)
        case "postgresql":
            return reflect_postgres(connection, namespace)
        case "duckdb":
            # This room's duckdb module is only of use to databases of that family.
            from synth_assets.catalog.duckdb import reflect_duckdb

            return reflect_duckdb(connection, namespace)
        case "mysql" | "mariadb":
            return reflect_mariadb(connection, namespace)
        case _:
            return reflect_generic(connection, namespace)


def require_tables(catalog: Catalog, names: Iterable[str]) -> None:
    """Raises TableMissing, with the nearest names, if the catalog lacks any of these tables."""
    known = set(catalog.table_names)
    missing = [name for name in names if name not in known]
    if missing:
        raise TableMissing(missing, known=catalog.table_names)
