"""Throw-away PostgreSQL servers."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import psycopg

from tests.servers.process import SUPERUSER, Server, ServerMissingError, free_port, give, new_folder, run, unprivileged

ACCOUNT = "postgres"
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


@dataclass(frozen=True)
class PostgresServer(Server):
    account: ClassVar[str] = ACCOUNT
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    refused: ClassVar[type[Exception]] = psycopg.OperationalError

    @property
    def alive(self) -> Path:
        return self.folder / "data" / "postmaster.pid"

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


def start_postgres(*, owner: int | None = None, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """Start a server of one's own; it is ended by `stop()`, or when the process `owner` (default: this one) dies.

    Raises:
        ServerMissingError: there are no binaries.
        RuntimeError: the server did not come up; the text is its log.
    """
    binaries = postgres_binaries()
    folder = new_folder("synth_postgres_", ACCOUNT)
    password = secrets.token_urlsafe(12)
    data, password_file = folder / "data", folder / "password"
    password_file.write_text(password)
    give(password_file, ACCOUNT)
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
    done = subprocess.run(initialise, cwd=folder, capture_output=True, text=True, check=False, **unprivileged(ACCOUNT))
    password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"initdb failed: {done.stderr}")
    port = free_port()
    options = [part for name, value in (SETTINGS | dict(settings or {})).items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
    return run(PostgresServer, folder, port, password, command, owner=owner)


def start_standby(primary: PostgresServer) -> PostgresServer:
    """Start a read replica of a server, which it follows; ended by `stop()`, or when this process dies."""
    folder = new_folder("synth_standby_", ACCOUNT)
    data, port = folder / "data", free_port()
    address = f"--dbname=host=127.0.0.1 port={primary.port} user={SUPERUSER}"
    program = [str(postgres_binaries() / "pg_basebackup"), address, f"--pgdata={data}", "--write-recovery-conf"]
    subprocess.run(
        [*program, "--checkpoint=fast"],
        cwd=folder,
        env=os.environ | {"PGPASSWORD": primary.password},
        check=True,
        capture_output=True,
        **unprivileged(ACCOUNT),
    )
    known: list[str] = json.loads((primary.folder / "command.json").read_text())
    command = [*known[:2], str(data), "-p", str(port), *known[5:]]
    return run(PostgresServer, folder, port, primary.password, command)


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
