"""Every value of a SQLite database survives, whatever its column claims to hold."""

import datetime as dt
import math
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import URL

from synth_assets.catalog.errors import DatabaseMissing, TableMissing
from synth_assets.extract.errors import EmptySource, SourceChanged, SourceUnreadable, ValueUnreadable
from synth_assets.store.tables import TableRows
from tests.extract.snapshots import Snapshots

Database = Callable[..., str]


def fill(url: str, statement: str, rows: Sequence[Sequence[object]]) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.executemany(statement, rows)
    connection.commit()
    connection.close()


@pytest.fixture
def column(sqlite_database: Database, snapshots: Snapshots) -> Callable[..., TableRows]:
    """The snapshot of a table with one column `c` of a declared type that holds these values."""

    def take(declared: str, values: Sequence[object]) -> TableRows:
        url = sqlite_database(f"CREATE TABLE t (c {declared})", name=f"{abs(hash((declared, str(values))))}.sqlite")
        fill(url, "INSERT INTO t VALUES (?)", [(value,) for value in values])
        return snapshots.rows(url)["t"]

    return take


Column = Callable[[str, Sequence[Any]], TableRows]


@pytest.mark.parametrize(
    ("declared", "values", "dtype"),
    [
        ("INTEGER", [1, None, -(2**63), 2**63 - 1], pl.Int64()),
        ("BIGINT UNSIGNED", [2**63 - 1], pl.Int64()),
        ("REAL", [0.1, None, 1e308, 5e-324, math.inf, -math.inf], pl.Float64()),
        ("FLOAT", [1, 2.5], pl.Float64()),
        ("DOUBLE", [2**53, 0.5], pl.Float64()),
        ("BOOLEAN", [0, 1, None], pl.Boolean()),
        ("VARCHAR(5)", ["", None, "😀\r\n", "\\.", "\\N", "a\0b", "'\"%$1", "0012", "1e5"], pl.String()),
        ("BLOB", [b"", None, b"\x00\xff"], pl.Binary()),
        ("JSON", ['{"a": 1.10}', "null", None], pl.String()),
        ("UUID", ["550e8400-e29b-41d4-a716-446655440000", None], pl.String()),
        ("DECIMAL(10,2)", [0, None, 1.1, -99999999.99, 12345.67], pl.Decimal(10, 2)),
        ("NUMERIC", [1, None, 2**60], pl.Int64()),
        ("NUMERIC", [1, None, 0.5], pl.Float64()),
        ("", [1, None], pl.Int64()),
        ("", ["x", None], pl.String()),
        ("", [None], pl.String()),
        ("INTEGER", [], pl.Int64()),
        ("DATE", [None], pl.Date()),
        ("NUMERIC", [None], pl.Float64()),
    ],
)
def test_values_of_one_class_keep_their_type(
    column: Column, declared: str, values: list[Any], dtype: pl.DataType
) -> None:
    full = [*values] or [None]
    rows = column(declared, full)
    frame = rows.read()
    assert frame.schema == {"c": dtype}
    back = frame["c"].to_list()
    if isinstance(dtype, pl.Decimal):
        full = [None if v is None else Decimal(str(v)) for v in full]
    assert back == full


@pytest.mark.parametrize(
    ("declared", "values", "dtype", "expected"),
    [
        # What does not fit the declared type goes to the nearest type that holds everything exactly.
        ("INTEGER", [1, 2.5], pl.Float64(), [1.0, 2.5]),
        ("INTEGER", [1, "n/a", None, ""], pl.String(), ["1", "n/a", None, ""]),
        ("INTEGER", [2**53 + 1, 0.1], pl.String(), [str(2**53 + 1), "0.1"]),
        ("INTEGER", [2.0**63, 1], pl.Float64(), [2.0**63, 1.0]),
        ("BOOLEAN", [0, 1, 2], pl.Int64(), [0, 1, 2]),
        ("BOOLEAN", ["true", "false"], pl.String(), ["true", "false"]),
        ("DECIMAL(10,2)", [1.005, 2], pl.Float64(), [1.005, 2.0]),
        ("DECIMAL(4,2)", [123.45], pl.Float64(), [123.45]),
        ("DECIMAL(4,2)", [100], pl.Int64(), [100]),
        ("DECIMAL(10,2)", [1.5, "n/a"], pl.String(), ["1.5", "n/a"]),
        ("DECIMAL(38,20)", [0.1], pl.Float64(), [0.1]),
        ("REAL", [0.1, "0.1x", 1 / 3], pl.String(), ["0.1", "0.1x", repr(1 / 3)]),
        ("STRING", ["0012", "x"], pl.String(), ["12", "x"]),
        ("JSON", ["5", "[1]", "0.1"], pl.String(), ["5", "[1]", "0.1"]),
        ("", [1, 0.1, "x"], pl.String(), ["1", "0.1", "x"]),
        ("", [1, 0.5, "ß", b"\xff", None], pl.Binary(), [b"1", b"0.5", "ß".encode(), b"\xff", None]),
        ("TEXT", [b"\x00"], pl.Binary(), [b"\x00"]),
        ("BLOB", ["text"], pl.String(), ["text"]),
        ("DATETIME", [1700000000, None], pl.Int64(), [1700000000, None]),
        ("DATE", [2460000.5], pl.Float64(), [2460000.5]),
    ],
)
def test_other_values_come_exactly_in_another_type(
    column: Column, declared: str, values: list[Any], dtype: pl.DataType, expected: list[Any]
) -> None:
    frame = column(declared, values).read()
    assert frame.schema == {"c": dtype}
    assert frame["c"].to_list() == expected


