"""Fixtures of every room: real databases."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import PostgresMissingError, PostgresServer, shared_postgres, start_postgres


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run, also under pytest-xdist; skipped without binaries, but not in CI."""
    try:
        if os.environ.get("PYTEST_XDIST_WORKER"):
            with shared_postgres(tmp_path_factory.getbasetemp().parent / "servers") as server:
                yield server
        else:
            server = start_postgres()
            request.addfinalizer(server.stop)
            yield server
    except PostgresMissingError as missing:
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
