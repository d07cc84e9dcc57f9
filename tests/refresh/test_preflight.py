"""What is told before a refresh of what only its load can find out."""

import pytest

from synth_assets.catalog.model import Catalog, Column, DataType, Exclusion, Index, Key, Kind, Table
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings
from synth_assets.refresh.preflight import found_out_by_the_load

WHOLE = DataType(kind=Kind.INTEGER, native="integer")
TEXT = DataType(kind=Kind.TEXT, native="text")
BOOKINGS = Table(
    name="bookings",
    columns=(
        Column(name="id", type=WHOLE, nullable=False),
        Column(name="room", type=WHOLE, nullable=False),
        Column(name="code", type=TEXT, nullable=False),
    ),
    primary_key=Key(columns=("id",)),
    exclusions=(Exclusion(name="no_overlap", definition="EXCLUDE USING gist (room WITH =)"),),
    indexes=(
        Index(name="by_md5", columns=(), unique=True, definition="CREATE UNIQUE INDEX by_md5 ON bookings (md5(code))"),
        Index(
            name="by_code", columns=(), unique=True, definition="CREATE UNIQUE INDEX by_code ON bookings (lower(code))"
        ),
        Index(name="rooms", columns=(), definition="CREATE INDEX rooms ON bookings (abs(room))"),
    ),
)


@pytest.mark.parametrize(("mode", "lines"), [("synthetic", 2), ("reference", 0), ("empty", 0)])
def test_constraints_that_rows_are_not_made_to_keep_are_named(mode: str, lines: int) -> None:
    settings = {"dataset": "hotel", "source": "production", "targets": ["dev"], "tables": {"bookings": {"mode": mode}}}
    if mode == "reference":
        settings["tables"]["bookings"]["because"] = "A test."
    catalog = Catalog(dialect="postgresql", tables=(BOOKINGS,))
    said = found_out_by_the_load(resolve(DatasetSettings.model_validate(settings), catalog), catalog)
    assert len(said) == lines
    assert all(line.endswith("only the load finds out.") for line in said)
    assert [name in " ".join(said) for name in ("no_overlap", "by_md5", "by_code", "rooms")] == [lines > 0] * 2 + [
        False
    ] * 2
