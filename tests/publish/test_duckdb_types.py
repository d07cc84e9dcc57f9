"""Types of DuckDB out of one file and into another, compared value by value, and to and from other families."""

from collections.abc import Callable
from pathlib import Path

import pytest

from synth_assets.catalog.drift import compare
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import PreflightFailed
from tests.extract.snapshots import Snapshots
from tests.publish.duckdb_shop import rows_of, run_in
from tests.publish.parts import Dataset, settings
from tests.publish.postgres_shop import rows_of as rows_of_postgres
from tests.publish.postgres_shop import run_in as run_in_postgres
from tests.servers import PostgresServer

# Of each type the literals of some values.
TYPES: dict[str, tuple[str, ...]] = {
    "TINYINT": ("-128", "127"),
    "UTINYINT": ("255",),
    "SMALLINT": ("-32768",),
    "USMALLINT": ("65535",),
    "INTEGER": ("-2147483648",),
    "UINTEGER": ("4294967295",),
    "BIGINT": ("-9223372036854775808", "9223372036854775807"),
    "UBIGINT": ("18446744073709551615",),
    "HUGEINT": ("-170141183460469231731687303715884105728", "1"),
    "UHUGEINT": ("340282366920938463463374607431768211455",),
    "BIGNUM": ("123456789012345678901234567890123456789012345678901234567890",),
    "DECIMAL(10,2)": ("-12345678.90", "0"),
    "DECIMAL(38,37)": ("9.9999999999999999999999999999999999999",),
    "FLOAT": ("'-0'", "'nan'", "'inf'", "1e-45", "0.1"),
    "DOUBLE": ("'-0'", "'nan'", "'-inf'", "5e-324", "0.1"),
    "BOOLEAN": ("true", "false"),
    "VARCHAR": ("''", "'NULL'", "'a\r\nb'", "'😀'", "chr(0)", "' pad '"),
    "BLOB": (r"'\x00\xFF'::BLOB", "''::BLOB"),
    "BIT": ("'0101'", "'1'"),
    "UUID": ("'550e8400-e29b-41d4-a716-446655440000'",),
    "JSON": ("""'{"b": 1.10,  "a": null}'""", "'null'"),
    "DATE": ("'infinity'", "'0044-03-15 (BC)'", "'12000-01-01'", "'2024-02-29'"),
    "TIME": ("'00:00:00'", "'24:00:00'", "'23:59:59.999999'"),
    "TIME_NS": ("'23:59:59.999999999'",),
    "TIME WITH TIME ZONE": ("'01:02:03.000004+05:30'",),
    "TIMESTAMP": ("'infinity'", "'0044-03-15 (BC) 01:02:03'", "'2024-02-29 01:02:03.000004'"),
    "TIMESTAMP_S": ("'2024-02-29 01:02:03'",),
    "TIMESTAMP_MS": ("'2024-02-29 01:02:03.004'",),
    "TIMESTAMP_NS": ("'2024-02-29 01:02:03.123456789'",),
    "TIMESTAMP WITH TIME ZONE": ("'-infinity'", "'2024-03-31 02:30:00.123456+02'", "'10000-01-01 00:00:00+00'"),
    "INTERVAL": ("'-1 year 2 months -3 days 04:05:06.000007'", "'1 month -03:00:00'"),
    "ENUM('so so', 'it''s')": ("'it''s'",),
    "INTEGER[]": ("[1, NULL]", "[]"),
    "VARCHAR[]": ("['', NULL, 'NULL', 'a,b', '\"q\"', 'it''s', ' pad ', 'back\\slash', '[x]']",),
    "DOUBLE[3]": ("[0.1, 'nan', 1e300]",),
    "INTEGER[][]": ("[[1], NULL, []]",),
    'STRUCT(a INTEGER, "b c" VARCHAR[])': ("{'a': 1, 'b c': ['x, y: {z}']}", "{'a': NULL, 'b c': NULL}"),
    "MAP(VARCHAR, INTEGER)": ("MAP {'k=1, x': 1}",),
}


def zoo() -> str:
    """One table with a column a type, and one row more than any type has literals."""
    columns = ", ".join(f"c{number} {native}" for number, native in enumerate(TYPES))
    lines = []
    for row in range(max(map(len, TYPES.values())) + 1):
        cells = [literals[row] if row < len(literals) else "NULL" for literals in TYPES.values()]
        lines.append(f"({row}, {', '.join(cells)})")
    return f"CREATE TABLE zoo (id INTEGER PRIMARY KEY, {columns}); INSERT INTO zoo VALUES " + ", ".join(lines)


