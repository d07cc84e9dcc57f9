import pytest

from synth_assets.catalog.model import Kind
from synth_assets.catalog.sqlite_types import data_type


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("INTEGER", Kind.INTEGER),
        ("bigint", Kind.INTEGER),
        ("UNSIGNED BIG INT", Kind.INTEGER),
        ("REAL", Kind.FLOAT),
        ("DOUBLE PRECISION", Kind.FLOAT),
        ("MONEY", Kind.FLOAT),
        ("BOOLEAN", Kind.BOOLEAN),
        ("BIT", Kind.BOOLEAN),
        ("BIT(1)", Kind.BOOLEAN),
        ("BIT(8)", Kind.BINARY),
        ("DATE", Kind.DATE),
        ("TIME", Kind.TIME),
        ("DATETIME", Kind.DATETIME),
        ("TIMESTAMP", Kind.DATETIME),
        ("JSON", Kind.JSON),
        ("UNIQUEIDENTIFIER", Kind.UUID),
        ("IMAGE", Kind.BINARY),
        ("LONG TEXT", Kind.TEXT),
        ("CLOB", Kind.TEXT),
        ("MEDIUMBLOB2", Kind.BINARY),
        ("FLOATING", Kind.FLOAT),
        ("WHATEVER", Kind.DECIMAL),
        ("", Kind.OTHER),
        ("ANY", Kind.OTHER),
        ("odd (type", Kind.DECIMAL),
    ],
)
def test_kind(declared: str, kind: Kind) -> None:
    found = data_type(declared)
    assert found.kind is kind
    assert found.native == declared


def test_facts() -> None:
    assert data_type("NVARCHAR(120)").length == 120
    assert data_type("character varying ( 255 )").length == 255
    assert data_type("VARBINARY(16)").length == 16
    price = data_type("NUMERIC(10, 2)")
    assert (price.kind, price.precision, price.scale, price.length) == (Kind.DECIMAL, 10, 2, None)
    assert (data_type("DECIMAL(8)").precision, data_type("DECIMAL(8)").scale) == (8, 0)
    assert (data_type("NUMERIC").precision, data_type("NUMERIC").scale) == (None, None)
    assert data_type("TINYINT").bits == 64
    assert data_type("TIMESTAMP WITH TIME ZONE").timezone
    assert not data_type("TIMESTAMP").timezone
