"""A throw-away Firebird server for tests: a real database that is known by SQLAlchemy's dialect only."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy
from firebird import driver

from tests.servers.process import Server, ServerMissingError, free_port, give, new_folder, run, unprivileged

SUPERUSER = "SYSDBA"
_CONFIGURATION = """
RemoteServicePort = {port}
RemoteBindAddress = 127.0.0.1
DatabaseAccess = Restrict {folder}
ServerMode = Super
AuthServer = Srp
AuthClient = Srp
UserManager = Srp
WireCrypt = Enabled
SecurityDatabase = {folder}/security3.fdb
TempDirectories = {folder}/temporary
"""


@dataclass(frozen=True)
class FirebirdServer(Server):
    account: ClassVar[str] = "firebird"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    refused: ClassVar[type[Exception]] = driver.DatabaseError

    @property
    def alive(self) -> None:
        """It keeps no file."""

    def is_up(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def connect(self) -> driver.Connection:
        """A new superuser connection to the database of its users."""
        return self._connect(str(self.folder / "security3.fdb"))

    def url(self, database: str) -> str:
        """SQLAlchemy url of a database, which need not exist."""
        path = self.folder / "data" / f"{database}.fdb"
        return f"firebird+firebird://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{path}?charset=UTF8"

    def create_database(self, *statements: str) -> str:
        """The SQLAlchemy url of a new database in which statements have run, each in a transaction of its own."""
        # The driver takes what describes a new database from here only.
        driver.driver_config.db_defaults.db_charset.value = "UTF8"
        driver.driver_config.db_defaults.page_size.value = 16384
        url = sqlalchemy.make_url(self.url(f"test_{secrets.token_hex(6)}"))
        driver.create_database(
            f"127.0.0.1/{self.port}:{url.database}",
            user=SUPERUSER,
            password=self.password,
            charset="UTF8",
        ).close()
        made = url.render_as_string(hide_password=False)
        self.run(made, *statements)
        return made

    def run(self, url: str, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with self._connect(sqlalchemy.make_url(url).database) as connection:
            for statement in statements:
                connection.cursor().execute(statement)
                connection.commit()

    def fill(self, url: str, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement with question marks for every row, in one transaction."""
        with self._connect(sqlalchemy.make_url(url).database) as connection:
            connection.cursor().executemany(statement, rows)
            connection.commit()

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self._connect(sqlalchemy.make_url(url).database) as connection:
            return [tuple(row) for row in connection.cursor().execute(query)]

    def _connect(self, path: str | None) -> driver.Connection:
        return driver.connect(f"127.0.0.1/{self.port}:{path}", user=SUPERUSER, password=self.password, charset="UTF8")


def start_firebird(*, owner: int | None = None) -> FirebirdServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Its root folder is a temporary one: nothing of the package's own configuration, users or databases is touched.

    Raises:
        ServerMissingError: there are no binaries, or no driver.
        RuntimeError: the server did not come up; the text is its log.
    """
    program, shell, libraries = firebird_binaries()
    # Every commit waits for the disk.
    folder = new_folder("synth_firebird_", FirebirdServer.account, in_memory=True)
    password, port = secrets.token_urlsafe(12), free_port()
    for name in ("plugins", "intl", "firebird.msg", "plugins.conf"):
        (folder / name).symlink_to(libraries / name)
    for name in ("data", "temporary", "lock"):
        (folder / name).mkdir()
        give(folder / name, FirebirdServer.account)
    (folder / "databases.conf").write_text("")
    (folder / "firebird.conf").write_text(_CONFIGURATION.format(port=port, folder=folder))
    places = {"FIREBIRD": str(folder), "FIREBIRD_LOCK": str(folder / "lock")}
    _create_users(shell, folder, password, places)
    return run(FirebirdServer, folder, port, password, [program], owner=owner, environment=places)


def _create_users(shell: str, folder: Path, password: str, places: Mapping[str, str]) -> None:
    script = f"CREATE DATABASE '{folder}/security3.fdb';\nCREATE USER {SUPERUSER} PASSWORD '{password}';\nCOMMIT;\n"
    made = subprocess.run(
        [shell, "-q", "-user", SUPERUSER],
        input=script,
        cwd=folder,
        env=os.environ | dict(places),
        capture_output=True,
        text=True,
        check=False,
        **unprivileged(FirebirdServer.account),
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"its users could not be made: {made.stdout}{made.stderr}")


def firebird_binaries() -> tuple[str, str, Path]:
    """The server, its shell, and the folder of its plug-ins: on PATH, else where Debian puts them."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    program, shell = shutil.which("firebird", path=path), shutil.which("isql-fb", path=path)
    if program is None or shell is None:
        raise ServerMissingError("no firebird and isql-fb: install the package firebird3.0-server")
    for libraries in sorted(Path(program).resolve().parents[1].glob("lib/*/firebird/*"), reverse=True):
        if (libraries / "plugins").is_dir():
            break
    else:
        raise ServerMissingError(f"no plug-ins beside {program}: install the package firebird3.0-server-core")
    try:
        driver.load_api()
    except Exception as error:  # noqa: BLE001 (ctypes, and the driver, raise all kinds)
        raise ServerMissingError(f"Firebird's library libfbclient2 is missing ({error})") from None
    return program, shell, libraries
