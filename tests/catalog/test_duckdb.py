from pathlib import Path

import duckdb
import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.duckdb import data_type
from synth_assets.catalog.errors import NamespaceMissing
from synth_assets.catalog.model import Catalog, Check, DataType, ForeignKey, Index, Key, Kind
from synth_assets.catalog.reflect import reflect

SCRIPT = """
CREATE SEQUENCE s;
CREATE TYPE mood AS ENUM ('a', 'b''c');
CREATE TABLE "Par ent" (
  id INTEGER PRIMARY KEY DEFAULT nextval('s'), code VARCHAR(20) UNIQUE NOT NULL, "q""x (y" INTEGER, "ü%" TEXT,
  UNIQUE (id, code), CHECK ((id > 0) AND code <> 'a)b')
);
CREATE TABLE child (
  a INTEGER, b VARCHAR, self INTEGER REFERENCES child (other), other INTEGER UNIQUE,
  m mood DEFAULT 'a', g INTEGER GENERATED ALWAYS AS (a + 1), area DECIMAL(14, 4) GENERATED ALWAYS AS (a * 1.5),
  n BIGINT DEFAULT nextval('s'),
  FOREIGN KEY (a, b) REFERENCES "Par ent" (id, code)
);
COMMENT ON TABLE child IS 'it''s';
COMMENT ON COLUMN child.a IS '100%';
CREATE UNIQUE INDEX plain ON "Par ent" ("q""x (y", "ü%");
CREATE INDEX expression ON "Par ent" ((id + 1));
CREATE VIEW seen AS SELECT 1 AS x;
CREATE TEMP TABLE passing (x INTEGER);
CREATE TABLE synth_assets_ledger (x INTEGER);
CREATE SCHEMA other;
CREATE TABLE other.there (x INTEGER);
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("duckdb") / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCRIPT)
    return f"duckdb:///{path}"


@pytest.fixture(scope="module")
def catalog(url: str) -> Catalog:
    return reflect(open_engine(url))


def test_tables(catalog: Catalog) -> None:
    assert (catalog.dialect, catalog.namespace) == ("duckdb", "main")
    assert catalog.table_names == ("Par ent", "child")
    assert catalog.table("child").comment == "it's"
    assert catalog.table("child").column("a").comment == "100%"


def test_keys_and_checks(catalog: Catalog) -> None:
    parent, child = catalog.table("Par ent"), catalog.table("child")
    assert parent.primary_key == Key(name="Par ent_id_pkey", columns=("id",))
    assert [key.columns for key in parent.unique_keys] == [("code",), ("id", "code")]
    assert parent.checks == (Check(name="Par ent_id_code_check", expression="((id > 0) AND (code != 'a)b'))"),)
    assert [(key.columns, key.parent, key.parent_columns) for key in child.foreign_keys] == [
        (("self",), "child", ("other",)),
        (("a", "b"), "Par ent", ("id", "code")),
    ]
    assert all(isinstance(key, ForeignKey) and key.name for key in child.foreign_keys)


def test_columns(catalog: Catalog) -> None:
    parent, child = catalog.table("Par ent"), catalog.table("child")
    assert parent.column_names == ("id", "code", 'q"x (y', "ü%")
    assert [column.nullable for column in parent.columns] == [False, False, True, True]
    assert (parent.column("id").identity, parent.column("id").default) == ("by default", None)
    # A column that may be null cannot be an identity column.
    assert (child.column("n").identity, child.column("n").default) == (None, "nextval('s')")
    assert child.column("m").type.labels == ("a", "b'c")
    assert child.column("m").default == "'a'"
    assert child.column("g").generated == "(a + 1)"
    assert not child.column("g").generated_stored
    # DuckDB spells the cast to DECIMAL(14,4) otherwise than the type; each copy would be cast once more.
    assert child.column("area").generated == "(a * 1.5)"


def test_indexes(catalog: Catalog) -> None:
    assert catalog.table("Par ent").indexes == (
        Index(name="expression", columns=(), definition='CREATE INDEX expression ON "Par ent"(((id + 1)))'),
        Index(
            name="plain",
            columns=('q"x (y', "ü%"),
            unique=True,
            definition='CREATE UNIQUE INDEX plain ON "Par ent"("q""x (y", "ü%")',
        ),
    )


def test_schemas(url: str) -> None:
    assert reflect(open_engine(url), namespace="other").table_names == ("there",)
    with pytest.raises(NamespaceMissing):
        reflect(open_engine(url), namespace="gone")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("TINYINT", DataType(kind=Kind.INTEGER, native="TINYINT", bits=8)),
        ("UBIGINT", DataType(kind=Kind.INTEGER, native="UBIGINT", bits=64, unsigned=True)),
        ("HUGEINT", DataType(kind=Kind.DECIMAL, native="HUGEINT", precision=39, scale=0)),
        ("DECIMAL(10,2)", DataType(kind=Kind.DECIMAL, native="DECIMAL(10,2)", precision=10, scale=2)),
        ("REAL", DataType(kind=Kind.FLOAT, native="FLOAT", bits=32)),
        ("DOUBLE", DataType(kind=Kind.FLOAT, native="DOUBLE", bits=64)),
        ("BOOLEAN", DataType(kind=Kind.BOOLEAN, native="BOOLEAN")),
        ("CHAR(3)", DataType(kind=Kind.TEXT, native="VARCHAR")),
        ("UUID", DataType(kind=Kind.UUID, native="UUID")),
        ("JSON", DataType(kind=Kind.JSON, native="JSON")),
        ("TIMETZ", DataType(kind=Kind.TIME, native="TIME WITH TIME ZONE", timezone=True)),
        ("TIMESTAMPTZ", DataType(kind=Kind.DATETIME, native="TIMESTAMP WITH TIME ZONE", timezone=True)),
        ("TIMESTAMP_NS", DataType(kind=Kind.DATETIME, native="TIMESTAMP_NS")),
        ("DATE", DataType(kind=Kind.DATE, native="DATE")),
        ("INTERVAL", DataType(kind=Kind.INTERVAL, native="INTERVAL")),
        ("BLOB", DataType(kind=Kind.BINARY, native="BLOB")),
        ("BIT", DataType(kind=Kind.OTHER, native="BIT")),
        ("STRUCT(a INT)", DataType(kind=Kind.OTHER, native="STRUCT(a INTEGER)")),
        (
            "DECIMAL(5,1)[3][]",
            DataType(
                kind=Kind.ARRAY,
                native="DECIMAL(5,1)[3][]",
                element=DataType(
                    kind=Kind.ARRAY,
                    native="DECIMAL(5,1)[3]",
                    element=DataType(kind=Kind.DECIMAL, native="DECIMAL(5,1)", precision=5, scale=1),
                ),
            ),
        ),
    ],
)
def test_type(declared: str, expected: DataType) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t (x {declared})")
        native = connection.execute("SELECT data_type FROM duckdb_columns() WHERE table_name = 't'").fetchall()[0][0]
    assert data_type(native) == expected


def test_empty_database(tmp_path: Path) -> None:
    engine = open_engine(f"duckdb:///{tmp_path / 'new.duckdb'}", create=True)
    assert reflect(engine).tables == ()
