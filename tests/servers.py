"""Throw-away database servers for tests, started from the binaries on this machine."""

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

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


class PostgresMissingError(Exception):
    """There are no PostgreSQL server binaries on this machine."""


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
        _signal(self.guard, signal.SIGKILL)
        _signal(self.process, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while _postmaster_alive(self.folder, self.process):
            if time.monotonic() > deadline:
                _signal(self.process, signal.SIGKILL)
                break
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        PostgresMissingError: there are no binaries.
        RuntimeError: the server did not come up; the text is its log.
    """
    binaries = postgres_binaries()
    folder = Path(tempfile.mkdtemp(prefix="synth_postgres_"))
    password = secrets.token_urlsafe(12)
    account = _account()
    data, log, password_file = folder / "data", folder / "log", folder / "password"
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
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **account,
        )
    guard = _guard(os.getpid() if owner is None else owner, server.pid)
    running = PostgresServer(folder, port, password, server.pid, guard)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            running.connect().close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                running.stop()
                raise RuntimeError(f"PostgreSQL did not start: {text}") from None
            time.sleep(0.05)
        else:
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
    raise PostgresMissingError(
        "no initdb and postgres on PATH or under /usr/lib/postgresql: install the package postgresql"
    )


@contextlib.contextmanager
def shared_postgres(meeting_place: Path) -> Iterator[PostgresServer]:
    """One server for all processes that meet in this folder; the last one to leave stops it."""
    meeting_place.mkdir(parents=True, exist_ok=True)
    state = meeting_place / "postgres.json"
    with _locked(meeting_place / "postgres.lock"):
        known = json.loads(state.read_text()) if state.exists() else None
        if known is None:
            # Workers come and go; their parent, pytest-xdist's controller, lives to the end.
            server = start_postgres(owner=os.getppid())
            known = {"users": 0, "server": vars(server) | {"folder": str(server.folder)}}
        known["users"] += 1
        state.write_text(json.dumps(known))
    server = PostgresServer(**(known["server"] | {"folder": Path(known["server"]["folder"])}))
    try:
        yield server
    finally:
        with _locked(meeting_place / "postgres.lock"):
            known = json.loads(state.read_text())
            known["users"] -= 1
            if known["users"]:
                state.write_text(json.dumps(known))
            else:
                state.unlink()
                server.stop()


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: what makes subprocess run it as an unprivileged user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresMissingError(
        "tests run as root, and there is neither a user postgres nor nobody to run PostgreSQL as"
    )


def _guard(owner: int, server: int) -> int:
    """A process that stops the server when its owner was killed before it could."""
    script = 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -INT "$2" 2>/dev/null'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "guard", str(owner), str(server)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).pid


def _postmaster_alive(folder: Path, process: int) -> bool:
    # A server that this very process started is a zombie until it is waited for.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    return (folder / "data" / "postmaster.pid").exists()


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
