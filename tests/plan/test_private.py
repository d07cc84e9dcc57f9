"""Private tables in a plan: what they promise, their public domains, and what is refused with the lines to add."""

from collections.abc import Callable
from typing import Any

import pytest

from synth_assets.catalog.model import Catalog, Check, Column, DataType, Kind
from synth_assets.plan.check_domain import CheckDomain, Limit, check_domain
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.domain import Labels, Range
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.public_domain import DomainDoesNotFit, public_domain
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import Role, Treatment
from synth_assets.plan.settings import DatasetSettings
from tests.hospital import PLAN, SCHEMA, private

CatalogOf = Callable[[str], Catalog]


@pytest.fixture
def hospital(catalog_of: CatalogOf) -> Catalog:
    return catalog_of(SCHEMA)


def settings(tables: dict[str, Any] | None = None, **sections: Any) -> DatasetSettings:
    return DatasetSettings.model_validate({**PLAN, "tables": {**PLAN["tables"], **(tables or {})}, **sections})


def refusal(catalog: Catalog, tables: dict[str, Any] | None = None, **sections: Any) -> str:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings(tables, **sections), catalog)
    return str(refused.value)


def column(kind: Kind, **more: Any) -> Column:
    domain = {"domain": more.pop("domain")} if "domain" in more else {}
    return Column(name="x", type=DataType(kind=kind, native=kind.value, **more, **domain))


def test_promises_name_whose_rows_they_protect(hospital: Catalog) -> None:
    plan = resolve(settings(), hospital)
    promises = {table.name: table.private.text for table in plan.tables if table.private}

    assert promises == {
        "patients": "epsilon 2, delta 1e-06 for each row",
        "visits": "epsilon 2, delta 1e-06 for each row of patients, at most 3 rows of each",
        "discharges": "epsilon 2, delta 1e-06 for each row of patients, at most 3 rows of each",
    }
    assert plan.budget is not None and plan.budget.epsilon == 8
    visits = PLAN["tables"]["visits"]
    by_column = settings({"visits": {**visits, "synthesizer": private(entity="at", rows_per_entity=2)}})
    promise = resolve(by_column, hospital).table("visits").private
    assert promise is not None and promise.whose == "each at" and promise.rows_per_entity == 2
    rows = settings({"visits": {**visits, "synthesizer": private(entity=[])}})
    promise = resolve(rows, hospital).table("visits").private
    assert promise is not None and promise.text == "epsilon 2, delta 1e-06 for each row"


def test_domains_come_from_catalog_and_plan(hospital: Catalog) -> None:
    plan = resolve(settings(), hospital)
    patients, visits = plan.table("patients"), plan.table("visits")

    assert patients.column("sex").domain == Labels(values=("f", "m"), complete=True)
    assert patients.column("smoker").domain == Labels(values=("false", "true"), complete=True)
    assert patients.column("born").domain == Range(low=-18263, step=1, cells=36525)
    assert visits.column("pain").domain == Range(low=0, step=1, cells=11)
    assert visits.column("cost").domain == Range(low=0, step=1, cells=200_001)
    assert visits.column("kind").domain == Labels(values=("planned", "emergency"), complete=False)
    assert plan.table("discharges").column("days").domain == Range(low=0, step=1, cells=100)
    assert patients.column("email").treatment is Treatment.FAKE
    assert patients.column("email").domain is None
    assert visits.column("patient_id").role is Role.REFERENCE
    assert not visits.discover_dependencies


def test_nothing_is_decided_by_what_rows_told(hospital: Catalog) -> None:
    told = {
        (table.name, column.name): ColumnEvidence(low_cardinality=True, personal="email", confidence=1.0)
        for table in hospital.tables
        for column in table.columns
    }
    plan, seen = resolve(settings(), hospital), resolve(settings(), hospital, evidence=told)

    assert [t for t in plan.tables if t.private] == [t for t in seen.tables if t.private]


@pytest.mark.parametrize(
    ("table", "name", "said"),
    [
        ("patients", "born", '`born: {bounds: ["2020-01-01", "2029-12-31"]}`'),
        ("visits", "cost", "`cost: {bounds: [0, 1000]}`"),
        ("visits", "kind", '`kind: {labels: ["first", "second"]}`'),
    ],
)
def test_a_missing_domain_is_refused_with_the_line_to_add(hospital: Catalog, table: str, name: str, said: str) -> None:
    named = PLAN["tables"][table]
    columns = {other: value for other, value in named["columns"].items() if other != name}

    message = refusal(hospital, {table: {**named, "columns": columns}})

    assert f"{table}.{name}" in message
    assert f"Add under tables.{table}.columns, with its own values: {said}" in message


