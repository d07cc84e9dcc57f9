"""pseudonymize, mask, null and constant, of synthetic rows and of the real rows of partial tables."""

import uuid
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.resolved import Treatment
from synth_assets.synthesize.rules.errors import CapacityTooSmall, TreatmentDoesNotFit
from synth_assets.synthesize.rules.permutation import Permutation

PSEUDONYMIZE = Treatment.PSEUDONYMIZE
INTEGER = DataType(kind=Kind.INTEGER, native="integer", bits=32)


@settings(max_examples=25)
@given(st.integers(1, 5_000), st.binary(min_size=32, max_size=32))
def test_permutations_are_permutations(size, key):
    permutation = Permutation(size, key=key, tweak="t")
    images = [permutation(number) for number in range(min(size, 300))]
    assert len(set(images)) == len(images)
    assert all(0 <= image < size for image in images)


def test_permutations_of_another_key_or_tweak_are_others():
    size = 10**9
    images = {Permutation(size, key=key * 32, tweak=tweak)(5) for key in (b"a", b"b") for tweak in ("x", "y")}
    assert len(images) == 4


def test_small_permutations_reach_everything():
    assert {Permutation(10, key=bytes([k]) * 32, tweak="")(3) for k in range(200)} == set(range(10))


def test_formats_are_filled_and_never_collide(table):
    source = [f"{number:04d}-{number:04d}" for number in range(5_000)]
    table.column("card", source, treatment=PSEUDONYMIZE, unique=True, format="####-####")
    made = table.transform()["card"]
    assert made.str.contains(r"^\d{4}-\d{4}$").all()
    assert made.n_unique() == 5_000
    assert (made == table.rows["card"]).sum() < 5


def test_every_value_of_a_small_format_is_used_once(table):
    table.column("code", [f"{number:03d}" for number in range(1_000)], treatment=PSEUDONYMIZE, format="###")
    assert sorted(table.transform()["code"]) == sorted(table.source["code"])


def test_formats_of_letters_and_literals(table):
    table.column("code", ["whatever", "else", "whatever"], treatment=PSEUDONYMIZE, format="ID-%#?*")
    made = table.transform()["code"]
    assert made.str.contains(r"^ID-[1-9]\d[A-Z][A-Z0-9]$").all()
    assert made[0] == made[2] != made[1]


def test_a_format_too_small_for_a_unique_column_is_refused(table):
    table.column("code", [f"customer {n}" for n in range(50)], treatment=PSEUDONYMIZE, unique=True, format="#")
    with pytest.raises(CapacityTooSmall, match=r"people\.code"):
        table.transform()
    with pytest.raises(CapacityTooSmall, match=r"people\.code"):
        table.sample(11)
    assert table.sample(10)["code"].n_unique() == 10


def test_the_same_value_has_the_same_pseudonym_in_every_table_under_one_key(new_table):
    one = new_table().column("customer", ["AB-123456", "CD-654321"], treatment=PSEUDONYMIZE)
    other = new_table().column("client_code", ["CD-654321", "XY-000000"], treatment=PSEUDONYMIZE)
    other.name = "invoices"
    assert one.transform()["customer"][1] == other.transform(seed=9)["client_code"][0]
    assert one.transform(key=b"another secret of 32 bytes ....!")["customer"][1] != one.transform()["customer"][1]


def test_without_a_format_a_value_keeps_its_own_form(table):
    table.column("code", ["AB-123456-x", "ZZ-999999-y", None], treatment=PSEUDONYMIZE)
    made = table.transform()["code"]
    assert made.head(2).str.contains(r"^[A-Z]{2}-\d{6}-[a-z]$").all()
    assert made[2] is None
    assert not set(made) & {"AB-123456-x", "ZZ-999999-y"}


def test_texts_of_few_forms_or_other_scripts_become_tokens(table):
    table.column("name", ["山田", "A1", "Ünal", "---"], treatment=PSEUDONYMIZE)
    made = table.transform()["name"]
    assert made.str.contains(r"^[a-z2-7]{16}$").all()
    assert made.n_unique() == 4


