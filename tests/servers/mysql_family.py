"""What throw-away servers of MariaDB and MySQL have in common: they speak one protocol and much the same SQL."""

import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

import pymysql

from tests.servers.process import START_SECONDS, SUPERUSER, Server, free_port, give, new_folder, run, unprivileged

ACCOUNT = "mysql"
# Durability is worthless for a server that lives as long as the tests.
SETTINGS = {
    "bind-address": "127.0.0.1",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "OFF",
    "innodb-flush-method": "nosync",
    "innodb-buffer-pool-size": "128M",
    "character-set-server": "utf8mb4",
    "skip-name-resolve": "ON",
}


@dataclass(frozen=True)
class MysqlFamilyServer(Server):
    account: ClassVar[str] = ACCOUNT
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    refused: ClassVar[type[Exception]] = pymysql.MySQLError
    forgets: ClassVar[bool] = True
    # What its urls begin with: SQLAlchemy's name of it.
    dialect: ClassVar[str]

    @property
    def alive(self) -> Path:
        return self.folder / "server.pid"

    def url(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """SQLAlchemy url of a database, which need not exist."""
        secret = quote(self.password if password is None else password, safe="")
        return f"{self.dialect}://{user}:{secret}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def connect(self, database: str | None = None, **options: Any) -> "pymysql.Connection[Any]":
        """A new superuser connection in autocommit mode."""
        given = {"user": SUPERUSER, "password": self.password, "autocommit": True, "charset": "utf8mb4"}
        return pymysql.connect(host="127.0.0.1", port=self.port, database=database, **(given | options))

    def create_database(self, script: str = "") -> str:
        """The SQLAlchemy url of a new database in which a script of statements, parted by semicolons, has run."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        self.run(name, script)
        return self.url(name)

    def run(self, database: str, script: str) -> None:
        """Run statements that are parted by a semicolon at the end of a line."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in filter(str.strip, re.split(r";\s*(?:\n|$)", script)):
                cursor.execute(statement)


Kind = TypeVar("Kind", bound=MysqlFamilyServer)


def start(
    kind: type[Kind],
    *,
    initialise: list[str],
    program: str,
    settings: Mapping[str, str],
    owner: int | None,
) -> Kind:
    """Start a server of one's own from its binaries.

    Args:
        initialise: The command that makes a data folder, without the folder.

    Raises:
        RuntimeError: the server did not come up; the text is its log.
    """
    # Every statement that defines something waits for the disk, and none of these settings keeps it from that.
    folder = new_folder(f"synth_{kind.dialect}_", ACCOUNT, in_memory=True)
    password = secrets.token_urlsafe(12)
    data, grants, temporary = folder / "data", folder / "grants.sql", folder / "temporary"
    temporary.mkdir()
    grants.write_text(
        f"CREATE USER IF NOT EXISTS {SUPERUSER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO {SUPERUSER}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    grants.chmod(0o600)
    for path in (grants, temporary):
        give(path, ACCOUNT)
    # A server that starts deletes every temporary table in its temporary folder: were it another server's, too,
    # that one would fail (error 6) or crash.
    data_places = [f"--datadir={data}", f"--tmpdir={temporary}"]
    _initialise([*initialise, *data_places], folder)
    options = [f"--{name}={value}" for name, value in (SETTINGS | dict(settings)).items()]
    places = [*data_places, f"--socket={folder / 'socket'}", f"--pid-file={folder / 'server.pid'}"]
    port = free_port()
    command = [program, "--no-defaults", *places, f"--port={port}", f"--init-file={grants}", *options]
    return run(kind, folder, port, password, command, owner=owner)


def _initialise(command: list[str], folder: Path) -> None:
    """Make the data folder.

    MySQL 9.7 was seen to stand still before it had written a page of it, once in a hundred times: it gets a second try.
    """
    said = ""
    for _ in range(2):
        shutil.rmtree(folder / "data", ignore_errors=True)
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=START_SECONDS,
                **unprivileged(ACCOUNT),
            )
        except subprocess.TimeoutExpired:
            said = f"no end within {START_SECONDS} s"
            continue
        if done.returncode == 0:
            return
        said = done.stderr or done.stdout
        break
    shutil.rmtree(folder, ignore_errors=True)
    raise RuntimeError(f"{command[0]} failed: {said}")