def test_what_a_promise_needs_is_refused_with_the_line_to_add(hospital: Catalog) -> None:
    assert "`privacy: {budget: {epsilon: 10, delta: 1e-5}}`" in refusal(hospital, privacy={})
    visits = PLAN["tables"]["visits"]
    assert "Add `rows_per_entity: 5`" in refusal(hospital, {"visits": {**visits, "synthesizer": private()}})
    assert "the option epsilon is missing" in refusal(hospital, {"visits": {**visits, "synthesizer": "private"}})
    wrong = {"name": "private", "options": {"epsilon": 1, "entitty": "id"}}
    assert "did you mean 'entity'?" in refusal(hospital, {"visits": {**visits, "synthesizer": wrong}})
    wrong = private(entity="patientid", rows_per_entity=1)
    assert "did you mean 'patient_id'?" in refusal(hospital, {"visits": {**visits, "synthesizer": wrong}})
    wrong = {"name": "private", "options": {"epsilon": -1}}
    assert "the option epsilon cannot be so" in refusal(hospital, {"visits": {**visits, "synthesizer": wrong}})


def test_what_would_tell_of_private_rows_is_refused(hospital: Catalog) -> None:
    message = refusal(hospital, {"visits": {}, "discharges": {}})
    assert "patients: visits refers to it, and what is learned of visits would tell of these rows" in message
    assert "Give visits the synthesizer private, too, or the mode empty or exclude." in message
    resolve(settings({"visits": {"mode": "exclude"}, "discharges": {"mode": "exclude"}}), hospital)
    message = refusal(hospital, {"doctors": {"dependencies": ["grade = sum(visits.cost)"]}})
    assert "adds up rows of visits, which is private" in message
    visits = {**PLAN["tables"]["visits"], "dependencies": ["pain <= cost"]}
    assert "a private table keeps no dependencies" in refusal(hospital, {"visits": visits})
    message = refusal(hospital, {"patients": {**PLAN["tables"]["patients"], "mode": "partial", "because": "x"}})
    assert "the synthesizer private cannot go with the mode partial" in message


def test_keys_that_other_columns_decide_are_refused(catalog_of: CatalogOf) -> None:
    catalog = catalog_of(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY); CREATE TABLE photos (id INTEGER PRIMARY KEY);"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, about_id INTEGER, about VARCHAR(9), league INTEGER, team INTEGER,"
        " FOREIGN KEY (league, team) REFERENCES teams (league, id), FOREIGN KEY (league) REFERENCES leagues (id));"
        "CREATE TABLE leagues (id INTEGER PRIMARY KEY);"
        "CREATE TABLE teams (league INTEGER, id INTEGER, PRIMARY KEY (league, id));"
    )
    polymorphic = {"table": "notes", "column": "about_id", "type_column": "about", "parents": {"Post": "posts"}}
    plan = settings_of({"notes": {"synthesizer": private(entity=[])}})
    plan = DatasetSettings.model_validate({**plan.model_dump(exclude_unset=True), "polymorphic_keys": [polymorphic]})
    with pytest.raises(PlanRefused) as refused:
        resolve(plan, catalog)

    assert "about_id refers to posts by what about says" in str(refused.value)
    assert "league is part of two foreign keys" in str(refused.value)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"keep": True, "because": "x"}, "a private table lets none"),
        ("mask", "mask starts from the patterns of real values"),
        ("pseudonymize", 'phone: {pseudonymize: {format: "####-####"}}'),
        ({"labels": ["much longer than twenty characters"]}, "does not fit"),
        ({"bounds": [0, 1]}, "takes labels, not bounds"),
    ],
)
def test_treatments_that_look_at_rows_are_refused(hospital: Catalog, named: Any, said: str) -> None:
    columns = {**PLAN["tables"]["patients"]["columns"], "phone": named}
    assert said in refusal(hospital, {"patients": {**PLAN["tables"]["patients"], "columns": columns}})


def test_text_keys_are_not_written_anew_from_real_ones(catalog_of: CatalogOf) -> None:
    catalog = catalog_of("CREATE TABLE cards (code TEXT PRIMARY KEY, level INTEGER CHECK (level IN (1, 2, 3)));")
    plan: dict[str, Any] = {"cards": {"synthesizer": private()}}
    with pytest.raises(PlanRefused, match="from the patterns of real keys"):
        resolve(settings_of(plan), catalog)
    plan["cards"]["columns"] = {"code": {"pseudonymize": {"format": "####-####"}}}
    assert resolve(settings_of(plan), catalog).table("cards").column("level").domain == Labels(
        values=("1", "2", "3"), complete=True
    )


