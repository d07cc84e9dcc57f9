"""Every value of a DuckDB database survives."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from synth_assets.catalog.errors import DatabaseMissing, TableMissing
from synth_assets.extract.errors import SourceChanged
from tests.extract.snapshots import Snapshots

Create = Callable[[str], str]


@pytest.fixture
def create(tmp_path: Path) -> Create:
    def run(script: str) -> str:
        with duckdb.connect(str(tmp_path / "database.duckdb")) as connection:
            connection.execute(script)
        return f"duckdb:///{tmp_path}/database.duckdb"

    return run


@pytest.mark.parametrize(
    ("native", "literals", "dtype", "expected"),
    [
        ("TINYINT", ["-128", "NULL"], pl.Int64(), [-128, None]),
        ("UBIGINT", ["18446744073709551615"], pl.UInt64(), [2**64 - 1]),
        ("HUGEINT", ["170141183460469231731687303715884105727"], pl.String(), [str(2**127 - 1)]),
        ("DECIMAL(10,2)", ["1.1"], pl.Decimal(10, 2), [Decimal("1.10")]),
        ("FLOAT", ["0.5", "'infinity'"], pl.Float32(), [0.5, float("inf")]),
        ("BOOLEAN", ["true"], pl.Boolean(), [True]),
        ("VARCHAR", ["''", "NULL", "'😀\r\n\\.'"], pl.String(), ["", None, "😀\r\n\\."]),
        ("BLOB", [r"'\x00\xFF'::BLOB"], pl.Binary(), [b"\x00\xff"]),
        ("DATE", ["'2024-02-29'"], pl.Date(), [dt.date(2024, 2, 29)]),
        ("DATE", ["'infinity'", "'0044-03-15 (BC)'"], pl.String(), ["infinity", "0044-03-15 (BC)"]),
        ("TIME", ["'23:59:59.999999'"], pl.Time(), [dt.time(23, 59, 59, 999_999)]),
        ("TIME", ["'24:00:00'"], pl.String(), ["24:00:00"]),
        ("TIMESTAMP", ["'2024-02-29 01:02:03.000004'"], pl.Datetime("us"), [dt.datetime(2024, 2, 29, 1, 2, 3, 4)]),  # noqa: DTZ001
        ("TIMESTAMP_S", ["'2024-02-29 01:02:03'"], pl.Datetime("us"), [dt.datetime(2024, 2, 29, 1, 2, 3)]),  # noqa: DTZ001
        ("TIMESTAMP_NS", ["'2024-02-29 01:02:03.123456789'"], pl.String(), ["2024-02-29 01:02:03.123456789"]),
        ("TIMESTAMP", ["'-infinity'"], pl.String(), ["-infinity"]),
        (
            "TIMESTAMPTZ",
            ["'2024-03-31 02:30:00+02'"],
            pl.Datetime("us", "UTC"),
            [dt.datetime(2024, 3, 31, 0, 30, tzinfo=dt.UTC)],
        ),
        ("INTERVAL", ["INTERVAL '1 month 2 days'"], pl.String(), ["1 month 2 days"]),
        ("UUID", ["'550e8400-e29b-41d4-a716-446655440000'"], pl.String(), ["550e8400-e29b-41d4-a716-446655440000"]),
        ("JSON", ["""'{"a": 1.10}'""", "'null'"], pl.String(), ['{"a": 1.10}', "null"]),
        ("INTEGER[][]", ["[[1, 2], [3]]"], pl.String(), ["[[1, 2], [3]]"]),
        ("ENUM ('a', 'b c')", ["'b c'"], pl.String(), ["b c"]),
    ],
)
def test_values_survive(
    create: Create, snapshots: Snapshots, native: str, literals: list[str], dtype: pl.DataType, expected: list[Any]
) -> None:
    values = ", ".join(f"({literal})" for literal in literals)
    url = create(f"CREATE TABLE t (c {native}); INSERT INTO t VALUES {values}")
    frame = snapshots.rows(url)["t"].read()
    assert frame.schema["c"] == dtype
    assert frame["c"].to_list() == expected


def test_large_tables_and_any_identifier(create: Create, snapshots: Snapshots) -> None:
    url = create('CREATE TABLE "a ""b"" %s" AS SELECT range AS "c ""d" FROM range(300000)')
    assert snapshots.rows(url)['a "b" %s'].read()['c "d'].to_list() == list(range(300_000))


def test_the_file_is_only_read(create: Create, snapshots: Snapshots, tmp_path: Path) -> None:
    url = create("CREATE TABLE t AS SELECT 1 AS a")
    before = (tmp_path / "database.duckdb").read_bytes()
    snapshots.rows(url)
    assert (tmp_path / "database.duckdb").read_bytes() == before


def test_a_changed_or_missing_table_is_refused(create: Create, snapshots: Snapshots, tmp_path: Path) -> None:
    url = create("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b")
    catalog = snapshots.catalog(url)
    create("ALTER TABLE t ALTER b TYPE BLOB")
    with pytest.raises(SourceChanged):
        snapshots.rows(url, catalog=catalog)
    create("DROP TABLE t")
    with pytest.raises(TableMissing):
        snapshots.rows(url, catalog=catalog)
    (tmp_path / "database.duckdb").unlink()
    with pytest.raises(DatabaseMissing):
        snapshots.rows(url, catalog=catalog)


def test_nobody_writes_while_it_is_read(create: Create, snapshots: Snapshots, tmp_path: Path) -> None:
    url = create("CREATE TABLE a AS SELECT 1 AS x; CREATE TABLE b AS SELECT 1 AS x")
    script = f"import duckdb; duckdb.connect({str(tmp_path / 'database.duckdb')!r}).execute('DROP TABLE b')"
    tried: list[str] = []

    def write(table: str, rows: int) -> None:
        if not tried:
            tried.append(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr)

    assert snapshots.rows(url, progress=write)["b"].read()["x"].to_list() == [1]
    assert "onflicting lock" in tried[0]
