"""A throw-away Firebird server for tests: a real database that is known by SQLAlchemy's dialect only."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy

from tests.servers import ServerMissingError, _account, _free_port, _guard, _memory, _signal

if TYPE_CHECKING:
    from firebird.driver import Connection

SUPERUSER = "SYSDBA"
START_SECONDS = 30
STOP_SECONDS = 15
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
class FirebirdServer:
    """A running server. `process` is the server's id; `guard` ends it when `owner` is gone."""

    folder: Path
    port: int
    password: str = field(repr=False)
    process: int
    guard: int

    def url(self, database: str) -> str:
        """SQLAlchemy url of a database, which need not exist."""
        path = self.folder / "data" / f"{database}.fdb"
        return f"firebird+firebird://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{path}?charset=UTF8"

    def create_database(self, *statements: str) -> str:
        """The SQLAlchemy url of a new database in which statements have run, each in a transaction of its own."""
        from firebird.driver import create_database, driver_config

        # The driver takes what describes a new database from here only.
        driver_config.db_defaults.db_charset.value = "UTF8"
        driver_config.db_defaults.page_size.value = 16384
        url = sqlalchemy.make_url(self.url(f"test_{secrets.token_hex(6)}"))
        create_database(
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
        with self._connect(url) as connection:
            for statement in statements:
                connection.cursor().execute(statement)
                connection.commit()

    def fill(self, url: str, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement with question marks for every row, in one transaction."""
        with self._connect(url) as connection:
            connection.cursor().executemany(statement, rows)
            connection.commit()

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self._connect(url) as connection:
            return [tuple(row) for row in connection.cursor().execute(query)]

    def _connect(self, url: str) -> "Connection":
        from firebird.driver import connect

        path = sqlalchemy.make_url(url).database
        return connect(f"127.0.0.1/{self.port}:{path}", user=SUPERUSER, password=self.password, charset="UTF8")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _signal(self.guard, signal.SIGKILL)
        _signal(self.process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _answers(self.port):
            if time.monotonic() > deadline:
                _signal(self.process, signal.SIGKILL)
                break
            time.sleep(0.05)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, os.WNOHANG)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_firebird(*, owner: int | None = None) -> FirebirdServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Its root folder is a temporary one: nothing of the package's own configuration, users or databases is touched.

    Raises:
        ServerMissingError: there are no binaries, or no driver.
        RuntimeError: the server did not come up; the text is its log.
    """
    program, shell, libraries = firebird_binaries()
    # Every commit waits for the disk.
    folder = Path(tempfile.mkdtemp(prefix="synth_firebird_", dir=_memory()))
    account, password, port = _account("firebird"), secrets.token_urlsafe(12), _free_port()
    for name in ("plugins", "intl", "firebird.msg", "plugins.conf"):
        (folder / name).symlink_to(libraries / name)
    for name in ("data", "temporary", "lock"):
        (folder / name).mkdir()
    (folder / "databases.conf").write_text("")
    (folder / "firebird.conf").write_text(_CONFIGURATION.format(port=port, folder=folder))
    if account:
        for path in (folder, *folder.iterdir()):
            if not path.is_symlink():
                os.chown(path, int(account["user"]), int(account["group"]))
    places = os.environ | {"FIREBIRD": str(folder), "FIREBIRD_LOCK": str(folder / "lock")}
    script = f"CREATE DATABASE '{folder}/security3.fdb';\nCREATE USER {SUPERUSER} PASSWORD '{password}';\nCOMMIT;\n"
    made = subprocess.run(
        [shell, "-q", "-user", SUPERUSER],
        input=script,
        cwd=folder,
        env=places,
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"its users could not be made: {made.stdout}{made.stderr}")
    log = folder / "output"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [program],
            cwd=folder,
            env=places,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **account,
        )
    guard = _guard(os.getpid() if owner is None else owner, server.pid, "TERM")
    running = FirebirdServer(folder, port, password, server.pid, guard)
    _wait_for(running, server)
    return running


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
        import firebird.driver
        import sqlalchemy_firebird  # noqa: F401

        firebird.driver.load_api()
    except Exception as error:  # noqa: BLE001 (ctypes, and the driver, raise all kinds)
        raise ServerMissingError(f"Firebird's driver or its library libfbclient2 is missing ({error})") from None
    return program, shell, libraries


def _wait_for(running: FirebirdServer, server: "subprocess.Popen[bytes]") -> None:
    from firebird.driver import DatabaseError

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            running.create_database()
        except DatabaseError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                texts = [
                    path.read_text(errors="replace")
                    for path in running.folder.glob("*")
                    if path.name in ("output", "firebird.log")
                ]
                running.stop()
                raise RuntimeError(f"the server did not start ({error}): {''.join(texts)}") from None
            time.sleep(0.05)
        else:
            return


def _answers(port: int) -> bool:
    # Not whether its process is there: one that another process started may be a zombie for long.
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
