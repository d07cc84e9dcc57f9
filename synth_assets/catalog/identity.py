"""Which database this is, by its own word, whatever url or name led to it."""

import hashlib
import json
from pathlib import Path

import sqlalchemy
from sqlalchemy import exc

from synth_assets.catalog.connection import connection_lost, location
from synth_assets.catalog.errors import IdentityUnknown
from synth_assets.catalog.model import Value
from synth_assets.catalog.ownership import MARKER_TABLE, is_own_table
from synth_assets.catalog.schemas import schema_names

BY_CONTENTS = "by contents"


class ServerIdentity(Value):
    """Equal for two connections exactly if they reach the same database of the same server.

    Physical replicas and file copies of a PostgreSQL server share its identity: as a guard against writing to
    production this errs on the safe side.
    """

    family: str
    server: str
    database: str


def server_identity(connection: sqlalchemy.Connection) -> ServerIdentity:
    """The identity of the database behind an open connection.

    PostgreSQL: `pg_control_system().system_identifier` and the database's oid. MySQL and MariaDB: `@@server_uuid` or
    `@@server_uid` and the database's name. SQLite and DuckDB: device and inode of the real file, so that symbolic and
    hard links lead to the same identity. Any other: by what is in it, see `identity_by_contents`.

    Raises:
        IdentityUnknown: the database does not tell. A guard must then refuse.
        DatabaseUnreachable: the connection was lost.
    """
    family = connection.dialect.name
    match family:
        case "postgresql":
            server = _ask(connection, "SELECT system_identifier::text FROM pg_control_system()")
            database = _ask(connection, "SELECT oid::text FROM pg_database WHERE datname = current_database()")
        case "sqlite":
            server, database = "", _file(connection, "SELECT file FROM pragma_database_list WHERE name = 'main'")
        case "duckdb":
            query = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
            server, database = "", _file(connection, query)
        case "mysql" | "mariadb":
            is_mariadb = getattr(connection.dialect, "is_mariadb", False)
            server = _ask(connection, "SELECT @@server_uid" if is_mariadb else "SELECT @@server_uuid")
            # A server that takes names in capitals for the same gives them as they were asked for.
            database = _ask(connection, "SELECT IF(@@lower_case_table_names = 0, database(), lower(database()))")
            family = "mysql"
        case _:
            return identity_by_contents(connection)
    return ServerIdentity(family=family, server=server, database=database)


def identity_by_contents(connection: sqlalchemy.Connection) -> ServerIdentity:
    """The identity of a database whose own word for it is not known: the marks of targets in it, else its tables.

    Two connections to one database agree on it, as far as their users see the same. Others agree only if they hold the
    same tables and no mark: a guard then errs on the safe side.

    Raises:
        IdentityUnknown: its tables cannot be listed.
    """
    marks, tables = [], []
    try:
        inspector = sqlalchemy.inspect(connection)
        for schema in schema_names(inspector):
            for name in inspector.get_table_names(schema):
                if name == MARKER_TABLE:
                    marks += _marks(connection, inspector, schema)
                elif not is_own_table(name):
                    tables.append((schema, name))
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise connection_lost(connection.engine.url) from None
        raise _unknown(connection, f"its tables cannot be listed ({type(error.orig).__name__})") from None
    except NotImplementedError:
        raise _unknown(connection, "its dialect cannot list tables") from None
    if marks:
        return ServerIdentity(family=BY_CONTENTS, server=",".join(sorted(marks)), database="")
    listed = hashlib.sha256(json.dumps(sorted(tables)).encode()).hexdigest()
    return ServerIdentity(family=BY_CONTENTS, server="", database=listed)


def _marks(connection: sqlalchemy.Connection, inspector: sqlalchemy.Inspector, schema: str | None) -> list[str]:
    mark: sqlalchemy.ColumnClause[str] = sqlalchemy.column("mark")
    if mark.name not in {column["name"] for column in inspector.get_columns(MARKER_TABLE, schema)}:
        return []
    table = sqlalchemy.table(MARKER_TABLE, mark, schema=schema)
    return [str(found) for found in connection.execute(sqlalchemy.select(table.c.mark)).scalars()]


def _ask(connection: sqlalchemy.Connection, query: str) -> str:
    try:
        answer = connection.exec_driver_sql(query).scalar()
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise connection_lost(connection.engine.url) from None
        raise _unknown(connection, str(error.orig).splitlines()[0]) from None
    if answer is None:
        raise _unknown(connection, "it gave no answer")
    return str(answer)


def _file(connection: sqlalchemy.Connection, query: str) -> str:
    name = connection.exec_driver_sql(query).scalar()
    if not name:
        raise _unknown(connection, "it is not a file")
    try:
        facts = Path(name).resolve().stat()
    except OSError as error:
        raise _unknown(connection, str(error.strerror)) from None
    return f"{facts.st_dev}:{facts.st_ino}"


def _unknown(connection: sqlalchemy.Connection, reason: str) -> IdentityUnknown:
    where = location(connection.engine.url)
    return IdentityUnknown(
        f"{where} does not tell which database it is",
        location=where,
        reason=reason,
        next_step="Let the user run pg_control_system() (PostgreSQL: GRANT EXECUTE), use a release of MariaDB that has "
        "@@server_uid, or use a database file on a disk.",
    )
