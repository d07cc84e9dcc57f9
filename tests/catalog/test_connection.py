import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from synth_assets.catalog import errors
from synth_assets.catalog.connection import location, open_engine
from synth_assets.catalog.identity import server_identity
from tests.servers import PostgresServer

SECRET = "ge heim@/%&s3"


def refusal(kind: type[errors.DatabaseError], url: str) -> errors.DatabaseError:
    """The error, of which nothing that could be printed or logged holds the secret."""
    with pytest.raises(kind) as caught:
        open_engine(url)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert error.next_step
    assert error.untouched
    for text in (str(error), repr(error), error.location, error.reason):
        assert SECRET not in text
        assert quote(SECRET, safe="") not in text
    return error


def test_passwords_in_the_query_are_masked(postgres: PostgresServer) -> None:
    url = postgres.url("postgres").replace(f":{postgres.password}@", "@") + f"?password={postgres.password}"
    engine = open_engine(url)
    assert postgres.password not in repr(engine)
    assert postgres.password not in str(engine.url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_short_names_mean_the_drivers_of_the_extras(postgres: PostgresServer) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        engine = open_engine(postgres.url("postgres").replace("postgresql+psycopg", scheme))
        assert engine.driver == "psycopg"


def test_wrong_password(postgres: PostgresServer) -> None:
    error = refusal(errors.LoginRefused, postgres.url("postgres", password=SECRET))
    assert "refused user 'synth'" in str(error)
    assert "password authentication failed" in error.reason
    refusal(errors.LoginRefused, postgres.url("postgres", user="nobody", password=SECRET))
    without = postgres.url("postgres").replace(f":{postgres.password}@", "@")
    refusal(errors.LoginRefused, f"{without}?password={quote(SECRET, safe='')}")


def test_user_without_the_right_to_connect(postgres: PostgresServer) -> None:
    name = postgres.create_database().rpartition("/")[2]
    with postgres.connect() as connection:
        connection.execute(f"CREATE ROLE guest_{name} LOGIN PASSWORD 'guest'".encode())
        connection.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC".encode())
    refusal(errors.LoginRefused, postgres.url(name, user=f"guest_{name}", password="guest"))


def test_missing_database(postgres: PostgresServer) -> None:
    error = refusal(errors.DatabaseMissing, postgres.url("no such"))
    assert "has no database 'no such'" in str(error)


def test_server_that_does_not_answer() -> None:
    secret = quote(SECRET, safe="")
    for url in (
        f"postgresql://user:{secret}@127.0.0.1:1/shop",
        f"postgresql://user@127.0.0.1:1/shop?password={secret}",
        f"mysql://user:{secret}@127.0.0.1:1/shop",
    ):
        error = refusal(errors.DatabaseUnreachable, url)
        assert "user@127.0.0.1:1/shop does not answer" in str(error)
        assert "refused" in error.reason


@pytest.mark.parametrize(
    "url",
    [
        "shop.db",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "duckdb:///:memory:",
        "oracle://user@host/x",
        "postgresql://user:secret@host:port/x",
        "postgresql://user@127.0.0.1:1/x?no_such_option=1",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    assert "secret" not in str(refusal(errors.UrlInvalid, url))


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for family in ("sqlite", "duckdb"):
        error = refusal(errors.DatabaseMissing, f"{family}:///missing.db")
        assert str(tmp_path) in error.next_step
        assert list(tmp_path.iterdir()) == []
        refusal(errors.DatabaseUnreachable, f"{family}:///{tmp_path}")
    with pytest.raises(errors.DatabaseMissing, match="no folder"):
        open_engine("sqlite:///missing/new.db", create=True)
    (tmp_path / "text").write_text("this is no database, but it is long enough to be looked at" * 100)
    for family in ("sqlite", "duckdb"):
        error = refusal(errors.DatabaseUnreachable, f"{family}:///text")
        assert "not" in error.reason
    for family in ("sqlite", "duckdb"):
        open_engine(f"{family}:///new.{family}", create=True)
        assert (tmp_path / f"new.{family}").exists()
        open_engine(f"{family}:///new.{family}")


def test_sqlite_uri(sqlite_database: Callable[..., str]) -> None:
    path = sqlite_database("CREATE TABLE t (x)").removeprefix("sqlite:///")
    with open_engine(f"sqlite:///file:{path}?mode=ro&uri=true").connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for driver, url, extra in (
        ("psycopg", "postgresql://h/x", "postgres"),
        ("pymysql", "mariadb://h/x", "mysql"),
    ):
        monkeypatch.setitem(sys.modules, driver, None)
        error = refusal(errors.DriverMissing, url)
        assert f"pip install 'synth-assets[{extra}]'" in error.next_step


def test_no_driver_is_imported_that_is_not_needed(sqlite_database: Callable[..., str]) -> None:
    script = (
        "import sys; from synth_assets.catalog.connection import open_engine; "
        "from synth_assets.catalog.reflect import reflect; "
        f"print(reflect(open_engine({sqlite_database('CREATE TABLE t (x)')!r})).table_names); "
        "print(sorted({'psycopg', 'psycopg2', 'pymysql', 'duckdb', 'duckdb_engine'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "('t',)\n[]\n"


def test_location_for_people() -> None:
    assert location(f"postgresql+psycopg://u:{quote(SECRET, safe='')}@h:5/x?password=y") == "postgresql://u@h:5/x"
    assert location("sqlite:///a/b.db") == "sqlite:///a/b.db"
    assert location("postgresql://u:p@h:nan/x") == "postgresql:..."


def test_identity_of_postgres(postgres: PostgresServer) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    other_name = first.replace("127.0.0.1", "localhost").replace("+psycopg", "")
    identities = []
    for url in (first, second, other_name):
        with open_engine(url).connect() as connection:
            identities.append(server_identity(connection))
    assert identities[0] == identities[2]
    assert identities[0] != identities[1]
    assert identities[0].server == identities[1].server
    assert type(identities[0]).model_validate_json(identities[0].model_dump_json()) == identities[0]


def test_identity_that_is_not_told(postgres: PostgresServer) -> None:
    name = postgres.create_database().rpartition("/")[2]
    with psycopg.connect(postgres.url(name).replace("+psycopg", "")) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        connection.execute(f"CREATE ROLE shy_{name} LOGIN PASSWORD 'shy'".encode())
    with (
        open_engine(postgres.url(name, user=f"shy_{name}", password="shy")).connect() as connection,
        pytest.raises(errors.IdentityUnknown, match="permission denied"),
    ):
        server_identity(connection)


@pytest.mark.parametrize("family", ["sqlite", "duckdb"])
def test_identity_of_files(tmp_path: Path, family: str) -> None:
    identities = []
    open_engine(f"{family}:///{tmp_path}/a.db", create=True)
    (tmp_path / "soft.db").symlink_to(tmp_path / "a.db")
    os.link(tmp_path / "a.db", tmp_path / "hard.db")
    (tmp_path / "copy.db").write_bytes((tmp_path / "a.db").read_bytes())
    for name in ("a", "soft", "hard", "copy"):
        with open_engine(f"{family}:///{tmp_path}/{name}.db").connect() as connection:
            identities.append(server_identity(connection))
    assert identities[0] == identities[1] == identities[2]
    assert identities[0] != identities[3]
