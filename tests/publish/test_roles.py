"""The roles that docs/databases.md asks for: these are enough, and no more than is said."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pymysql
import pytest
import sqlalchemy

from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import rollback
from tests.extract.snapshots import Snapshots
from tests.publish.parts import Dataset, settings
from tests.publish.postgres_shop import rows_of, run_in
from tests.servers import MYSQL_FAMILY, MysqlFamilyServer, PostgresServer, start_postgres

_DOCS = Path(__file__).parents[2] / "docs" / "databases.md"
SCRIPT = """CREATE TABLE a (id int PRIMARY KEY, name varchar(20));
CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id));
INSERT INTO a VALUES (1, 'x'), (2, 'y');
INSERT INTO b VALUES (1, 2);
"""


def documented(family: str, databases: dict[str, str]) -> list[str]:
    """The statements of the docs for a source and for a target, with the names of databases at hand."""
    section = next(part for part in _DOCS.read_text().split("\n## ") if part.startswith(family))
    blocks = re.findall(r"```sql\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) == 2
    for name, database in databases.items():
        blocks = [re.sub(rf"(?<=DATABASE ){name}|(?<=`){name}(?=`)", database, block) for block in blocks]
    return blocks


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """Of its own: roles are the server's."""
    server = start_postgres()
    yield server
    server.stop()


@pytest.fixture
def server(mysql_family: MysqlFamilyServer) -> Iterator[MysqlFamilyServer]:
    server: MysqlFamilyServer = MYSQL_FAMILY[mysql_family.dialect]()
    yield server
    server.stop()


def refreshed_twice(source: str, target: str, folder: Path) -> None:
    authorize("staging", settings(), target, {"production": source})
    snapshots = Snapshots(folder)
    catalog = snapshots.catalog(source)
    for refresh in ("r1", "r2"):
        made = Dataset(catalog, snapshots.rows(source, catalog=catalog), snapshots.store, refresh=refresh)
        made.judge()
        made.publish(target, sources={"production": source})
    rollback(target="staging", database=settings(), url=target, sources={"production": source}, dataset="shop")


def database_of(url: str) -> str:
    return str(sqlalchemy.make_url(url).database)


def test_roles_of_postgres(postgres: PostgresServer, tmp_path: Path) -> None:
    source, target = postgres.create_database(), postgres.create_database()
    run_in(source, SCRIPT)
    run_in(target, "CREATE SCHEMA other; CREATE TABLE other.theirs (a int)")
    reading, writing = documented("PostgreSQL", {"staging": database_of(target)})
    run_in(source, reading)
    run_in(target, writing)
    as_reader = postgres.url(database_of(source), user="synth_source", password="secret")
    as_writer = postgres.url(database_of(target), user="synth_target", password="secret")
    refreshed_twice(as_reader, as_writer, tmp_path)
    assert rows_of(target, "SELECT name FROM b JOIN a ON a.id = b.a") == [("y",)]
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        run_in(as_reader, "DELETE FROM b")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run_in(as_writer, "DROP TABLE other.theirs")


def test_roles_of_mariadb_and_mysql(server: MysqlFamilyServer, tmp_path: Path) -> None:
    source, target, other = server.create_database(SCRIPT), server.create_database(), server.create_database(SCRIPT)
    names = {"production": database_of(source), "staging": database_of(target)}
    for block in documented("MariaDB", names):
        server.run(database_of(target), block)
    as_reader = server.url(database_of(source), user="synth_source", password="secret")
    as_writer = server.url(database_of(target), user="synth_target", password="secret")
    refreshed_twice(as_reader, as_writer, tmp_path)
    for user, database, statement in (
        ("synth_source", source, "DELETE FROM b"),
        ("synth_target", other, "DELETE FROM b"),
    ):
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            server.connect(database_of(database), user=user, password="secret").query(statement)
