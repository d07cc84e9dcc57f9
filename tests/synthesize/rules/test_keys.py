import uuid

import polars as pl
import pytest

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.resolved import Role, Treatment
from synth_assets.synthesize.rules.errors import CapacityTooSmall


def key(kind: Kind, native: str, **facts: int) -> DataType:
    return DataType(kind=kind, native=native, **facts)


def test_whole_numbers_count_from_one(table):
    table.column("id", [7, 99], type=key(Kind.INTEGER, "bigint", bits=64), role=Role.KEY, nullable=False)
    assert table.sample(1_000)["id"].to_list() == list(range(1, 1_001))


def test_numbers_stay_within_their_type(table):
    table.column("id", [7, 99], type=key(Kind.INTEGER, "tinyint", bits=8), role=Role.KEY)
    assert table.sample(127)["id"].max() == 127
    with pytest.raises(CapacityTooSmall, match=r"people\.id must hold 128 different values but has room for 127"):
        table.sample(128)


@pytest.mark.parametrize(
    ("data_type", "dtype"),
    [
        (key(Kind.DECIMAL, "numeric(10,2)", precision=10, scale=2), pl.Decimal(10, 2)),
        (key(Kind.DECIMAL, "numeric"), pl.String()),
        (key(Kind.FLOAT, "double", bits=64), pl.Float64()),
        (key(Kind.DATE, "date"), pl.Date()),
        (key(Kind.DATETIME, "timestamp"), pl.Datetime("us")),
        (DataType(kind=Kind.DATETIME, native="timestamptz", timezone=True), pl.Datetime("us", "UTC")),
        (key(Kind.DATE, "date kept as text"), pl.String()),
        (key(Kind.DATETIME, "datetime kept as text"), pl.String()),
        (key(Kind.TIME, "time"), pl.Time()),
        (key(Kind.BINARY, "bytea"), pl.Binary()),
        (key(Kind.BINARY, "binary(16)", length=16), pl.Binary()),
        (key(Kind.BINARY, "binary(2)", length=2), pl.Binary()),
        (key(Kind.UUID, "uuid"), pl.String()),
        (key(Kind.TEXT, "varchar(5)", length=5), pl.String()),
        (key(Kind.OTHER, "inet"), pl.String()),
        (key(Kind.OTHER, "citext"), pl.String()),
    ],
    ids=str,
)
def test_keys_of_every_type_differ_and_come_again(new_table, data_type, dtype):
    samples = []
    for _ in range(2):
        source = pl.Series("id", [None], dtype=dtype)
        table = new_table().column("id", source, type=data_type, role=Role.KEY, nullable=False)
        samples.append(table.sample(500)["id"])
    first, second = samples
    assert first.dtype == dtype
    assert first.n_unique() == 500
    assert first.null_count() == 0
    assert first.equals(second)


def test_uuids_are_of_version_four(table):
    table.column("id", ["x"], type=key(Kind.UUID, "uuid"), role=Role.KEY)
    assert {uuid.UUID(value).version for value in table.sample(200)["id"]} == {4}


def test_text_keys_look_like_the_source_and_grow_when_used_up(table):
    source = [f"C{number:02d}" for number in range(50)]
    table.column("id", source, type=key(Kind.TEXT, "varchar(8)", length=8), role=Role.KEY, nullable=False)
    few, many = table.sample(20)["id"], table.sample(3_000)["id"]
    assert few.str.contains(r"^C\d\d$").all()
    assert many.n_unique() == 3_000
    assert many.str.len_chars().max() <= 8
    assert not set(many) & set(source)


def test_fixed_length_text_keys_use_their_last_value(table):
    source = ["AB", "CD"]
    table.column("id", source, type=key(Kind.TEXT, "char(2)", length=2), role=Role.KEY, nullable=False)
    assert table.sample(1_000)["id"].n_unique() == 1_000
    with pytest.raises(CapacityTooSmall):
        table.sample(2_000)


def test_enum_keys_are_the_labels(table):
    labels = DataType(kind=Kind.ENUM, native="mood", labels=("sad", "ok", "happy"))
    table.column("id", ["sad"], type=labels, role=Role.KEY)
    assert table.sample(3)["id"].to_list() == ["sad", "ok", "happy"]
    with pytest.raises(CapacityTooSmall):
        table.sample(4)


def test_a_faked_key_is_unique(table):
    table.column("mail", ["x"], role=Role.KEY, treatment=Treatment.FAKE, kind="email", nullable=False)
    assert table.sample(2_000)["mail"].n_unique() == 2_000
