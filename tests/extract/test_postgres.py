"""Every value of a PostgreSQL database survives, and all tables are seen as of one instant."""

import datetime as dt
import math
import threading
import time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from sqlalchemy import make_url

from synth_assets.catalog.errors import DatabaseUnreachable, LoginRefused, TableMissing
from synth_assets.extract.errors import SourceChanged, SourceUnreadable
from synth_assets.extract.postgres import open_postgres
from synth_assets.store.tables import TableRows
from tests.extract.snapshots import Snapshots
from tests.servers import PostgresServer


class Database:
    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.url = server.create_database()
        self.name = str(make_url(self.url).database)

    def run(self, script: str) -> None:
        with self.server.connect(self.name) as connection:
            connection.execute(script.encode())


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    return Database(postgres)


@pytest.fixture(scope="module")
def shared_database(postgres: PostgresServer) -> Database:
    """One database for all tests of single columns: making one takes longer than such a test."""
    return Database(postgres)


def column(database: Database, snapshots: Snapshots, native: str, literals: list[str]) -> TableRows:
    values = ", ".join(f"({i}, {literal})" for i, literal in enumerate(literals))
    database.run(f"DROP TABLE IF EXISTS t; CREATE TABLE t (i int, c {native}); INSERT INTO t VALUES {values}")
    return snapshots.rows(database.url)["t"]


