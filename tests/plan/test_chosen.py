from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog, DataType, Kind
from synth_assets.plan.constants import ConstantDoesNotFit, constant_for
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
SCRIPT = """
CREATE TABLE things (
    id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL, code VARCHAR(9) UNIQUE, short VARCHAR(3), number INTEGER,
    amount NUMERIC(6, 2), flag BOOLEAN, day DATE, moment DATETIME, extra JSON, blob BLOB, free TEXT,
    twice INTEGER GENERATED ALWAYS AS (number * 2) VIRTUAL
);
"""


@pytest.fixture
def choose(settings_of: Settings, catalog_of: Callable[[str], Catalog]) -> Callable[..., ColumnDecision]:
    """The decision for one column of `things` by what the plan says of it."""
    catalog = catalog_of(SCRIPT)

    def decide(column: str, said: object, *, few: bool | None = None) -> ColumnDecision:
        evidence = None if few is None else {("things", column): ColumnEvidence(low_cardinality=few)}
        plan = resolve(settings_of(tables={"things": {"columns": {column: said}}}), catalog, evidence=evidence)
        return plan.table("things").column(column)

    return decide


@pytest.mark.parametrize(
    ("column", "said", "treatment", "role", "options"),
    [
        ("id", "learn", Treatment.LEARN, Role.KEY, {}),
        ("email", "fake", Treatment.FAKE, Role.VALUE, {"kind": "email"}),
        (
            "free",
            {"fake": {"kind": "city", "locale": "de_DE"}},
            Treatment.FAKE,
            Role.VALUE,
            {"kind": "city", "locale": "de_DE"},
        ),
        ("number", {"fake": "phone"}, Treatment.FAKE, Role.VALUE, {"kind": "phone"}),
        ("day", {"fake": "birth_date"}, Treatment.FAKE, Role.VALUE, {"kind": "birth_date"}),
        (
            "code",
            {"pseudonymize": {"format": "####-####"}},
            Treatment.PSEUDONYMIZE,
            Role.VALUE,
            {"format": "####-####"},
        ),
        ("number", {"pseudonymize": {"format": "%###"}}, Treatment.PSEUDONYMIZE, Role.VALUE, {"format": "%###"}),
        ("free", "mask", Treatment.MASK, Role.VALUE, {"keep_first": 0, "keep_last": 0, "with": "*"}),
        ("free", {"keep": True, "because": "public"}, Treatment.KEEP, Role.VALUE, {}),
        ("free", None, Treatment.NULL, Role.VALUE, {}),
        ("extra", {"constant": {"a": [1]}}, Treatment.CONSTANT, Role.VALUE, {"value": '{"a": [1]}'}),
        ("amount", {"constant": 12.5}, Treatment.CONSTANT, Role.VALUE, {"value": 12.5}),
        ("free", "learn", Treatment.LEARN, Role.TEXT, {}),
        ("blob", "learn", Treatment.LEARN, Role.TEXT, {}),
        ("extra", "learn", Treatment.LEARN, Role.TEXT, {}),
        ("amount", "pseudonymize", Treatment.PSEUDONYMIZE, Role.VALUE, {}),
    ],
)
def test_treatments_that_fit(
    choose: Callable[..., ColumnDecision], column: str, said: object, treatment: Treatment, role: Role, options: object
) -> None:
    decision = choose(column, said)
    assert (decision.treatment, decision.role, decision.options) == (treatment, role, options)
    assert decision.decided_by is DecidedBy.PLAN


def test_learned_text_is_a_category_only_where_values_are_shared(choose: Callable[..., ColumnDecision]) -> None:
    assert choose("free", "learn", few=True).role is Role.VALUE
    assert choose("free", "learn", few=False).role is Role.TEXT
    assert choose("email", "learn", few=True).role is Role.VALUE


def test_unique_by_the_plan(choose: Callable[..., ColumnDecision]) -> None:
    assert choose("email", {"fake": "email", "unique": True}).unique
    assert choose("free", {"unique": True}, few=True).role is Role.TEXT


