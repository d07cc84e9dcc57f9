"""Throw-away MySQL servers."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.servers.mysql_family import MysqlFamilyServer, start
from tests.servers.process import ServerMissingError

PROGRAM_VARIABLE = "SYNTH_MYSQLD"
# With a binary log and GTIDs, as servers that others replicate have them: they allow least.
SETTINGS = {
    "gtid-mode": "ON",
    "enforce-gtid-consistency": "ON",
    "sync-binlog": "0",
    "innodb-redo-log-capacity": "16M",
    "collation-server": "utf8mb4_0900_ai_ci",
    "local-infile": "ON",
    "mysqlx": "OFF",
    # The folder that a build knows need not be there.
    "secure-file-priv": "NULL",
}


@dataclass(frozen=True)
class MysqlServer(MysqlFamilyServer):
    dialect: ClassVar[str] = "mysql"


def start_mysql(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> MysqlServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        ServerMissingError: there is no program.
        RuntimeError: the server did not come up; the text is its log.
    """
    program = str(mysql_program())
    return start(
        MysqlServer,
        initialise=[program, "--no-defaults", "--initialize-insecure", "--secure-file-priv=NULL"],
        program=program,
        settings=SETTINGS | dict(settings or {}),
        owner=owner,
    )


def mysql_program() -> Path:
    """`mysqld` of MySQL: as the environment says, else on PATH or where Debian puts servers.

    MariaDB calls its server by this name, too.
    """
    said = os.environ.get(PROGRAM_VARIABLE)
    found = said or shutil.which("mysqld", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is not None and "MariaDB" not in _version(found):
        return Path(found)
    raise ServerMissingError(f"no mysqld of MySQL on PATH: install MySQL, or name its mysqld in {PROGRAM_VARIABLE}")


def _version(program: str) -> str:
    try:
        asked = subprocess.run([program, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerMissingError(f"{program} does not tell its version: {error}") from None
    return asked.stdout