@pytest.mark.parametrize(
    ("native", "literals", "dtype", "expected"),
    [
        ("smallint", ["-32768", "NULL"], pl.Int64(), [-32768, None]),
        ("bigint", ["-9223372036854775808", "9223372036854775807"], pl.Int64(), [-(2**63), 2**63 - 1]),
        ("boolean", ["true", "false", "NULL"], pl.Boolean(), [True, False, None]),
        ("real", ["0.1", "'NaN'", "'-Infinity'"], pl.Float32(), None),
        (
            "numeric(10,2)",
            ["1.1", "-99999999.99", "NULL"],
            pl.Decimal(10, 2),
            [Decimal("1.10"), Decimal("-99999999.99"), None],
        ),
        (
            "numeric(38,4)",
            ["1234567890123456789012345678901234.5678"],
            pl.Decimal(38, 4),
            [Decimal("1234567890123456789012345678901234.5678")],
        ),
        ("numeric(10,2)", ["1.1", "'NaN'"], pl.String(), ["1.10", "NaN"]),
        ("numeric(5,-2)", ["12345"], pl.Decimal(38, 0), [Decimal(12300)]),
        ("numeric(2,4)", ["0.0012"], pl.Decimal(38, 4), [Decimal("0.0012")]),
        ("numeric", ["1.5", "-20.25", "NULL"], pl.Decimal(38, 2), [Decimal("1.50"), Decimal("-20.25"), None]),
        ("numeric(65,30)", ["1.5"], pl.Decimal(38, 1), [Decimal("1.5")]),
        ("numeric", ["NULL"], pl.Decimal(38, 0), [None]),
        ("numeric(40,0)", ["1" * 40], pl.String(), ["1" * 40]),
        ("numeric", ["1.10", "'Infinity'", "1e50", "NULL"], pl.String(), ["1.10", "Infinity", "1" + "0" * 50, None]),
        ("text", ["''", "NULL", "E'😀\\r\\n\\\\.'", "E'\\\\N'"], pl.String(), ["", None, "😀\r\n\\.", "\\N"]),
        ("varchar(5)", ["'  x  '"], pl.String(), ["  x  "]),
        ("char(5)", ["'ab'"], pl.String(), ["ab   "]),
        ('"char"', ["'x'"], pl.String(), ["x"]),
        ("name", ["'n'"], pl.String(), ["n"]),
        ("bytea", [r"'\x00ff'", "''", "NULL"], pl.Binary(), [b"\x00\xff", b"", None]),
        ("date", ["'0001-01-01'", "'9999-12-31'"], pl.Date(), [dt.date.min, dt.date.max]),
        (
            "date",
            ["'2024-01-02'", "'infinity'", "'0044-03-15 BC'"],
            pl.String(),
            ["2024-01-02", "infinity", "0044-03-15 BC"],
        ),
        ("date", ["'12000-01-01'"], pl.String(), ["12000-01-01"]),
        ("time", ["'23:59:59.999999'"], pl.Time(), [dt.time(23, 59, 59, 999_999)]),
        ("time", ["'24:00'", "'01:02:03.000004'"], pl.String(), ["24:00:00", "01:02:03.000004"]),
        ("timetz", ["'01:02:03+02'"], pl.String(), ["01:02:03+02"]),
        (
            "timestamp",
            ["'2024-02-29 01:02:03.000004'"],
            pl.Datetime("us"),
            [dt.datetime(2024, 2, 29, 1, 2, 3, 4)],  # noqa: DTZ001
        ),
        ("timestamp", ["'-infinity'", "'2024-02-29'"], pl.String(), ["-infinity", "2024-02-29 00:00:00"]),
        ("timestamp", ["'10000-01-01'"], pl.String(), ["10000-01-01 00:00:00"]),
        (
            "timestamptz",
            ["'2024-03-31 02:30+02'"],
            pl.Datetime("us", "UTC"),
            [dt.datetime(2024, 3, 31, 0, 30, tzinfo=dt.UTC)],
        ),
        ("timestamptz", ["'infinity'", "'2024-01-01 00:00+00'"], pl.String(), ["infinity", "2024-01-01 00:00:00+00"]),
        ("interval", ["'1 mon 2 days 03:04:05.6'", "'-1 year'"], pl.String(), ["1 mon 2 days 03:04:05.6", "-1 years"]),
        ("uuid", ["'550e8400-e29b-41d4-a716-446655440000'"], pl.String(), ["550e8400-e29b-41d4-a716-446655440000"]),
        (
            "json",
            ["""'{"b": 1.10, "a": null}'""", "'null'", "NULL"],
            pl.String(),
            ['{"b": 1.10, "a": null}', "null", None],
        ),
        ("jsonb", ["""'{"b":1.10}'"""], pl.String(), ['{"b": 1.10}']),
        ("inet", ["'10.0.0.1/8'"], pl.String(), ["10.0.0.1/8"]),
        ("int[]", ["'{{1,2},{3,4}}'", "'{}'", "'{1,NULL}'"], pl.String(), ["{{1,2},{3,4}}", "{}", "{1,NULL}"]),
        ("float8[]", ["'{0.1,0.30000000000000004}'"], pl.String(), ["{0.1,0.30000000000000004}"]),
        ("text[]", ["""ARRAY['a,b', '"', NULL]"""], pl.String(), ['{"a,b","\\"",NULL}']),
        ("int4range", ["'[1,5)'"], pl.String(), ["[1,5)"]),
        ("bit(3)", ["B'101'"], pl.String(), ["101"]),
        ("money", ["'1.5'"], pl.String(), ["$1.50"]),
        ("point", ["'(0.1,2)'"], pl.String(), ["(0.1,2)"]),
        ("tsvector", ["'a b'"], pl.String(), ["'a' 'b'"]),
        ("xml", ["'<a/>'"], pl.String(), ["<a/>"]),
        ("oid", ["4294967295"], pl.String(), ["4294967295"]),
    ],
)
def test_values_survive(
    shared_database: Database,
    snapshots: Snapshots,
    native: str,
    literals: list[str],
    dtype: pl.DataType,
    expected: list[Any],
) -> None:
    frame = column(shared_database, snapshots, native, literals).read()
    assert frame.schema["c"] == dtype
    if expected is not None:
        assert frame["c"].to_list() == expected


def test_floats_survive(database: Database, snapshots: Snapshots) -> None:
    values = column(
        database, snapshots, "float8", ["'-0'", "'NaN'", "'Infinity'", "5e-324", "1e308", "0.1", "NULL"]
    ).read()["c"]
    assert math.copysign(1, values[0]) == -1
    assert math.isnan(values[1])
    assert values[2:].to_list() == [math.inf, 5e-324, 1e308, 0.1, None]