Copy = Callable[[str, str], Dataset]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., str]:
    """A function that makes a DuckDB file."""

    def run(name: str, script: str = "") -> str:
        url = f"duckdb:///{tmp_path}/{name}.duckdb"
        if script:
            run_in(url, script)
        else:
            authorize("staging", settings(), url, {})
        return url

    return run


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A function that publishes a source's tables as they are."""
    snapshots = Snapshots(tmp_path)

    def run(source: str, target: str) -> Dataset:
        catalog = snapshots.catalog(source)
        tables = snapshots.rows(source, catalog=catalog, hold_out=0.0, copied=list(catalog.table_names))
        made = Dataset(catalog, tables, snapshots.store)
        made.judge()
        made.publish(target)
        return made

    return run


def test_every_type_comes_through_unchanged(make: Callable[..., str], copy: Copy, tmp_path: Path) -> None:
    source, target = make("source", zoo()), make("staging")
    catalog = copy(source, target).catalog
    assert compare(catalog, Snapshots(tmp_path).catalog(target)).changes == ()
    for number, native in enumerate(TYPES):
        # Printed, as equal is not the same: -0.0 equals 0.0.
        asked = f"SELECT id, c{number}::VARCHAR FROM zoo ORDER BY id"
        assert rows_of(target, asked) == rows_of(source, asked), native


@pytest.mark.parametrize("native", ["UNION(n INTEGER, s VARCHAR)", "UNION(n INTEGER)[]", "VARIANT"])
def test_types_whose_text_does_not_say_which_value_it_was_are_refused(
    make: Callable[..., str], copy: Copy, native: str
) -> None:
    source = make("source", f"CREATE TABLE t (id INTEGER, c {native}); INSERT INTO t VALUES (1, NULL)")
    with pytest.raises(PreflightFailed, match=r"t\.c: values of its type"):
        copy(source, make("staging"))


def test_from_postgres(postgres: PostgresServer, make: Callable[..., str], copy: Copy) -> None:
    source = postgres.create_database()
    run_in_postgres(
        source,
        """
        CREATE TYPE mood AS ENUM ('so so', 'it''s ok');
        CREATE TABLE t (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, small smallint, n numeric(10,2), free numeric, r real,
          b boolean DEFAULT true, s varchar(9) DEFAULT 'x'::varchar, y bytea, u uuid, j json, m mood, d date, at time,
          z timetz, t timestamp DEFAULT now(), tz timestamptz, i interval, a text[], ip inet, v int4range,
          CONSTRAINT listed CHECK (s = ANY (ARRAY['x'::text, 'y'])), CHECK (s ~ '^[x-z]'));
        INSERT INTO t (small, n, free, r, s, y, u, j, m, d, at, z, t, tz, i, a, ip, v) VALUES
          (-1, 1.10, 1.50, 0.1, 'x', '\\x00ff', '550e8400-e29b-41d4-a716-446655440000', '{"a":  1.10}', 'it''s ok',
           '0044-03-15 BC', '24:00', '01:02:03+02', 'infinity', '0044-03-15 01:02:03+00 BC', '1 mon -2 days 03:04:05.6',
           '{"a,b",NULL}', '10.0.0.1/8', '[1,5)'),
          (NULL, NULL, 0.125, 'NaN', 'y', NULL, NULL, NULL, NULL, 'infinity', NULL, NULL, NULL, '-infinity',
           '-1 year +3 days', NULL, NULL, 'empty');
        """,
    )
    target = make("staging")
    copy(source, target)
    assert rows_of(target, "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 't'") == [
        ("id", "BIGINT"),
        ("small", "SMALLINT"),
        ("n", "DECIMAL(10,2)"),
        ("free", "DECIMAL(38,3)"),
        ("r", "FLOAT"),
        ("b", "BOOLEAN"),
        ("s", "VARCHAR"),
        ("y", "BLOB"),
        ("u", "UUID"),
        ("j", "JSON"),
        ("m", "ENUM('so so', 'it''s ok')"),
        ("d", "DATE"),
        ("at", "TIME"),
        ("z", "TIME WITH TIME ZONE"),
        ("t", "TIMESTAMP"),
        ("tz", "TIMESTAMP WITH TIME ZONE"),
        ("i", "INTERVAL"),
        ("a", "VARCHAR"),
        ("ip", "VARCHAR"),
        ("v", "VARCHAR"),
    ]
    printed = "COLUMNS(* EXCLUDE (id, b))::VARCHAR"
    first, second = rows_of(target, f"SELECT {printed} FROM t ORDER BY id")
    assert first == (
        *("-1", "1.10", "1.500", "0.1", "x", "\\x00\\xFF", "550e8400-e29b-41d4-a716-446655440000", '{"a":  1.10}'),
        *("it's ok", "0044-03-15 (BC)", "24:00:00", "01:02:03+02", "infinity", "0044-03-15 (BC) 01:02:03+00"),
        *("1 month -2 days 03:04:05.6", '{"a,b",NULL}', "10.0.0.1/8", "[1,5)"),
    )
    assert (second[2:4], second[9], second[13:15], second[17]) == (
        ("0.125", "nan"),
        "infinity",
        ("-infinity", "-1 year 3 days"),
        "empty",
    )
    checks = rows_of(target, "SELECT expression FROM duckdb_constraints() WHERE constraint_type = 'CHECK'")
    assert len(checks) == 2
    run_in(target, "INSERT INTO t (s) VALUES ('y')")
    assert rows_of(target, "SELECT id, b FROM t WHERE s = 'y' ORDER BY id") == [(2, True), (3, True)]


