"""Every type of PostgreSQL out of one database and into another, compared value by value by the servers themselves."""

from pathlib import Path

from synth_assets.catalog.drift import compare
from tests.extract.snapshots import Snapshots
from tests.publish.parts import Dataset
from tests.publish.postgres_shop import own_schemas, rows_of, run_in
from tests.servers import PostgresServer

EXTENSIONS = "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION cube"
OWN_TYPES = """
CREATE TYPE mood AS ENUM ('so so', 'it''s ok', 'a,b');
CREATE DOMAIN share AS numeric(5,4) CHECK (VALUE BETWEEN 0 AND 1);
CREATE DOMAIN half AS share CHECK (VALUE <= 0.5);
CREATE DOMAIN feeling AS mood;
CREATE TYPE place AS (street text COLLATE "C", at point, feeling feeling);
CREATE TYPE "Two Places" AS (first place, "second ""one"" %" place[]);
"""
# Of each type the literals of single values; every type is tried as an array of them, too.
TYPES: dict[str, tuple[str, ...]] = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "numeric": ("1.10", "1.1", "NaN", "-Infinity", "1e60", "0.000000000000000000000000000000000000001", "-0.00"),
    "numeric(10,2)": ("-12345678.90", "0"),
    "numeric(65,30)": ("12345678901234567890123456789012345.678901234567890123456789012345", "1.5"),
    "numeric(4,-2)": ("12300", "-500"),
    "real": ("-0", "NaN", "Infinity", "1e-45", "3.4028235e38", "0.1"),
    "double precision": ("-0", "NaN", "-Infinity", "5e-324", "1.7976931348623157e308", "0.1"),
    "money": ("-92233720368547758.08", "12.30"),
    "boolean": ("true", "false"),
    "text": ("", "NULL", "\\.", "\\N", "a\r\nb", "😀", "'", '"', ",;\t", " pad "),
    "character varying(12)": ("", "  x  ", "%s %% $1"),
    "character(5)": ("ab", "", "abcde"),
    '"char"': ("x", ""),
    "name": ("a name", ""),
    "citext": ("MiXed", ""),
    "bytea": ("\\x", "\\x00ff5c2e0a", "\\x5c78"),
    "uuid": ("550e8400-e29b-41d4-a716-446655440000",),
    "json": ('{"b": 1.10,  "a": null, "a": 2}', "null", '"\\u00e9"'),
    "jsonb": ('{"b": 1.10, "a": [null, 1e400]}', "null", '"x"'),
    "jsonpath": ("$.a[*] ? (@ > 1)",),
    "hstore": ('a=>1, "b c"=>NULL, d=>""', ""),
    "ltree": ("Top.Science",),
    "cube": ("(1,2),(3,4.5)",),
    "xml": ("<a b='c'>x</a>",),
    "date": ("infinity", "-infinity", "0044-03-15 BC", "12000-01-01", "2024-02-29", "0001-01-01"),
    "time": ("00:00", "24:00", "23:59:59.999999"),
    "time(0)": ("12:34:56",),
    "timetz": ("01:02:03.000004+02", "24:00-15:59", "00:00+05:45"),
    "timestamp": ("infinity", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999", "2024-01-01 24:00"),
    "timestamptz": ("-infinity", "0001-12-31 23:59+00 BC", "2024-03-31 02:30+02", "10000-01-01 00:00+00"),
    "timestamptz(3)": ("2024-03-31 02:30:00.123+02",),
    "interval": ("1 mon 2 days 03:04:05.6", "-1 year", "178000000 years", "00:00", "1 mon", "30 days", "-00:00:01"),
    "interval day to second(3)": ("2 days 03:04:05.678",),
    "inet": ("10.0.0.1/8", "::1", "192.168.0.1"),
    "cidr": ("10.0.0.0/8", "2001:db8::/32"),
    "macaddr": ("08:00:2b:01:02:03",),
    "macaddr8": ("08:00:2b:01:02:03:04:05",),
    "bit(3)": ("101",),
    "bit varying(8)": ("", "1", "10101010"),
    "point": ("(0.1,-2)", "(NaN,Infinity)"),
    "line": ("{1,-1,0.5}",),
    "lseg": ("[(0,0),(1,0.1)]",),
    "box": ("(1,1),(0,0)",),
    "path": ("[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"),
    "polygon": ("((0,0),(1,1),(2,0))",),
    "circle": ("<(0,0),1.5>",),
    "tsvector": ("'a':1A 'b c':2,3",),
    "tsquery": ("'a' & !'b' <-> 'c'",),
    "int4range": ("[1,5)", "empty", "(,)"),
    "int8range": ("[1,)",),
    "numrange": ("[1.10,2.0]",),
    "daterange": ("[2024-01-01,infinity)",),
    "tsrange": ("[2024-01-01 00:00,2024-01-02 12:00:00.000001)",),
    "tstzrange": ("[2024-01-01 00:00+00,)",),
    "int4multirange": ("{[1,2),[5,7)}", "{}"),
    "nummultirange": ("{[1.5,2.5]}",),
    "datemultirange": ("{[2024-01-01,2024-02-01)}",),
    "tstzmultirange": ("{[2024-01-01 00:00+00,2024-01-02 00:00+00)}",),
    "oid": ("4294967295",),
    "pg_lsn": ("16/B374D848",),
    "regclass": ("pg_class",),
    "txid_snapshot": ("10:20:10,14,15",),
    "mood": ("so so", "it's ok", "a,b"),
    "share": ("0.5", "1"),
    "half": ("0.25",),
    "feeling": ("a,b",),
    "place": ('("Main ""Street"", 1",,"it\'s ok")', "(,,)"),
    '"Two Places"': ('("(x,\\"(1,2)\\",)","{""(y,,)"",NULL}")',),
}


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def zoo() -> str:
    """One table with two columns a type, single values and arrays, and a few rows more than any type has literals."""
    columns, rows = [], max(map(len, TYPES.values())) + 2
    cells: list[list[str]] = [[str(row)] for row in range(rows)]
    for number, (native, texts) in enumerate(TYPES.items()):
        columns.append(f"c{number} {native}, a{number} {native}[]")
        values = [f"{literal(text)}::{native}" for text in texts]
        arrays = [
            f"ARRAY[{', '.join(values)}, NULL]::{native}[]",
            f"ARRAY[[{values[0]}, {values[-1]}], [NULL, {values[0]}]]::{native}[]",
            f"'[-1:0]={{NULL{';' if native == 'box' else ','}NULL}}'::{native}[]",
            "'{}'",
        ]
        for row in range(rows):
            cells[row].append(values[row] if row < len(values) else "NULL")
            cells[row].append(arrays[row] if row < len(arrays) else "NULL")
    lines = ", ".join(f"({', '.join(row)})" for row in cells)
    return f"CREATE TABLE zoo (id int PRIMARY KEY, {', '.join(columns)}); INSERT INTO zoo VALUES {lines}"


def test_every_type_and_arrays_of_it_come_through_unchanged(
    postgres: PostgresServer, target: str, tmp_path: Path
) -> None:
    assert len(TYPES) >= 45
    source = postgres.create_database()
    for url in (source, target):
        run_in(url, EXTENSIONS)
    run_in(source, OWN_TYPES + zoo())
    snapshots = Snapshots(tmp_path)
    catalog = snapshots.catalog(source)
    for refresh in ("r1", "r2", "r3"):
        tables = snapshots.rows(source, catalog=catalog, refresh=refresh, hold_out=0.0, copied=["zoo"])
        made = Dataset(catalog, tables, snapshots.store, refresh=refresh)
        made.judge()
        made.publish(target)
    assert compare(catalog, snapshots.catalog(target)).changes == ()
    for number, native in enumerate(TYPES):
        for column in (f"c{number}", f"a{number}"):
            # Printed, as equal is not the same: -0.0 equals 0.0, and 1.10 equals 1.1.
            asked = f"SELECT id, {column}::text FROM zoo ORDER BY id"
            assert rows_of(target, asked) == rows_of(source, asked), (native, column)
    assert own_schemas(target) == ["previous"]