@pytest.mark.parametrize(
    ("column", "said", "words"),
    [
        ("number", {"fake": "email"}, "INTEGER cannot hold an e-mail address"),
        ("free", {"fake": "emial"}, "unknown kind of fake 'emial'; did you mean 'email'?"),
        ("free", "fake", "fake needs a kind here"),
        ("free", {"fake": {"kind": "city", "locale": "de_XX"}}, "unknown locale 'de_XX'; did you mean"),
        ("short", {"fake": "email"}, "VARCHAR(3) is too short for an e-mail address"),
        ("code", {"pseudonymize": {"format": "####-####-####"}}, "the format has 14 characters, the column room for 9"),
        ("code", {"pseudonymize": {"format": "fixed"}}, "the format gives one value only"),
        ("number", {"pseudonymize": {"format": "A-###"}}, "may hold digits, # and % only"),
        ("day", "pseudonymize", "DATE cannot be pseudonymized"),
        ("number", "mask", "INTEGER has no characters to cover"),
        ("code", "mask", "masked values are not unique"),
        ("free", "keep", "keep lets real values through and needs a reason"),
        ("blob", {"keep": True, "because": "public"}, "binary content of a synthetic table cannot be kept"),
        ("email", "null", "it is NOT NULL and cannot be null"),
        ("code", {"constant": "x"}, "it is unique, a constant is not"),
        ("short", {"constant": "long"}, "it has 4 characters, the column room for 3"),
        ("number", {"constant": "x"}, "the constant does not fit INTEGER: it must be a whole number"),
        ("id", "null", "null cannot be the treatment of a primary key: its values are made anew"),
        ("id", {"keep": True, "because": "x"}, "keep cannot be the treatment of a primary key"),
        ("twice", {"constant": 1}, "the database computes it itself"),
        ("code", {"fake": "uuid", "unique": False}, "its values are unique in the source"),
        ("code", {"derive": "free"}, "no two rows may share its value"),
        ("id", {"derive": "number"}, "derive cannot be the treatment of a primary key"),
    ],
)
def test_treatments_that_do_not_fit(
    choose: Callable[..., ColumnDecision], column: str, said: object, words: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        choose(column, said)
    assert f"things.{column}: " in str(refused.value)
    assert words in str(refused.value)


def of(kind: Kind, **facts: object) -> DataType:
    return DataType.model_validate({"kind": kind, "native": kind.value, **facts})


@pytest.mark.parametrize(
    ("value", "data_type", "expected"),
    [
        (0, of(Kind.INTEGER, bits=16), 0),
        (2**64 - 1, of(Kind.INTEGER, bits=64, unsigned=True), 2**64 - 1),
        (1, of(Kind.FLOAT), 1),
        (99.99, of(Kind.DECIMAL, precision=4, scale=2), 99.99),
        (True, of(Kind.BOOLEAN), True),
        ("glad", of(Kind.ENUM, labels=("sad", "glad")), "glad"),
        ("2024-02-29", of(Kind.DATE), "2024-02-29"),
        ("2024-02-29 12:00:00", of(Kind.DATETIME), "2024-02-29 12:00:00"),
        ("12:30", of(Kind.TIME), "12:30"),
        ("12345678-1234-4234-8234-123456789012", of(Kind.UUID), "12345678-1234-4234-8234-123456789012"),
        ('{"a": 1}', of(Kind.JSON), '{"a": 1}'),
        ([1, 2], of(Kind.JSON), "[1, 2]"),
        ("{1,2}", of(Kind.ARRAY), "{1,2}"),
    ],
)
def test_constants_that_fit(value: object, data_type: DataType, expected: object) -> None:
    assert constant_for(value, data_type) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "data_type", "words"),
    [
        (True, of(Kind.INTEGER), "whole number"),
        (1.5, of(Kind.INTEGER), "whole number"),
        (40000, of(Kind.INTEGER, bits=16), "between -32768 and 32767"),
        (-1, of(Kind.INTEGER, unsigned=True, bits=8), "between 0 and 255"),
        ("1", of(Kind.FLOAT), "must be a number"),
        (float("nan"), of(Kind.FLOAT), "must be a number"),
        (100, of(Kind.DECIMAL, precision=4, scale=2), "cannot hold it exactly"),
        (0.001, of(Kind.DECIMAL, precision=4, scale=2), "cannot hold it exactly"),
        (1, of(Kind.BOOLEAN), "true or false"),
        (5, of(Kind.TEXT), 'in quotes, such as "5"'),
        ("glda", of(Kind.ENUM, labels=("sad", "glad")), "did you mean 'glad'?"),
        ("2023-02-29", of(Kind.DATE), "of the form 2024-12-31"),
        ("noon", of(Kind.TIME), "of the form"),
        ("x", of(Kind.UUID), "of the form"),
        ("{", of(Kind.JSON), "must be JSON"),
        ("x", of(Kind.BINARY), "binary content"),
    ],
)
def test_constants_that_do_not_fit(value: object, data_type: DataType, words: str) -> None:
    with pytest.raises(ConstantDoesNotFit, match=words):
        constant_for(value, data_type)  # type: ignore[arg-type]