@given(st.lists(st.text(alphabet="0123456789AZaz-", min_size=8, max_size=12), min_size=2, max_size=40, unique=True))
def test_distinct_texts_stay_distinct(values):
    from synth_assets.catalog.model import Column
    from synth_assets.synthesize.rules.pseudonyms import Pseudonyms
    from synth_assets.synthesize.rules.target import Target

    column = Column(name="c", type=DataType(kind=Kind.TEXT, native="text"))
    target = Target.of(column, table="t", dtype=None, unique=False)
    assert Pseudonyms(None, key=b"k" * 32, target=target).of(pl.Series(values)).n_unique() == len(values)


@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (INTEGER, [1, 22, 333, -4444, 2_147_483_647, 0, 999]),
        (
            DataType(kind=Kind.DECIMAL, native="numeric(8,2)", precision=8, scale=2),
            [Decimal("1.50"), Decimal("-99.99")],
        ),
        (DataType(kind=Kind.UUID, native="uuid"), [str(uuid.UUID(int=7)), str(uuid.UUID(int=8))]),
        (DataType(kind=Kind.BINARY, native="bytea"), [b"12345678", b"x" * 100]),
    ],
    ids=["integer", "decimal", "uuid", "binary"],
)
def test_pseudonyms_of_other_types(table, data_type, values):
    source = pl.Series("c", [*values, None])
    if data_type.kind is Kind.DECIMAL:
        source = source.cast(pl.Decimal(8, 2))
    made = table.column("c", source, type=data_type, treatment=PSEUDONYMIZE).transform()["c"]
    assert made.dtype == source.dtype
    assert made.is_null().to_list() == source.is_null().to_list()
    assert made.n_unique() == source.n_unique()
    if data_type.kind is Kind.INTEGER:
        assert [len(str(abs(a))) for a in made.drop_nulls()] == [len(str(abs(a))) for a in values]
        assert made.max() < 2**31
    if data_type.kind is Kind.BINARY:
        assert made.bin.size().to_list() == [8, 100, None]


def test_pseudonyms_of_synthetic_rows_have_the_format_and_are_not_of_the_source(table):
    source = [f"{number:03d}" for number in range(0, 1_000, 2)]
    table.column("code", source, treatment=PSEUDONYMIZE, unique=True, format="###")
    made = table.sample(500)["code"]
    assert made.n_unique() == 500
    assert not set(made) & set(source)


@pytest.mark.parametrize(
    ("data_type", "options"),
    [
        (DataType(kind=Kind.BOOLEAN, native="boolean"), {}),
        (DataType(kind=Kind.FLOAT, native="double", bits=64), {}),
        (DataType(kind=Kind.TEXT, native="varchar(3)", length=3), {"format": "####"}),
        (DataType(kind=Kind.TEXT, native="text"), {"format": "same"}),
        (INTEGER, {"format": "??"}),
        (DataType(kind=Kind.UUID, native="uuid"), {"format": "##"}),
    ],
    ids=str,
)
def test_pseudonyms_that_do_not_fit_are_refused(table, data_type, options):
    table.column("c", [None], type=data_type, treatment=PSEUDONYMIZE, **options)
    with pytest.raises(TreatmentDoesNotFit, match=r"people\.c"):
        table.fit()


def test_masks_cover_all_but_the_ends(table):
    table.column("card", ["4111111111111111", "123", None, ""], treatment=Treatment.MASK, keep_last=4)
    assert table.transform()["card"].to_list() == ["************1111", "***", None, ""]


def test_masks_with_another_cover(table):
    options = {"keep_first": 1, "keep_last": 1, "with": "x"}
    table.column("name", ["Müller", "Li"], treatment=Treatment.MASK, **options)
    assert table.transform()["name"].to_list() == ["Mxxxxr", "xx"]


def test_masks_of_synthetic_rows_cover_texts_of_the_pattern(table):
    source = [f"4{number:015d}" for number in range(400)]
    made = table.column("card", source, treatment=Treatment.MASK, keep_last=4).sample(100)["card"]
    assert made.str.contains(r"^\*{12}\d{4}$").all()


