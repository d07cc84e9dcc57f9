"""Throw-away database servers for tests, started from the binaries on this machine; one family a file."""

from tests.servers.firebird import FirebirdServer, start_firebird
from tests.servers.mariadb import MariadbServer, start_mariadb
from tests.servers.mysql import MysqlServer, start_mysql
from tests.servers.mysql_family import MysqlFamilyServer
from tests.servers.postgres import PostgresServer, postgres_binaries, start_postgres, start_standby
from tests.servers.process import Server, ServerMissingError, restart
from tests.servers.shared import shared

# What starts a server of the family, by SQLAlchemy's name of it.
MYSQL_FAMILY = {"mariadb": start_mariadb, "mysql": start_mysql}

__all__ = [
    "MYSQL_FAMILY",
    "FirebirdServer",
    "MariadbServer",
    "MysqlFamilyServer",
    "MysqlServer",
    "PostgresServer",
    "Server",
    "ServerMissingError",
    "postgres_binaries",
    "restart",
    "shared",
    "start_firebird",
    "start_mariadb",
    "start_mysql",
    "start_postgres",
    "start_standby",
]
