"""The throw-away server that the other tests stand on."""

import psycopg
import pytest
import sqlalchemy

from tests.servers import MariadbServer, MysqlFamilyServer, MysqlServer, PostgresServer


def test_new_databases_are_empty_and_apart(postgres: PostgresServer) -> None:
    urls = {postgres.create_database() for _ in range(2)}
    assert len(urls) == 2
    for url in urls:
        engine = sqlalchemy.create_engine(url)
        assert sqlalchemy.inspect(engine).get_table_names() == []
        engine.dispose()


def test_password_is_asked_for(postgres: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url("postgres", password="wrong").replace("+psycopg", ""))


def test_a_server_shares_no_temporary_folder(mysql_family: MysqlFamilyServer) -> None:
    """Servers delete the temporary tables that they find there when they start: a running one's, if it is shared."""
    with mysql_family.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@tmpdir")
        assert cursor.fetchall() == ((str(mysql_family.folder / "temporary"),),)


def test_a_server_is_the_one_that_it_is_called(mariadb: MariadbServer, mysql: MysqlServer) -> None:
    """MariaDB's program bears the name of MySQL's, too."""
    versions = []
    for server in (mariadb, mysql):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT version(), @@version_comment")
            versions.append(" ".join(cursor.fetchone()))
    assert "MariaDB" in versions[0]
    assert "MariaDB" not in versions[1]