def test_to_postgres(postgres: PostgresServer, make: Callable[..., str], copy: Copy) -> None:
    into = ["HUGEINT", "UHUGEINT", "UBIGINT", "DECIMAL(10,2)", "DOUBLE", "BLOB", "UUID", "JSON", "INTERVAL", "TIMETZ"]
    into += ["TIMESTAMP", "TIMESTAMPTZ", "ENUM('a', 'b')", "BOOLEAN", "DATE"]
    values = ["-170141183460469231731687303715884105728", "340282366920938463463374607431768211455"]
    values += ["18446744073709551615", "1.10", "0.1", r"'\x00\xFF'::BLOB", "'550e8400-e29b-41d4-a716-446655440000'"]
    values += ["""'{"a": 1}'""", "'-10 months -3 days 04:05:06'", "'01:02:03+05:30'", "'2024-02-29 01:02:03.000004'"]
    values += ["'2024-03-31 02:30:00+02'", "'b'", "true", "'2024-02-29'"]
    columns = ", ".join(f"c{number} {native}" for number, native in enumerate(into))
    source = make("source", f"CREATE TABLE t ({columns}); INSERT INTO t VALUES ({', '.join(values)})")
    target = postgres.create_database()
    authorize("staging", settings(), target, {})
    copy(source, target)
    asked = "SELECT " + ", ".join(f"c{number}::text" for number in range(len(into))) + " FROM t"
    run_in_postgres(target, "ALTER DATABASE " + target.rpartition("/")[2].partition("?")[0] + " SET timezone TO 'UTC'")
    assert rows_of_postgres(target, asked) == [
        (
            *("-170141183460469231731687303715884105728", "340282366920938463463374607431768211455"),
            *("18446744073709551615", "1.10", "0.1", "\\x00ff", "550e8400-e29b-41d4-a716-446655440000", '{"a": 1}'),
            *("-10 mons -3 days +04:05:06", "01:02:03+05:30", "2024-02-29 01:02:03.000004"),
            *("2024-03-31 00:30:00+00", "b", "true", "2024-02-29"),
        )
    ]
    for native in ("INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "BIT"):
        nested = make(f"nested{len(native)}", f"CREATE TABLE t (c {native}); INSERT INTO t VALUES (NULL)")
        with pytest.raises(PreflightFailed, match=r"t\.c: its type .* has no counterpart in PostgreSQL"):
            copy(nested, target)


def test_from_sqlite(sqlite_database: Callable[..., str], make: Callable[..., str], copy: Copy) -> None:
    source = sqlite_database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n DECIMAL(6,2), free NUMERIC, b BOOLEAN, d DATE, odd DATE, x BLOB);"
        "INSERT INTO t VALUES (1, 1.25, 0.1, 1, '2024-02-29', 'soon', x'00ff'), (2, 12345678.5, 7, 0, NULL, '', NULL)"
    )
    target = make("staging")
    made = copy(source, target)
    assert rows_of(target, "SELECT * EXCLUDE (d), d::VARCHAR FROM t ORDER BY id") == [
        (1, 1.25, 0.1, True, "soon", b"\x00\xff", "2024-02-29"),
        (2, 12345678.5, 7.0, False, "", None, None),
    ]
    assert made.catalog.dialect == "sqlite"
