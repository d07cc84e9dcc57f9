"""Fixtures of every room: real databases."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.summary import pytest_terminal_summary as pytest_terminal_summary
from tests.servers import (
    FirebirdServer,
    MariadbServer,
    MysqlFamilyServer,
    MysqlServer,
    PostgresServer,
    ServerMissingError,
    shared,
    start_firebird,
    start_mariadb,
    start_mysql,
    start_postgres,
)
from tests.servers.process import AnyServer


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run, also under pytest-xdist; skipped without binaries, but not in CI."""
    yield from _server(request, tmp_path_factory, PostgresServer, start_postgres)


@pytest.fixture(scope="session")
def mariadb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    """One MariaDB server for the whole run, as `postgres`."""
    yield from _server(request, tmp_path_factory, MariadbServer, start_mariadb)


@pytest.fixture(scope="session")
def mysql(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MysqlServer]:
    """One MySQL server for the whole run, as `postgres`."""
    yield from _server(request, tmp_path_factory, MysqlServer, start_mysql)


@pytest.fixture(params=["mariadb", "mysql"], scope="session")
def mysql_family(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    """MariaDB and MySQL in turn: for what the product does alike in both."""
    server: MysqlFamilyServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def firebird(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirebirdServer]:
    """One Firebird server for the whole run, as `postgres`."""
    yield from _server(request, tmp_path_factory, FirebirdServer, start_firebird)


def _server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    kind: type[AnyServer],
    start: Callable[..., AnyServer],
) -> Iterator[AnyServer]:
    try:
        if os.environ.get("PYTEST_XDIST_WORKER"):
            with shared(tmp_path_factory.getbasetemp().parent / "servers", kind, start) as server:
                yield server
        else:
            server = start()
            request.addfinalizer(server.stop)
            yield server
    except ServerMissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Callable[..., str]:
    """A function that makes a SQLite file from a script and gives its SQLAlchemy url."""

    def create(script: str = "", *, name: str = "database.sqlite") -> str:
        path = tmp_path / name
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
        return f"sqlite:///{path}"

    return create
