"""Which database this is, by its own word, whatever url or name led to it."""

from pathlib import Path

import sqlalchemy
from sqlalchemy import exc

from synth_assets.catalog.connection import connection_lost, location
from synth_assets.catalog.errors import IdentityUnknown
from synth_assets.catalog.model import Value


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
    hard links lead to the same identity.

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
            raise _unknown(connection, f"{family} databases have no identity that is known here")
    return ServerIdentity(family=family, server=server, database=database)


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
