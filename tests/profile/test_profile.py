"""Profiles: right figures, and no value that fewer rows than min_group share."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from synth_assets.catalog.model import Column, DataType, Kind, Table
from synth_assets.profile.profile import evidence, load_profile, profile_table, save_profile
from synth_assets.store.profile import ColumnProfile, TableProfile
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.tables import ROWS_FILE, TableRows

TEXT = DataType(kind=Kind.TEXT, native="text")
Profile = Callable[..., ColumnProfile]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store", key=bytes(32))


def profile_of(store: Store, frame: pl.DataFrame, table: Table, min_group: int) -> TableProfile:
    with store.create(ArtifactKey("d", "snapshot", table.name, "00"), refresh="r") as draft:
        draft.folder.write_frame(ROWS_FILE, frame)
    return profile_table(TableRows(draft.artifact), table=table, min_group=min_group)


@pytest.fixture
def profile(store: Store) -> Profile:
    """The profile of one column."""

    def of(
        values: Sequence[Any] | pl.Series,
        *,
        kind: Kind = Kind.TEXT,
        name: str = "c",
        table: str = "t",
        dtype: Any = None,
        min_group: int = 3,
    ) -> ColumnProfile:
        series = values.alias(name) if isinstance(values, pl.Series) else pl.Series(name, values, dtype=dtype)
        columns = (Column(name=name, type=DataType(kind=kind, native=kind.value)),)
        [column] = profile_of(store, pl.DataFrame([series]), Table(name=table, columns=columns), min_group).columns
        return column

    return of


def test_counts(profile: Profile) -> None:
    column = profile(["a", "a", "b", None, ""])
    assert (column.rows, column.nulls, column.distinct, column.unique) == (5, 1, 3, False)
    assert (column.shortest, column.longest) == (0, 1)
    assert profile(["a", "b", None, None]).unique


def test_frequent_values_are_shared_by_min_group_rows(profile: Profile) -> None:
    column = profile(["x"] * 5 + ["y"] * 3 + ["rare"] * 2 + ["z"] * 3)
    assert column.frequent == (("x", 5), ("y", 3), ("z", 3))
    many = profile([i for i in range(80) for _ in range(3)], kind=Kind.INTEGER)
    assert len(many.frequent) == 50


def test_no_quantile_is_nearer_to_the_ends_than_min_group_rows(profile: Profile) -> None:
    column = profile([*range(1, 100), 10**9], kind=Kind.INTEGER, min_group=5)
    assert (column.minimum, column.maximum) == (5.0, 96.0)
    assert column.quantiles == (5.0, 6.0, 26.0, 51.0, 75.0, 95.0, 96.0)
    assert profile([1, 2, 3, 4, 5], kind=Kind.INTEGER).minimum is None
    assert profile([1.0] * 3 + [float("nan"), float("inf")] + [2.0] * 3, kind=Kind.FLOAT).maximum == 2.0


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "decimals"),
    [
        ([1, 2], Kind.INTEGER, pl.Int64, 0),
        ([1.5, 2.25, 0.1], Kind.FLOAT, pl.Float64, 2),
        ([1 / 3], Kind.FLOAT, pl.Float64, None),
        ([0.0, 100.0], Kind.FLOAT, pl.Float64, 0),
        ([Decimal("1.10"), Decimal("2.000")], Kind.DECIMAL, pl.Decimal(10, 3), 1),
        ([Decimal("100"), Decimal("20")], Kind.DECIMAL, pl.Decimal(10, 0), 0),
        (["1.10", "22.125", "3"], Kind.DECIMAL, pl.String, 3),
        (["1.10", "n/a"], Kind.DECIMAL, pl.String, None),
        (["1.10"], Kind.TEXT, pl.String, None),
    ],
)
def test_digits_after_the_point(
    profile: Profile, values: list[Any], kind: Kind, dtype: Any, decimals: int | None
) -> None:
    assert profile(values, kind=kind, dtype=dtype).decimals == decimals


def test_times_are_seconds(profile: Profile) -> None:
    days = [dt.date(1970, 1, 2)] * 6
    assert profile(days, kind=Kind.DATE).minimum == 86_400
    assert profile(days, kind=Kind.DATE).frequent == (("1970-01-02", 6),)
    clock = profile([dt.time(1, 0, 0, 500_000)] * 6, kind=Kind.TIME)
    assert clock.maximum == 3600.5
    stamps = pl.Series([dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)] * 6, dtype=pl.Datetime("us", "UTC"))
    assert profile(stamps, kind=Kind.DATETIME).quantiles == (1.0,) * 7
    assert profile(stamps, kind=Kind.DATETIME).decimals is None


def test_decimals_as_text_have_quantiles(profile: Profile) -> None:
    column = profile([f"{i}.50" for i in range(10)], kind=Kind.DECIMAL)
    assert (column.minimum, column.maximum) == (2.5, 7.5)


def test_shapes(profile: Profile) -> None:
    column = profile(["AB-12"] * 2 + ["XY-99", "Éa ß1", "Öb ü2", "Çc é3", "表表", "a@b.c"], min_group=3)
    assert column.shapes == (("AA-99", 3), ("Aa a9", 3))


def test_other_types(profile: Profile) -> None:
    assert profile([True] * 4 + [False], kind=Kind.BOOLEAN).frequent == ((True, 4),)
    binary = profile([b"\x00\xff"] * 5, kind=Kind.BINARY)
    assert (binary.distinct, binary.frequent, binary.longest) == (1, (), None)


@pytest.mark.parametrize("dtype", [pl.String, pl.Int64, pl.Float64, pl.Date, pl.Binary, pl.Decimal(5, 2), pl.Boolean])
@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_columns_without_values(profile: Profile, dtype: Any, values: list[None]) -> None:
    column = profile(pl.Series(values, dtype=dtype))
    assert (column.rows, column.nulls, column.distinct) == (len(values), len(values), 0)
    assert column.frequent == column.shapes == column.quantiles == ()
    assert evidence(TableProfile(table="t", rows=0, columns=(column,)))["t", "c"].unique is None


def test_personal_data_is_recognised_and_its_values_are_not_listed(profile: Profile) -> None:
    emails = [f"person{i % 4}@example.com" for i in range(40)]
    column = profile(emails, name="contact")
    assert column.personal is not None
    assert (column.personal.kind, column.frequent) == ("email", ())
    assert column.distinct == 4
    named = profile(["Grace", "Ada", "Edith", "Alan"] * 10, name="first_name", table="customers")
    assert named.personal is not None
    assert named.personal.kind == "first_name"
    assert named.frequent == ()
    assert not any(name in named.model_dump_json() for name in ("Grace", "Ada", "Edith", "Alan"))


def test_values_say_more_than_a_name_if_they_are_sure(profile: Profile) -> None:
    phones = [f"+49 30 {i:07}" for i in range(40)]
    column = profile(phones, name="email", table="customers")
    assert column.personal is not None
    assert column.personal.kind == "phone"


def test_what_is_not_personal(profile: Profile) -> None:
    bands = profile(["AC/DC", "Accept", "Aerosmith", "Black Label Society"] * 5, name="Name", table="Artist")
    assert bands.personal is None
    assert len(bands.frequent) == 4


def test_evidence_and_saving(store: Store) -> None:
    frame = pl.DataFrame({"id": range(100), "kind": ["a", "b"] * 50, "mail": [f"p{i}@example.org" for i in range(100)]})
    table = Table(
        name="people",
        columns=(
            Column(name="id", type=DataType(kind=Kind.INTEGER, native="int", bits=64)),
            Column(name="kind", type=TEXT),
            Column(name="mail", type=TEXT),
        ),
    )
    made = profile_of(store, frame, table, 10)
    told = evidence(made)
    assert (told["people", "id"].unique, told["people", "id"].low_cardinality) == (True, False)
    assert (told["people", "kind"].unique, told["people", "kind"].low_cardinality) == (False, True)
    assert told["people", "mail"].personal == "email"
    assert told["people", "mail"].confidence > 0.5
    with store.create(ArtifactKey("d", "profile", "people", "00"), refresh="r") as draft:
        save_profile(draft.folder, made)
    assert load_profile(draft.artifact.folder) == made
