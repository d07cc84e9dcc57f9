"""Throw-away database servers for tests, started from the binaries on this machine."""

import contextlib
import fcntl
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psycopg
import pymysql

SUPERUSER = "synth"
START_SECONDS = 60
STOP_SECONDS = 30

# Durability is worthless for a server that lives as long as the tests.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
MARIADB_SETTINGS = {
    "bind-address": "127.0.0.1",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "OFF",
    "innodb-flush-method": "nosync",
    "innodb-buffer-pool-size": "128M",
    "innodb-log-file-size": "16M",
    "character-set-server": "utf8mb4",
    "collation-server": "utf8mb4_general_ci",
    "skip-name-resolve": "ON",
    "skip-log-bin": "ON",
}


class ServerMissingError(Exception):
    """There are no binaries of such a server on this machine."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `process` is the postmaster's id; `guard` ends it when `owner` is gone."""

    folder: Path
    port: int
    password: str = field(repr=False)
    process: int
    guard: int

    def url(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """SQLAlchemy url of a database, which need not exist."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql+psycopg://{user}:{secret}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        """A new superuser connection in autocommit mode."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )

    def create_database(self, *, template: str = "template1") -> str:
        """The SQLAlchemy url of a new database: empty, or a copy of the database `template`, which nobody may be in."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"'.encode())
        return self.url(name)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _stop(self, signal.SIGINT, self.folder / "data" / "postmaster.pid")


def start_postgres(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        ServerMissingError: there are no binaries.
        RuntimeError: the server did not come up; the text is its log.
    """
    binaries = postgres_binaries()
    folder = Path(tempfile.mkdtemp(prefix="synth_postgres_"))
    password = secrets.token_urlsafe(12)
    account = _account("postgres")
    data, password_file = folder / "data", folder / "password"
    password_file.write_text(password)
    if account:
        for path in (folder, password_file):
            os.chown(path, int(account["user"]), int(account["group"]))
    initialise = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    done = subprocess.run(initialise, cwd=folder, capture_output=True, text=True, check=False, **account)
    password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"initdb failed: {done.stderr}")
    port = _free_port()
    options = [part for name, value in (SETTINGS | dict(settings or {})).items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
    return _run_postgres(folder, port, password, command, os.getpid() if owner is None else owner)


def start_standby(primary: PostgresServer) -> PostgresServer:
    """Start a read replica of a server, which it follows; ended by `stop()`, or when this process dies."""
    folder, account = Path(tempfile.mkdtemp(prefix="synth_standby_")), _account("postgres")
    if account:
        os.chown(folder, int(account["user"]), int(account["group"]))
    data, port = folder / "data", _free_port()
    address = f"--dbname=host=127.0.0.1 port={primary.port} user={SUPERUSER}"
    program = [str(postgres_binaries() / "pg_basebackup"), address, f"--pgdata={data}", "--write-recovery-conf"]
    secret = os.environ | {"PGPASSWORD": primary.password}
    subprocess.run([*program, "--checkpoint=fast"], cwd=folder, env=secret, check=True, capture_output=True, **account)
    known: list[str] = json.loads((primary.folder / "command.json").read_text())
    command = [*known[:2], str(data), "-p", str(port), *known[5:]]
    return _run_postgres(folder, port, primary.password, command, os.getpid())


def _run_postgres(folder: Path, port: int, password: str, command: list[str], owner: int) -> PostgresServer:
    (folder / "command.json").write_text(json.dumps(command))
    log = folder / "log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_account("postgres"),
        )
    running = PostgresServer(folder, port, password, server.pid, _guard(owner, server.pid, "INT"))
    _wait_for(running, server, log, psycopg.OperationalError)
    return running


