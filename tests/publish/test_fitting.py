"""Which types of a target take which of a source."""

import pytest

from synth_assets.catalog.model import DataType, Kind
from synth_assets.publish.fitting import Fit, fit

SMALL, BIG = (DataType(kind=Kind.INTEGER, native=name, bits=bits) for name, bits in (("smallint", 16), ("bigint", 64)))
SHORT, LONG, TEXT = (DataType(kind=Kind.TEXT, native="text", length=length) for length in (3, 40, None))
UUID, DATE, JSON = (DataType(kind=kind, native=kind.value) for kind in (Kind.UUID, Kind.DATE, Kind.JSON))
MONEY = DataType(kind=Kind.DECIMAL, native="numeric(10,2)", precision=10, scale=2)
EXACT = DataType(kind=Kind.DECIMAL, native="numeric(12,4)", precision=12, scale=4)
REAL, DOUBLE = (DataType(kind=Kind.FLOAT, native=name, bits=bits) for name, bits in (("real", 32), ("double", 64)))
MOODS, MORE = (DataType(kind=Kind.ENUM, native="m", labels=labels) for labels in (("a",), ("a", "b")))
FLAG = DataType(kind=Kind.BOOLEAN, native="boolean")
LOCAL, ZONED = (DataType(kind=Kind.DATETIME, native="t", timezone=zone) for zone in (False, True))
HOUR, ZONED_HOUR = (DataType(kind=Kind.TIME, native="t", timezone=zone) for zone in (False, True))
ARRAY = DataType(kind=Kind.ARRAY, native="integer[]")


@pytest.mark.parametrize(
    ("source", "there", "expected"),
    [
        (SMALL, BIG, Fit.ALWAYS),
        (BIG, SMALL, Fit.BY_VALUE),
        (SMALL, MONEY, Fit.ALWAYS),
        (BIG, MONEY, Fit.BY_VALUE),
        (SMALL, REAL, Fit.ALWAYS),
        (BIG, DOUBLE, Fit.BY_VALUE),
        (MONEY, EXACT, Fit.ALWAYS),
        (EXACT, MONEY, Fit.BY_VALUE),
        (MONEY, DOUBLE, Fit.NEVER),
        (REAL, DOUBLE, Fit.ALWAYS),
        (DOUBLE, REAL, Fit.NEVER),
        (SHORT, LONG, Fit.ALWAYS),
        (LONG, SHORT, Fit.BY_VALUE),
        (LONG, TEXT, Fit.ALWAYS),
        (UUID, LONG, Fit.ALWAYS),
        (UUID, SHORT, Fit.BY_VALUE),
        (JSON, TEXT, Fit.ALWAYS),
        (TEXT, JSON, Fit.NEVER),
        (MOODS, MORE, Fit.ALWAYS),
        (MORE, MOODS, Fit.BY_VALUE),
        (TEXT, MOODS, Fit.BY_VALUE),
        (MORE, SHORT, Fit.ALWAYS),
        (FLAG, SMALL, Fit.NEVER),
        (LOCAL, ZONED, Fit.ALWAYS),
        (HOUR, ZONED_HOUR, Fit.NEVER),
        (DATE, LOCAL, Fit.NEVER),
        (ARRAY, ARRAY, Fit.ALWAYS),
        (ARRAY, BIG, Fit.NEVER),
    ],
)
def test_within_postgresql(source: DataType, there: DataType, expected: Fit) -> None:
    assert fit(source, there, source_dialect="postgresql", dialect="postgresql") is expected


@pytest.mark.parametrize(
    ("source", "source_dialect", "there", "dialect", "expected"),
    [
        # SQLite keeps to no width, so that a declared one promises nothing.
        (SMALL, "sqlite", SMALL, "postgresql", Fit.BY_VALUE),
        (SHORT, "sqlite", LONG, "mariadb", Fit.BY_VALUE),
        (SHORT, "mariadb", LONG, "mysql", Fit.ALWAYS),
        (FLAG, "postgresql", SMALL, "mariadb", Fit.ALWAYS),
        (ARRAY, "postgresql", TEXT, "mariadb", Fit.ALWAYS),
        (ARRAY, "duckdb", TEXT, "postgresql", Fit.NEVER),
        (ARRAY, "duckdb", ARRAY, "postgresql", Fit.NEVER),
        (LONG, "postgresql", SHORT, "sqlite", Fit.ALWAYS),
        (DATE, "postgresql", TEXT, "sqlite", Fit.ALWAYS),
        (DATE, "postgresql", SMALL, "sqlite", Fit.NEVER),
    ],
)
def test_between_families(source: DataType, source_dialect: str, there: DataType, dialect: str, expected: Fit) -> None:
    assert fit(source, there, source_dialect=source_dialect, dialect=dialect) is expected
