"""What becomes of types and defaults in a target of another dialect."""

import pytest

from synth_assets.catalog.model import DataType, Kind
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.types import target_type


def typed(kind: Kind, **facts: object) -> DataType:
    return DataType.model_validate({"kind": kind, "native": "as it was", **facts})


@pytest.mark.parametrize(
    ("data_type", "source", "target", "expected"),
    [
        (typed(Kind.OTHER), "postgresql", "postgresql", "as it was"),
        (typed(Kind.INTEGER, bits=32), "sqlite", "postgresql", "bigint"),
        (typed(Kind.INTEGER, bits=32), "duckdb", "postgresql", "integer"),
        (typed(Kind.INTEGER, bits=8), "duckdb", "postgresql", "smallint"),
        (typed(Kind.INTEGER, bits=32, unsigned=True), "duckdb", "postgresql", "bigint"),
        (typed(Kind.INTEGER, bits=64, unsigned=True), "duckdb", "postgresql", "numeric(20,0)"),
        (typed(Kind.DECIMAL, precision=9, scale=2), "duckdb", "postgresql", "numeric(9,2)"),
        (typed(Kind.DECIMAL, precision=9, scale=2), "sqlite", "postgresql", "numeric"),
        (typed(Kind.FLOAT, bits=32), "duckdb", "postgresql", "real"),
        (typed(Kind.TEXT, length=5), "mysql", "postgresql", "varchar(5)"),
        (typed(Kind.TEXT, length=5), "sqlite", "postgresql", "text"),
        (typed(Kind.DATETIME, timezone=True), "duckdb", "postgresql", "timestamptz"),
        (typed(Kind.ARRAY), "duckdb", "postgresql", None),
        (typed(Kind.ARRAY), "postgresql", "sqlite", "TEXT"),
        (typed(Kind.DECIMAL, precision=9, scale=2), "postgresql", "sqlite", "NUMERIC(9,2)"),
        # Declared as JSON a column would turn the text 1.10 into a number.
        (typed(Kind.JSON), "postgresql", "sqlite", "TEXT"),
        (typed(Kind.TEXT, length=5), "postgresql", "sqlite", "VARCHAR(5)"),
    ],
)
def test_the_stated_table(data_type: DataType, source: str, target: str, expected: str | None) -> None:
    assert target_type(data_type, source=source, target=target) == expected


@pytest.mark.parametrize(
    ("expression", "kind", "dialect", "expected"),
    [
        ("'it''s'::character varying", Kind.TEXT, "sqlite", "'it''s'"),
        ("'x'::character varying(20)", Kind.TEXT, "sqlite", "'x'"),
        ("((-1.5))", Kind.DECIMAL, "postgresql", "-1.5"),
        ("('a') || ('b')", Kind.TEXT, "postgresql", None),
        ("now()", Kind.DATETIME, "sqlite", "CURRENT_TIMESTAMP"),
        ("datetime('now')", Kind.DATETIME, "postgresql", "CURRENT_TIMESTAMP"),
        ("1", Kind.BOOLEAN, "postgresql", "TRUE"),
        ("false", Kind.BOOLEAN, "sqlite", "0"),
        ("gen_random_uuid()", Kind.UUID, "sqlite", None),
        ("'a\\b'", Kind.TEXT, "postgresql", None),
    ],
)
def test_defaults_that_mean_the_same(expression: str, kind: Kind, dialect: str, expected: str | None) -> None:
    assert portable_default(expression, typed(kind), has_booleans=dialect == "postgresql") == expected


@pytest.mark.parametrize(
    ("data_type", "source", "expected"),
    [
        (typed(Kind.OTHER), "mariadb", "as it was"),
        (typed(Kind.UUID), "postgresql", "uuid"),
        (typed(Kind.INTEGER, bits=16), "postgresql", "smallint"),
        (typed(Kind.INTEGER, bits=64, unsigned=True), "duckdb", "bigint unsigned"),
        (typed(Kind.INTEGER, bits=32), "sqlite", "bigint"),
        (typed(Kind.DECIMAL, precision=9, scale=2), "postgresql", "decimal(9,2)"),
        (typed(Kind.DECIMAL), "postgresql", "decimal(65,30)"),
        (typed(Kind.TEXT, length=5), "postgresql", "varchar(5)"),
        (typed(Kind.TEXT, length=5), "sqlite", "longtext"),
        (typed(Kind.ENUM, labels=("a", "it's \\")), "postgresql", "enum('a', 'it''s \\\\')"),
        (typed(Kind.DATETIME, timezone=True), "postgresql", "datetime(6)"),
        (typed(Kind.ARRAY), "postgresql", "longtext"),
    ],
)
def test_the_stated_table_into_mariadb(data_type: DataType, source: str, expected: str) -> None:
    assert target_type(data_type, source=source, target="mariadb") == expected


@pytest.mark.parametrize("native", ["uuid", "uuid INVISIBLE"])
def test_mysql_has_no_uuid(native: str) -> None:
    uuid = DataType(kind=Kind.UUID, native=native)
    assert target_type(uuid, source="mariadb", target="mysql") == "char(36)"


def test_mariadb_binds_no_column_to_a_system_of_coordinates() -> None:
    shape = DataType(kind=Kind.OTHER, native="point SRID 4326 INVISIBLE")
    assert target_type(shape, source="mysql", target="mariadb") == "point INVISIBLE"
    assert target_type(shape, source="mysql", target="mysql") == shape.native


@pytest.mark.parametrize(
    ("data_type", "source", "expected"),
    [
        (typed(Kind.OTHER), "duckdb", "as it was"),
        (typed(Kind.INTEGER, bits=16), "postgresql", "SMALLINT"),
        (typed(Kind.INTEGER, bits=64, unsigned=True), "mariadb", "UBIGINT"),
        (typed(Kind.INTEGER, bits=16), "sqlite", "BIGINT"),
        (typed(Kind.DECIMAL, precision=9, scale=2), "postgresql", "DECIMAL(9,2)"),
        # Their digits are those of the rows.
        (typed(Kind.DECIMAL), "postgresql", None),
        (typed(Kind.DECIMAL, precision=65, scale=30), "mariadb", None),
        (typed(Kind.DECIMAL, precision=9, scale=2), "sqlite", None),
        (typed(Kind.FLOAT, bits=32), "postgresql", "FLOAT"),
        (typed(Kind.FLOAT, bits=32), "sqlite", "DOUBLE"),
        (typed(Kind.TEXT, length=5), "postgresql", "VARCHAR"),
        (typed(Kind.ENUM, labels=("a", "it's")), "postgresql", "ENUM('a', 'it''s')"),
        (typed(Kind.TIME, timezone=True), "postgresql", "TIME WITH TIME ZONE"),
        (typed(Kind.DATETIME, timezone=True), "postgresql", "TIMESTAMP WITH TIME ZONE"),
        (typed(Kind.DATETIME), "mariadb", "TIMESTAMP"),
        (typed(Kind.ARRAY), "postgresql", "VARCHAR"),
    ],
)
def test_the_stated_table_into_duckdb(data_type: DataType, source: str, expected: str | None) -> None:
    assert target_type(data_type, source=source, target="duckdb") == expected