def test_own_types(database: Database, snapshots: Snapshots) -> None:
    database.run(
        """
        CREATE TYPE mood AS ENUM ('so so', 'fine');
        CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN price AS numeric(8,2);
        CREATE TABLE t (e mood, p pair, d positive, m price, a mood[], g int GENERATED ALWAYS AS (2 * 3) STORED);
        INSERT INTO t VALUES ('so so', ROW(1, 'x,y'), 5, 1.5, '{fine}');
        """
    )
    frame = snapshots.rows(database.url)["t"].read()
    assert frame.rows() == [("so so", '(1,"x,y")', 5, Decimal("1.50"), "{fine}", 6)]


def test_what_is_printed_does_not_depend_on_settings(database: Database, snapshots: Snapshots) -> None:
    database.run(
        f"""
        ALTER DATABASE {database.name} SET timezone = 'Asia/Kathmandu';
        ALTER DATABASE {database.name} SET datestyle = 'German';
        ALTER DATABASE {database.name} SET intervalstyle = 'iso_8601';
        ALTER DATABASE {database.name} SET extra_float_digits = -5;
        ALTER DATABASE {database.name} SET default_transaction_isolation = 'read committed';
        CREATE TABLE t (z timestamptz, d date, i interval, a float8[]);
        INSERT INTO t VALUES ('2024-01-01 12:00+00', 'infinity', '1 day', '{{0.30000000000000004}}');
        """
    )
    frame = snapshots.rows(database.url)["t"].read()
    assert frame.rows() == [(dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC), "infinity", "1 day", "{0.30000000000000004}")]


def test_any_identifier_and_schema(database: Database, snapshots: Snapshots) -> None:
    name = 'Order "Détails" %s'
    long = "é" * 31
    database.run(
        'CREATE TABLE "Order ""Détails"" %s" ("select" int, "a.b" text, "q?:x $1" text, "' + long + '" text);'
        """INSERT INTO "Order ""Détails"" %s" VALUES (1, 'x', 'y', 'z')"""
    )
    assert snapshots.rows(database.url)[name].read().rows(named=True) == [
        {"select": 1, "a.b": "x", "q?:x $1": "y", long: "z"}
    ]


def test_partitions_and_inheritance(database: Database, snapshots: Snapshots) -> None:
    database.run(
        """
        CREATE TABLE p (id int) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        INSERT INTO p VALUES (1), (11);
        CREATE TABLE base (id int); CREATE TABLE heir () INHERITS (base);
        INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2);
        """
    )
    rows = snapshots.rows(database.url)
    assert rows["p"].read()["id"].sort().to_list() == [1, 11]
    assert rows["base"].read()["id"].to_list() == [1]
    assert rows["heir"].read()["id"].to_list() == [2]


def test_empty_tables_and_tables_without_columns(database: Database, snapshots: Snapshots) -> None:
    database.run(
        "CREATE TABLE a (i int, n numeric(5,1)); CREATE TABLE b (i int); INSERT INTO b VALUES (1); CREATE TABLE c ()"
    )
    rows = snapshots.rows(database.url)
    assert rows["a"].read().schema == {"i": pl.Int64, "n": pl.Decimal(5, 1)}
    assert rows["b"].read(part="training").height == 1
    assert rows["c"].rows == 0


def test_all_tables_are_seen_as_of_one_instant(database: Database, snapshots: Snapshots) -> None:
    """Writers move money between two tables while they are read: the sum stays what it was."""
    database.run(
        "CREATE TABLE one (n int); CREATE TABLE two (n int);"
        "INSERT INTO one SELECT 1 FROM generate_series(1, 1000); INSERT INTO two SELECT 1 FROM generate_series(1, 1000)"
    )

    def move(table: str, rows: int) -> None:
        database.run("DELETE FROM two; INSERT INTO one SELECT 1 FROM generate_series(1, 500)")

    rows = snapshots.rows(database.url, progress=move)
    assert (rows["one"].rows, rows["two"].rows) == (1000, 1000)


def test_alter_table_waits_for_the_end_of_the_read(database: Database, snapshots: Snapshots) -> None:
    """The ALTER waits in the queue before any later reader of the table; the snapshot must not wait behind it."""
    database.run(
        "CREATE TABLE one (n int); CREATE TABLE two (n int); INSERT INTO one VALUES (1); INSERT INTO two VALUES (1)"
    )
    altered = threading.Event()

    def alter() -> None:
        database.run("ALTER TABLE two ALTER n TYPE text")
        altered.set()

    thread = threading.Thread(target=alter, daemon=True)

    def start(table: str, rows: int) -> None:
        if table == "one":
            thread.start()
            time.sleep(0.5)
            assert not altered.is_set()

    rows = snapshots.rows(database.url, progress=start)
    thread.join(30)
    assert altered.is_set()
    assert rows["two"].read()["n"].to_list() == [1]