def settings_of(tables: dict[str, Any]) -> DatasetSettings:
    return DatasetSettings.model_validate({**PLAN, "tables": tables})


def test_domains_go_with_private_tables_only(hospital: Catalog) -> None:
    message = refusal(hospital, {"doctors": {"columns": {"grade": {"bounds": [1, 3]}}}})
    assert "doctors.grade: `bounds` and `labels` go with the synthesizer private only" in message
    for wrong in ({"bounds": [0, 1], "labels": [1]}, {"step": 2}):
        with pytest.raises(ValueError, match=r"cannot both|goes with"):
            ColumnSettings.model_validate(wrong)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x >= 0", CheckDomain(low=Limit("0", strict=False))),
        ("((x > 0) AND (x < 10))", CheckDomain(low=Limit("0", strict=True), high=Limit("10", strict=True))),
        ('100 >= "x"', CheckDomain(high=Limit("100", strict=False))),
        ("x BETWEEN -5 AND 5 AND y > 3", CheckDomain(low=Limit("-5", strict=False), high=Limit("5", strict=False))),
        ("x IN ('a', 'it''s')", CheckDomain(labels=("a", "it's"))),
        (
            "((x)::text = ANY ((ARRAY['a'::character varying, 'b'::text])::text[]))",
            CheckDomain(("a", "b")),
        ),
        ("x = 'a'", CheckDomain(labels=("a",))),
        ("x >= 0 OR y IS NULL", CheckDomain()),
        ("x IN (SELECT 1)", CheckDomain()),
        ("length(x) <= 5", CheckDomain()),
        ("x <> 3", CheckDomain()),
        ("x <= y", CheckDomain()),
        ("NOT x >= 0", CheckDomain()),
    ],
)
def test_checks_say_only_what_holds_for_every_row(expression: str, expected: CheckDomain) -> None:
    assert check_domain(column(Kind.INTEGER), [Check(expression=expression)]) == expected


def test_types_and_domains_of_the_database() -> None:
    checked = column(Kind.INTEGER, domain="AS integer CHECK ((VALUE > 0) AND (VALUE <= 9))")
    assert public_domain(checked, (), None) == Range(low=1, step=1, cells=9)
    assert public_domain(column(Kind.INTEGER, bits=16), (), None) == Range(low=-(2**15), step=1, cells=2**16)
    assert public_domain(column(Kind.INTEGER, bits=32), (), None) is None
    assert public_domain(column(Kind.DECIMAL, precision=4, scale=1), (), None) == Range(low=-9999, step=1, cells=19999)
    assert public_domain(column(Kind.DECIMAL, precision=10, scale=2), (), None) is None
    assert public_domain(column(Kind.ENUM, labels=("a", "b")), (), None) == Labels(values=("a", "b"), complete=True)
    assert public_domain(column(Kind.TEXT, length=3), (), None) is None
    assert public_domain(column(Kind.TIME), (), None) == Range(low=0, step=10**9, cells=86_400)


def test_the_plan_says_bounds_in_words_of_the_type() -> None:
    def found(kind: Kind, *bounds: Any, step: float | None = None, **more: Any) -> Range:
        said = {"bounds": bounds} | ({"step": step} if step else {})
        domain = public_domain(column(kind, **more), (), ColumnSettings.model_validate(said))
        assert isinstance(domain, Range)
        return domain

    assert found(Kind.DATE, "1970-01-01", "1970-01-31") == Range(low=0, step=1, cells=31)
    assert found(Kind.DATETIME, "1970-01-01", "1970-01-01T00:00:59") == Range(low=0, step=10**6, cells=60)
    assert found(Kind.INTEGER, 0, 100, step=5) == Range(low=0, step=5, cells=21)
    assert found(Kind.FLOAT, 0, 1, step=0.01) == Range(low=0.0, step=0.01, cells=101)
    assert found(Kind.FLOAT, 0, 1).continuous
    for kind, bounds in ((Kind.INTEGER, (5, 5)), (Kind.INTEGER, (0.5, 2)), (Kind.DATE, ("soon", "2020-01-01"))):
        with pytest.raises(DomainDoesNotFit):
            found(kind, *bounds)
