"""Reading by SQLAlchemy alone, tried on SQLite: what the driver gives survives or is refused."""

import sqlite3
from collections.abc import Callable

import polars as pl
import pytest

from synth_assets.extract.errors import SourceChanged, ValueUnreadable
from synth_assets.extract.generic import open_generic
from tests.extract.snapshots import Snapshots

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