def test_a_changed_or_missing_table_is_refused(database: Database, snapshots: Snapshots) -> None:
    database.run("CREATE TABLE t (a int, b varchar(5)); INSERT INTO t VALUES (1, 'x'); CREATE TABLE tu (a int)")
    catalog = snapshots.catalog(database.url)
    database.run("ALTER TABLE t ALTER b TYPE varchar(6)")
    with pytest.raises(SourceChanged, match="'b'"):
        snapshots.rows(database.url, catalog=catalog)
    database.run("ALTER TABLE t DROP b")
    with pytest.raises(SourceChanged, match="other columns"):
        snapshots.rows(database.url, catalog=catalog)
    database.run("DROP TABLE t")
    with pytest.raises(TableMissing) as refused:
        snapshots.rows(database.url, catalog=catalog)
    assert refused.value.missing == ("t",)
    assert snapshots.store.artifacts("d") == []


def test_missing_rights_and_hidden_rows_are_refused(
    database: Database, snapshots: Snapshots, postgres: PostgresServer
) -> None:
    user = f"reader_{database.name}"
    database.run(
        f"""
        CREATE ROLE {user} LOGIN PASSWORD 'p@ss:/ word';
        CREATE TABLE open (a int); INSERT INTO open VALUES (1);
        CREATE TABLE closed (a int);
        GRANT SELECT ON open TO {user};
        """
    )
    catalog = snapshots.catalog(database.url)
    url = postgres.url(database.name, user=user, password="p@ss:/ word")
    assert snapshots.rows(url, catalog=catalog, tables=["open"])["open"].rows == 1
    with pytest.raises(SourceUnreadable, match="right"):
        snapshots.rows(url, catalog=catalog)
    database.run("ALTER TABLE open ENABLE ROW LEVEL SECURITY")
    with pytest.raises(SourceUnreadable, match="row-level"):
        snapshots.rows(url, catalog=catalog, tables=["open"])
    with pytest.raises(LoginRefused) as refused:
        snapshots.rows(postgres.url(database.name, password="wrong-secret"), catalog=catalog)
    assert "wrong-secret" not in str(refused.value)
    with pytest.raises(DatabaseUnreachable):
        snapshots.rows("postgresql://u:p@127.0.0.1:1/x", catalog=catalog)


def test_the_transaction_cannot_write(database: Database, snapshots: Snapshots) -> None:
    database.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    catalog = snapshots.catalog(database.url)
    with open_postgres(database.url, catalog, ["t"]) as source, pytest.raises(SourceUnreadable, match="25006"):
        source._execute("DELETE FROM t")


def test_an_error_in_the_middle_names_no_value(database: Database, snapshots: Snapshots) -> None:
    database.run("CREATE TABLE t (a text); INSERT INTO t VALUES ('Hopper')")
    victim = threading.Event()

    def kill(table: str, rows: int) -> None:
        with database.server.connect("postgres") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database.name,)
            )
        victim.set()

    database.run("CREATE TABLE u (a text); INSERT INTO u SELECT 'Hopper' FROM generate_series(1, 1000)")
    catalog = snapshots.catalog(database.url)
    with pytest.raises(SourceUnreadable) as refused:
        snapshots.rows(database.url, catalog=catalog, progress=kill)
    assert victim.is_set()
    assert refused.value.__cause__ is None
    assert "Hopper" not in str(refused.value)
    assert snapshots.store.artifacts("d") == []


def test_the_fingerprint_of_an_unchanged_source_stays(database: Database, snapshots: Snapshots) -> None:
    database.run("CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 150000) i")
    first, again = (snapshots.artifacts(database.url)["t"] for _ in range(2))
    assert first.fingerprint == again.fingerprint
    database.run("UPDATE t SET md5 = 'x' WHERE i = 77777")
    assert snapshots.artifacts(database.url)["t"].fingerprint != first.fingerprint