@pytest.mark.parametrize("facts", [{"type": INTEGER}, {"unique": True}], ids=str)
def test_masks_that_do_not_fit_are_refused(table, facts):
    with pytest.raises(TreatmentDoesNotFit, match="mask"):
        table.column("c", [None], treatment=Treatment.MASK, **facts).fit()


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        (DataType(kind=Kind.TEXT, native="text"), "hello", "hello"),
        (DataType(kind=Kind.TEXT, native="text"), 5, "5"),
        (INTEGER, 7, 7),
        (DataType(kind=Kind.BOOLEAN, native="boolean"), False, False),
        (DataType(kind=Kind.DATE, native="date"), "2020-02-29", date(2020, 2, 29)),
        (DataType(kind=Kind.DECIMAL, native="numeric(6,2)", precision=6, scale=2), 1.25, Decimal("1.25")),
        (DataType(kind=Kind.JSON, native="json"), {"a": [1]}, '{"a": [1]}'),
        (DataType(kind=Kind.FLOAT, native="real", bits=32), 2, 2.0),
    ],
    ids=str,
)
def test_constants_take_the_type_of_their_column(table, data_type, value, expected):
    table.column("c", [], type=data_type, treatment=Treatment.CONSTANT, nullable=False, value=value)
    table.source.pop("c")
    table.source["c"] = pl.Series("c", [], dtype=polars(data_type))
    assert table.sample(3)["c"].to_list() == [expected] * 3


def polars(data_type: DataType) -> pl.DataType:
    from synth_assets.catalog.frames import polars_type

    return polars_type(data_type)


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (INTEGER, "seven"),
        (INTEGER, 7.5),
        (DataType(kind=Kind.DATE, native="date"), "soon"),
        (DataType(kind=Kind.TEXT, native="varchar(3)", length=3), "long"),
        (DataType(kind=Kind.BOOLEAN, native="boolean"), "yes"),
    ],
    ids=str,
)
def test_constants_of_another_type_are_refused_without_the_value(table, data_type, value):
    source = pl.Series("c", [], dtype=polars(data_type))
    with pytest.raises(TreatmentDoesNotFit) as refused:
        table.column("c", source, type=data_type, treatment=Treatment.CONSTANT, value=value).fit()
    assert str(value) not in str(refused.value)


def test_null_columns_are_null(table):
    made = table.column("c", [1, 2], type=INTEGER, treatment=Treatment.NULL).sample(4)["c"]
    assert made.null_count() == 4
    assert made.dtype == pl.Int64


def test_null_on_not_null_is_refused(table):
    with pytest.raises(TreatmentDoesNotFit, match="NOT NULL"):
        table.column("c", [1], type=INTEGER, treatment=Treatment.NULL, nullable=False).fit()


def test_transform_changes_the_treated_columns_only(table):
    table.fake("name", ["Ada Lovelace", None, "Alan Turing"], "full_name")
    table.fake("mail", ["ada@x.org", "b@x.org", None], "email", unique=True)
    table.column("amount", [1.5, None, 3.0], treatment=Treatment.KEEP, type=DataType(kind=Kind.FLOAT, native="real"))
    table.column("note", ["a", "b", None], treatment=Treatment.CONSTANT, value="-")
    untouched = pl.DataFrame({"unplanned": [9, 8, 7]})
    made = table.transform(extra=untouched)
    assert made.columns == ["name", "mail", "amount", "note", "unplanned"]
    assert made.select("amount", "unplanned").equals(table.rows.hstack(untouched).select("amount", "unplanned"))
    assert made["name"].is_null().to_list() == [False, True, False]
    assert made["mail"].is_null().to_list() == [False, False, True]
    assert made["note"].to_list() == ["-", "-", "-"]
    assert not set(made["name"].drop_nulls()) & set(table.source["name"].drop_nulls())
    assert made["mail"][0].split("@")[0].rstrip("0123456789") == made["name"][0].lower().replace(" ", ".")
