"""Throw-away MariaDB servers."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tests.servers.mysql_family import MysqlFamilyServer, start
from tests.servers.process import ServerMissingError

SETTINGS = {
    "innodb-log-file-size": "16M",
    "collation-server": "utf8mb4_general_ci",
    "skip-log-bin": "ON",
}


@dataclass(frozen=True)
class MariadbServer(MysqlFamilyServer):
    dialect: ClassVar[str] = "mariadb"


def start_mariadb(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> MariadbServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        ServerMissingError: there are no binaries.
        RuntimeError: the server did not come up; the text is its log.
    """
    install, program = mariadb_binaries()
    return start(
        MariadbServer,
        initialise=[install, "--no-defaults", "--skip-test-db", "--skip-name-resolve"],
        program=program,
        settings=SETTINGS | dict(settings or {}),
        owner=owner,
    )


def mariadb_binaries() -> tuple[str, str]:
    """mariadb-install-db and mariadbd: on PATH, else where Debian puts servers."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    found = [shutil.which(name, path=path) for name in ("mariadb-install-db", "mariadbd")]
    if found[0] is None or found[1] is None:
        raise ServerMissingError("no mariadb-install-db and mariadbd: install the package mariadb-server")
    return found[0], found[1]