@pytest.mark.parametrize(
    ("declared", "values", "dtype", "time_format"),
    [
        ("DATE", ["2024-02-29", None, "1999-12-31"], pl.Date(), "%Y-%m-%d"),
        ("DATE", ["2024-02-29 00:00:00"], pl.Date(), "%Y-%m-%d 00:00:00"),
        ("DATE", ["2024-02-29 01:00:00"], pl.Datetime("us"), "%Y-%m-%d %H:%M:%S"),
        ("DATE", ["31.12.1999"], pl.Date(), "%d.%m.%Y"),
        ("DATE", ["12/31/1999", "01/02/2000"], pl.Date(), "%m/%d/%Y"),
        ("DATE", ["1/2/2000", "12/31/1999"], pl.Date(), "%-m/%-d/%Y"),
        ("DATETIME", ["2024-02-29 01:02:03", None], pl.Datetime("us"), "%Y-%m-%d %H:%M:%S"),
        ("DATETIME", ["2024-02-29T01:02:03"], pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S"),
        ("DATETIME", ["2024-02-29 01:02:03.000004"], pl.Datetime("us"), "%Y-%m-%d %H:%M:%S%.6f"),
        ("DATETIME", ["2024-02-29T01:02:03.004Z"], pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.3fZ"),
        ("DATETIME", ["2024-02-29"], pl.Datetime("us"), "%Y-%m-%d"),
        ("TIMESTAMPTZ", ["2024-02-29 01:02:03+00:00"], pl.Datetime("us", "UTC"), "%Y-%m-%d %H:%M:%S+00:00"),
        ("TIME", ["01:02:03", "23:59:59"], pl.Time(), "%H:%M:%S"),
        ("TIME", ["01:02"], pl.Time(), "%H:%M"),
        # No single format prints all of these again as they stand.
        ("DATE", ["2024-02-29", "29.02.2024"], pl.String(), None),
        ("DATE", ["2024-02-30"], pl.String(), None),
        ("DATE", ["", "2024-02-29"], pl.String(), None),
        ("DATE", ["12024-02-29", "0044-03-15 BC"], pl.String(), None),
        ("DATETIME", ["2024-02-29 01:02:03", "2024-02-29 01:02:03.5"], pl.String(), None),
        ("DATETIME", ["2024-02-29 01:02:60"], pl.String(), None),
        ("DATETIME", ["2024-02-29 01:02:03.123456789"], pl.String(), None),
        ("TIME", ["24:00:00"], pl.String(), None),
    ],
)
def test_times_are_read_by_one_format_or_stay_text(
    column: Column, declared: str, values: list[Any], dtype: pl.DataType, time_format: str | None
) -> None:
    rows = column(declared, values)
    frame = rows.read()
    assert frame.schema == {"c": dtype}
    assert dict(rows.formats) == ({"c": time_format} if time_format else {})
    texts = frame["c"].dt.to_string(time_format) if time_format else frame["c"]
    assert texts.to_list() == values


def test_a_value_that_breaks_a_format_late_is_seen(column: Column) -> None:
    values = [f"2024-01-{i % 28 + 1:02}" for i in range(200_000)] + ["unknown"]
    rows = column("DATE", values)
    assert rows.read()["c"].to_list() == values


def test_a_value_of_another_class_late_is_seen(column: Column) -> None:
    values = [None] * 100_000 + [7, "seven"]
    assert column("INTEGER", values).read()["c"][-2:].to_list() == ["7", "seven"]


def test_the_order_of_rows_and_large_tables(column: Column) -> None:
    assert column("INTEGER", list(range(300_000))).read()["c"].to_list() == list(range(300_000))


def test_text_that_is_not_utf8_is_refused_without_its_value(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (c TEXT); INSERT INTO t VALUES ('fine'), (CAST(x'53c3' AS TEXT))")
    with pytest.raises(ValueUnreadable) as refused:
        snapshots.rows(url)
    assert (refused.value.table, refused.value.column) == ("t", "c")
    assert "S\\xc3" not in str(refused.value)
    assert snapshots.store.artifacts("d") == []


def test_any_identifier(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database(
        'CREATE TABLE "Order ""Détails"" %s" ("select" INTEGER, "a.b" TEXT, "q?:x" TEXT, "表" TEXT);'
        """INSERT INTO "Order ""Détails"" %s" VALUES (1, 'x', 'y', 'z')"""
    )
    [rows] = snapshots.rows(url).values()
    assert rows.table == 'Order "Détails" %s'
    assert rows.read().rows(named=True) == [{"select": 1, "a.b": "x", "q?:x": "y", "表": "z"}]


def test_generated_columns_strict_and_rowid_less_tables(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database(
        "CREATE TABLE g (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED, v TEXT AS ('v' || a) VIRTUAL);"
        "INSERT INTO g(a) VALUES (3);"
        "CREATE TABLE s (a INT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID; INSERT INTO s VALUES (1, 'x'), (2, 5);"
    )
    rows = snapshots.rows(url)
    assert rows["g"].read().row(0) == (3, 6, "v3")
    assert rows["s"].read().rows() == [(1, "x"), (2, "5")]


def test_empty_and_one_row_tables(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE a (i INTEGER, d DATE); CREATE TABLE b (i INTEGER); INSERT INTO b VALUES (1)")
    artifacts = snapshots.artifacts(url)
    assert artifacts["a"].facts == {"rows": 0, "held_out": 0, "formats": {"d": "%Y-%m-%d"}}
    assert TableRows(artifacts["a"]).read().schema == {"i": pl.Int64, "d": pl.Date}
    assert TableRows(artifacts["b"]).read(part="training").rows() == [(1,)]


def test_an_empty_source_is_refused(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE a (i INTEGER); CREATE TABLE b (i INTEGER)")
    with pytest.raises(EmptySource):
        snapshots.rows(url)
    assert snapshots.store.artifacts("d") == []


def test_the_fingerprint_tells_whether_the_source_changed(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (d DATE); INSERT INTO t VALUES ('2024-01-31'), ('2023-01-31')")
    first = snapshots.artifacts(url)["t"]
    again = snapshots.artifacts(url)["t"]
    assert first.key != again.key
    assert first.fingerprint == again.fingerprint
    fill(url, "UPDATE t SET d = ?||substr(d, 5)", [("2025",)])
    assert snapshots.artifacts(url)["t"].fingerprint != first.fingerprint


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_all_tables_are_seen_as_of_one_instant(
    sqlite_database: Database, snapshots: Snapshots, mode: str, tmp_path: Path
) -> None:
    """Between the reads of two tables, a writer adds a child with a new parent."""
    url = sqlite_database(
        f"PRAGMA journal_mode = {mode}; CREATE TABLE parent (id INTEGER PRIMARY KEY);"
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent);"
        "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);"
    )
    written = []

    def write(table: str, rows: int) -> None:
        if table == "child":
            return
        writer = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.1)
        try:
            writer.execute("INSERT INTO parent VALUES (2)")
            writer.execute("INSERT INTO child VALUES (2, 2)")
            writer.commit()
            written.append(table)
        except sqlite3.OperationalError as error:
            assert mode == "delete", error
        finally:
            writer.close()

    rows = snapshots.rows(url, tables=["parent", "child"], progress=write)
    assert rows["parent"].read()["id"].to_list() == [1]
    assert rows["child"].read()["parent"].to_list() == [1]
    assert bool(written) == (mode == "wal")


def test_nothing_is_written_to_the_source(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)")
    path = Path(url.removeprefix("sqlite:///"))
    before = path.read_bytes(), path.stat().st_mtime_ns
    snapshots.rows(url)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_rows_that_are_only_in_the_wal_are_read(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("PRAGMA journal_mode = wal; CREATE TABLE t (a INTEGER)")
    writer = sqlite3.connect(url.removeprefix("sqlite:///"))
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO t VALUES (1)")
    writer.commit()
    try:
        assert snapshots.rows(url)["t"].read()["a"].to_list() == [1]
    finally:
        writer.close()


def test_a_wal_whose_writer_is_gone_is_read(sqlite_database: Database, snapshots: Snapshots, tmp_path: Path) -> None:
    url = sqlite_database("PRAGMA journal_mode = wal; CREATE TABLE t (a INTEGER)")
    path = Path(url.removeprefix("sqlite:///"))
    writer = sqlite3.connect(path)
    writer.execute("INSERT INTO t VALUES (1)")
    writer.commit()
    for suffix in ("", "-wal"):  # as a killed writer leaves them, and without the -shm
        shutil.copy(f"{path}{suffix}", tmp_path / f"copy.sqlite{suffix}")
    writer.close()
    assert snapshots.rows(f"sqlite:///{tmp_path}/copy.sqlite")["t"].read()["a"].to_list() == [1]


def test_a_file_that_must_be_recovered_is_refused(
    sqlite_database: Database, snapshots: Snapshots, tmp_path: Path
) -> None:
    url = sqlite_database("CREATE TABLE t (a TEXT)")
    fill(url, "INSERT INTO t VALUES (?)", [("x" * 1000,)] * 300)
    catalog = snapshots.catalog(url)
    path = Path(url.removeprefix("sqlite:///"))
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_size = 2")
    writer.execute("BEGIN")
    writer.execute("UPDATE t SET a = 'y' || a")
    for suffix in ("", "-journal"):  # as a writer killed in mid-transaction leaves them
        shutil.copy(f"{path}{suffix}", tmp_path / f"hot.sqlite{suffix}")
    writer.execute("ROLLBACK")
    writer.close()
    before = (tmp_path / "hot.sqlite").read_bytes()
    with pytest.raises(SourceUnreadable, match="recovered"):
        snapshots.rows(f"sqlite:///{tmp_path}/hot.sqlite", catalog=catalog)
    assert (tmp_path / "hot.sqlite").read_bytes() == before


def test_a_changed_or_missing_table_is_refused(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'); CREATE TABLE u (a)")
    catalog = snapshots.catalog(url)
    with pytest.raises(TableMissing):
        snapshots.rows(url, tables=["nothing"], catalog=catalog)
    fill(url, "ALTER TABLE t RENAME COLUMN b TO c", [()])
    with pytest.raises(SourceChanged):
        snapshots.rows(url, catalog=catalog)
    fill(url, "DROP TABLE t", [()])
    with pytest.raises(TableMissing):
        snapshots.rows(url, catalog=catalog)
    assert snapshots.store.artifacts("d") == []


def test_a_missing_file_and_one_that_is_no_database(
    sqlite_database: Database, snapshots: Snapshots, tmp_path: Path
) -> None:
    catalog = snapshots.catalog(sqlite_database("CREATE TABLE t (a)"))
    with pytest.raises(DatabaseMissing):
        snapshots.rows(f"sqlite:///{tmp_path}/none.sqlite", catalog=catalog)
    assert not (tmp_path / "none.sqlite").exists()
    (tmp_path / "text").write_text("no database " * 1000)
    with pytest.raises(SourceUnreadable, match="not a SQLite database"):
        snapshots.rows(f"sqlite:///{tmp_path}/text", catalog=catalog)


def test_a_path_with_special_characters(sqlite_database: Database, snapshots: Snapshots) -> None:
    url = sqlite_database("CREATE TABLE t (a); INSERT INTO t VALUES (1)", name="a b#?%20 ü.sqlite")
    assert url.endswith("ü.sqlite")
    escaped = URL.create("sqlite", database=url.removeprefix("sqlite:///")).render_as_string()
    assert snapshots.rows(escaped)["t"].rows == 1


def test_times_of_no_zone_stay_what_they_are(column: Column) -> None:
    rows = column("TIMESTAMP", ["2024-03-31 02:30:00"])  # an hour that some zones skip
    assert rows.read()["c"][0] == dt.datetime(2024, 3, 31, 2, 30)  # noqa: DTZ001
