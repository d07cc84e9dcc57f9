"""Fakes that follow from real values."""

import polars as pl
import pytest

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.target import Target

KEY = b"k" * 32
TEXT = DataType(kind=Kind.TEXT, native="text")


def column(
    name: str, kind: str, *, by: str = "id", unique: bool = False, length: int | None = None
) -> tuple[ColumnDecision, Target]:
    decision = ColumnDecision(
        name=name,
        treatment=Treatment.FAKE,
        role=Role.VALUE,
        options={"kind": kind, "consistent": by, "locale": "en_US"},
        unique=unique,
        decided_by=DecidedBy.PLAN,
        reason="a test",
    )
    described = Column(name=name, type=TEXT.model_copy(update={"length": length}))
    return decision, Target.of(described, table="people", dtype=pl.String(), unique=unique)


def people(n: int) -> pl.DataFrame:
    ids = pl.Series("id", range(n))
    texts = ids.cast(pl.String)
    return pl.DataFrame({"id": ids, "name": texts, "email": texts, "first": texts, "last": texts})


def test_columns_that_follow_from_the_same_value_are_of_one_person() -> None:
    fakes, rows = ConsistentFakes(key=KEY), people(2_000)
    made = pl.DataFrame(
        [fakes.of(rows, *column(*of)) for of in (("first", "first_name"), ("last", "last_name"), ("name", "full_name"))]
    )
    assert (made["name"] == made["first"] + " " + made["last"]).all()
    emails = fakes.of(rows, *column("email", "email", unique=True))
    assert emails.n_unique() == 2_000
    agree = emails.str.starts_with(made["first"].str.to_lowercase().str.replace_all("[^a-z]", ""))
    assert agree.mean() == 1.0


def test_the_fake_depends_on_the_key_and_the_value_only() -> None:
    decision, target = column("email", "email", by="email")
    rows = pl.DataFrame({"email": ["a@real.test", None, "b@real.test", "a@real.test"]})
    made = ConsistentFakes(key=KEY).of(rows, decision, target)
    assert made[0] == made[3] != made[2]
    assert made[1] is None
    turned = ConsistentFakes(key=KEY).of(rows.reverse(), decision, target)
    assert turned.reverse().equals(made)
    assert not ConsistentFakes(key=b"x" * 32).of(rows, decision, target).equals(made)


def test_no_value_of_the_source_comes_out_and_every_column_goes_around_it_alike() -> None:
    rows = people(3_000)
    first, last, name = column("first", "first_name"), column("last", "last_name"), column("name", "full_name")
    free = ConsistentFakes(key=KEY)
    taken = rows.with_columns(free.of(rows, *name).alias("name"))
    fakes = ConsistentFakes(key=KEY)
    fakes.avoid([name[0]], [name[1]], taken)
    made = fakes.of(rows, *name)
    assert not made.is_in(taken["name"].implode()).any()
    assert (made == fakes.of(rows, *first) + " " + fakes.of(rows, *last)).all()


def test_unique_values_stay_unique_where_a_column_is_short() -> None:
    made = ConsistentFakes(key=KEY).of(people(20_000), *column("email", "email", unique=True, length=24))
    assert made.n_unique() == 20_000
    assert made.str.len_chars().max() <= 24
    assert made.str.contains(r"^[^@]+@example\.(com|org|net)$").all()


def test_a_column_without_room_for_different_values_is_refused() -> None:
    with pytest.raises(CapacityTooSmall, match=r"people\.name must hold 20000 different values"):
        ConsistentFakes(key=KEY).of(people(20_000), *column("name", "full_name", unique=True))
