"""Databases of every family that can be a target, spoken to in the SQL that they share."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import pytest
import sqlalchemy

from synth_assets.catalog.model import Catalog
from tests.publish import mariadb_shop
from tests.publish.parts import catalog_of


@dataclass(frozen=True)
class Database:
    """One database, given by its url."""

    url: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(_connect(self.url)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def run(self, script: str) -> None:
        for statement in filter(None, map(str.strip, script.split(";"))):
            self.rows(statement)

    @property
    def catalog(self) -> Catalog:
        return catalog_of(self.url)


def _connect(url: str) -> Any:
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite3.connect(parsed.database or "", isolation_level=None)
    if parsed.get_backend_name() == "postgresql":
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    if parsed.get_backend_name() == "duckdb":
        return duckdb.connect(parsed.database or "")
    return mariadb_shop.connected(url)


def databases_of(family: str, request: pytest.FixtureRequest) -> Callable[..., Database]:
    """A function that makes a database of a family from a script."""
    made: list[str] = []

    def create(script: str = "") -> Database:
        if family == "sqlite":
            made.append(family)
            return Database(request.getfixturevalue("sqlite_database")(script, name=f"{len(made)}.sqlite"))
        if family == "duckdb":
            made.append(family)
            database = Database(f"duckdb:///{request.getfixturevalue('tmp_path')}/{len(made)}.duckdb")
            with closing(_connect(database.url)):
                pass
            database.run(script)
            return database
        database = Database(request.getfixturevalue(family).create_database())
        database.run(script)
        return database

    return create
