"""Reading by SQLAlchemy alone, tried on SQLite: what the driver gives survives or is refused."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from synth_assets.extract.errors import ChangedWhileRead, SourceChanged, ValueUnreadable
from synth_assets.extract.generic import open_generic
from tests.extract.snapshots import Snapshots
from tests.plain_dialect import PlainDialect, plain_url
from tests.publish.parts import catalog_of

Database = Callable[..., str]


def read(url: str, snapshots: Snapshots) -> pl.DataFrame:
    catalog = snapshots.catalog(url)
    with open_generic(url, catalog, ["t"]) as source:
        stream = source.read(catalog.table("t"))
        return pl.concat([pl.DataFrame(schema=stream.schema), *stream.batches])


def test_values_survive(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database(
        'CREATE TABLE t (i INTEGER, f REAL, b BOOLEAN, "te %s" TEXT, x BLOB, j JSON);'
        "INSERT INTO t VALUES (9223372036854775807, 0.1, 1, '😀\r\n\\.', x'00ff', 'null');"
        "INSERT INTO t VALUES (NULL, NULL, NULL, '', NULL, NULL)"
    )
    frame = read(url, snapshots)
    assert frame.dtypes == [pl.Int64, pl.Float64, pl.Boolean, pl.String, pl.Binary, pl.String]
    assert frame.rows() == [
        (2**63 - 1, 0.1, True, "😀\r\n\\.", b"\x00\xff", "null"),
        (None, None, None, "", None, None),
    ]


def test_many_rows_in_order(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (i INTEGER)")
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(25_000)])
    connection.commit()
    connection.close()
    assert read(url, snapshots)["i"].to_list() == list(range(25_000))


@pytest.mark.parametrize(
    ("declared", "literal"),
    [("INTEGER", "'Hopper'"), ("BOOLEAN", "2"), ("DATE", "'2024-01-01'"), ("DECIMAL(4,1)", "1.25"), ("TEXT", "x'00'")],
)
def test_what_does_not_fit_is_refused_without_its_value(
    sqlite_database: Database, snapshots: Snapshots, declared: str, literal: str
) -> None:
    url = sqlite_database(f"CREATE TABLE t (c {declared}); INSERT INTO t VALUES ({literal})")
    with pytest.raises(ValueUnreadable) as refused:
        read(url, snapshots)
    assert refused.value.column == "c"
    assert "Hopper" not in str(refused.value)


def test_a_changed_table_is_refused(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (a INTEGER)")
    catalog = snapshots.catalog(url)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("ALTER TABLE t ADD b TEXT")
    connection.close()
    with open_generic(url, catalog, ["t"]) as source, pytest.raises(SourceChanged):
        source.read(catalog.table("t"))


class TestADialectWithoutALevelOfOneInstant:
    """Every table is read twice."""

    @pytest.fixture
    def url(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        def unknown(self: PlainDialect, connection: object) -> object:
            raise NotImplementedError

        monkeypatch.setattr(PlainDialect, "get_isolation_level_values", unknown)
        run(tmp_path / "source.db", "CREATE TABLE a (n INT); CREATE TABLE b (n INT); INSERT INTO a VALUES (1), (2)")
        return plain_url(tmp_path / "source.db")

    @pytest.mark.parametrize("change", ["", "UPDATE a SET n = 3 - n", "INSERT INTO c VALUES (1)"])
    def test_what_stays_the_same_is_read(self, url: str, tmp_path: Path, change: str) -> None:
        run(tmp_path / "source.db", "CREATE TABLE c (n INT)")
        assert read_both(url, tmp_path, change)["n"].to_list() == [1, 2]

    @pytest.mark.parametrize(
        ("change", "table"),
        [
            ("UPDATE a SET n = 7 WHERE n = 1", "a"),
            ("DELETE FROM a", "a"),
            ("INSERT INTO a VALUES (1)", "a"),
            ("INSERT INTO a VALUES (NULL)", "a"),
        ],
    )
    def test_what_changes_meanwhile_is_refused(self, url: str, tmp_path: Path, change: str, table: str) -> None:
        with pytest.raises(ChangedWhileRead, match="as of one instant") as refused:
            read_both(url, tmp_path, change)
        assert refused.value.table == table

    @pytest.mark.parametrize("error", [AttributeError, NotImplementedError, sqlite3.OperationalError])
    def test_a_level_that_cannot_be_set_is_none(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        def broken(self: PlainDialect, connection: object, level: str) -> None:
            raise error

        monkeypatch.setattr(PlainDialect, "get_isolation_level_values", lambda self, _: ["SERIALIZABLE"])
        monkeypatch.setattr(PlainDialect, "set_isolation_level", broken)
        assert read_both(url, tmp_path, "")["n"].to_list() == [1, 2]
        with pytest.raises(ChangedWhileRead):
            read_both(url, tmp_path, "DELETE FROM a")


def run(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def read_both(url: str, folder: Path, change: str) -> pl.DataFrame:
    """What is read of `a`, where something changes before `b` is read."""
    catalog = catalog_of(url)
    with open_generic(url, catalog, ["a", "b"]) as source:
        found = pl.concat([*source.read(catalog.table("a")).batches])
        run(folder / "source.db", change)
        assert [*source.read(catalog.table("b")).batches] == []
    return found