def postgres_binaries() -> Path:
    """The folder with initdb and postgres: on PATH, else the newest under /usr/lib/postgresql."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ServerMissingError(
        "no initdb and postgres on PATH or under /usr/lib/postgresql: install the package postgresql"
    )


@dataclass(frozen=True)
class MariadbServer:
    """A running server. `process` is the server's id; `guard` ends it when `owner` is gone."""

    folder: Path
    port: int
    password: str = field(repr=False)
    process: int
    guard: int

    def url(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """SQLAlchemy url of a database, which need not exist."""
        secret = quote(self.password if password is None else password, safe="")
        return f"mariadb://{user}:{secret}@127.0.0.1:{self.port}/{quote(database, safe='')}"

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

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _stop(self, signal.SIGTERM, self.folder / "server.pid")


Server = TypeVar("Server", PostgresServer, MariadbServer)


def start_mariadb(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> MariadbServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        ServerMissingError: there are no binaries.
        RuntimeError: the server did not come up; the text is its log.
    """
    install, program = mariadb_binaries()
    # Every statement that defines something waits for the disk, and none of these settings keeps it from that.
    folder = Path(tempfile.mkdtemp(prefix="synth_mariadb_", dir=_memory()))
    password = secrets.token_urlsafe(12)
    account = _account("mysql")
    data, grants, temporary = folder / "data", folder / "grants.sql", folder / "temporary"
    temporary.mkdir()
    grants.write_text(
        f"CREATE USER IF NOT EXISTS {SUPERUSER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO {SUPERUSER}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    grants.chmod(0o600)
    if account:
        for path in (folder, grants, temporary):
            os.chown(path, int(account["user"]), int(account["group"]))
    # A server that starts deletes every temporary table in its temporary folder: were it another server's, too,
    # that one would fail (error 6) or crash.
    data_places = [f"--datadir={data}", f"--tmpdir={temporary}"]
    initialise = [install, "--no-defaults", *data_places, "--skip-test-db", "--skip-name-resolve"]
    done = subprocess.run(initialise, cwd=folder, capture_output=True, text=True, check=False, **account)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"mariadb-install-db failed: {done.stderr or done.stdout}")
    options = [f"--{name}={value}" for name, value in (MARIADB_SETTINGS | dict(settings or {})).items()]
    places = [*data_places, f"--socket={folder / 'socket'}", f"--pid-file={folder / 'server.pid'}"]
    port = _free_port()
    command = [program, "--no-defaults", *places, f"--port={port}", f"--init-file={grants}", *options]
    return _run_mariadb(folder, port, password, command, os.getpid() if owner is None else owner)


def restart(server: Server) -> Server:
    """Start a server of this process's that was stopped or killed again, as it was, on its files."""
    _signal(server.guard, signal.SIGKILL)
    os.waitpid(server.process, 0)
    command = json.loads((server.folder / "command.json").read_text())
    if isinstance(server, PostgresServer):
        return _run_postgres(server.folder, server.port, server.password, command, os.getpid())
    (server.folder / "server.pid").unlink(missing_ok=True)
    return _run_mariadb(server.folder, server.port, server.password, command, os.getpid())


def _run_mariadb(folder: Path, port: int, password: str, command: list[str], owner: int) -> MariadbServer:
    (folder / "command.json").write_text(json.dumps(command))
    log = folder / "log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_account("mysql"),
        )
    running = MariadbServer(folder, port, password, server.pid, _guard(owner, server.pid, "TERM"))
    _wait_for(running, server, log, pymysql.MySQLError)
    return running


def mariadb_binaries() -> tuple[str, str]:
    """mariadb-install-db and mariadbd: on PATH, else where Debian puts servers."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    found = [shutil.which(name, path=path) for name in ("mariadb-install-db", "mariadbd")]
    if found[0] is None or found[1] is None:
        raise ServerMissingError("no mariadb-install-db and mariadbd: install the package mariadb-server")
    return found[0], found[1]


@contextlib.contextmanager
def shared(meeting_place: Path, kind: type[Server], start: Callable[..., Server]) -> Iterator[Server]:
    """One server for all processes that meet in this folder; the last one to leave stops it."""
    meeting_place.mkdir(parents=True, exist_ok=True)
    state = meeting_place / f"{kind.__name__}.json"
    lock = state.with_suffix(".lock")
    with _locked(lock):
        known = json.loads(state.read_text()) if state.exists() else None
        if known is None:
            # Workers come and go; their parent, pytest-xdist's controller, lives to the end.
            made = start(owner=os.getppid())
            known = {"users": 0, "server": vars(made) | {"folder": str(made.folder)}}
        known["users"] += 1
        state.write_text(json.dumps(known))
    server = kind(**(known["server"] | {"folder": Path(known["server"]["folder"])}))
    try:
        yield server
    finally:
        with _locked(lock):
            known = json.loads(state.read_text())
            known["users"] -= 1
            if known["users"]:
                state.write_text(json.dumps(known))
            else:
                state.unlink()
                server.stop()


def _memory() -> str | None:
    """A folder in memory with room for a server; None without one: some containers have little there."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 2**30:
            return "/dev/shm"
    return None


def _account(preferred: str) -> dict[str, Any]:
    """Servers refuse to run as root: what makes subprocess run them as an unprivileged user."""
    if os.geteuid() != 0:
        return {}
    for name in (preferred, "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise ServerMissingError(f"tests run as root, and there is neither a user {preferred} nor nobody to run servers as")


def _guard(owner: int, server: int, stop: str) -> int:
    """A process that stops the server when its owner was killed before it could."""
    script = 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -"$3" "$2" 2>/dev/null'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "guard", str(owner), str(server), stop],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).pid


def _wait_for(
    running: PostgresServer | MariadbServer, server: "subprocess.Popen[bytes]", log: Path, refused: type[Exception]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            running.connect().close()
        except refused:
            if server.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                running.stop()
                raise RuntimeError(f"the server did not start: {text}") from None
            time.sleep(0.05)
        else:
            return


def _stop(server: PostgresServer | MariadbServer, stop: signal.Signals, alive: Path) -> None:
    """End a server; the file `alive` is there as long as it runs."""
    _signal(server.guard, signal.SIGKILL)
    _signal(server.process, stop)
    deadline = time.monotonic() + STOP_SECONDS
    while alive.exists():
        # A server that this very process started is a zombie until it is waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(server.process, os.WNOHANG)
        if time.monotonic() > deadline:
            _signal(server.process, signal.SIGKILL)
            break
        time.sleep(0.05)
    shutil.rmtree(server.folder, ignore_errors=True)


def _signal(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
