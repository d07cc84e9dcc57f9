"""Derived columns in a plan: what they read, in which order, and everything that is refused."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from pydantic import ValidationError

from synth_assets.catalog.model import Catalog
from synth_assets.cli.plan import becomes
from synth_assets.plan.derived import in_order
from synth_assets.plan.explain import explain, let_through
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan, Treatment
from synth_assets.plan.row_expressions import compute
from synth_assets.plan.settings import DatasetSettings

Resolve = Callable[..., ResolvedPlan]
SCRIPT = """
CREATE TABLE groups (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, group_id INTEGER REFERENCES groups (id), first_name TEXT, last_name TEXT,
    full_name TEXT, greeting TEXT, price NUMERIC(8, 2), quantity INTEGER, total NUMERIC(10, 2), pieces INTEGER,
    rate NUMERIC, born DATE, seen DATETIME, adult BOOLEAN, "Second Name" TEXT,
    twice INTEGER GENERATED ALWAYS AS (quantity * 2) VIRTUAL
);
"""


@pytest.fixture
def catalog(catalog_of: Callable[[str], Catalog]) -> Catalog:
    return catalog_of(SCRIPT)


@pytest.fixture
def resolved(settings_of: Callable[..., DatasetSettings], catalog: Catalog) -> Resolve:
    """The plan with these columns of `people`."""

    def resolve_people(table: dict[str, object] | None = None, /, **columns: object) -> ResolvedPlan:
        return resolve(settings_of(tables={"people": {**(table or {}), "columns": columns}}), catalog)

    return resolve_people


def test_a_derived_column_reads_others_and_comes_after_them(resolved: Resolve, catalog: Catalog) -> None:
    plan = resolved(
        full_name={"derive": "first_name || ' ' || \"Second Name\" || ' ' || last_name"},
        greeting={"derive": "'Dear ' || full_name || ' of ' || group_id"},
        first_name={"derive": "'F' || id"},
    )
    people = plan.table("people")
    assert people.column("full_name").treatment is Treatment.DERIVE
    assert people.column("full_name").inputs == ("first_name", "Second Name", "last_name")
    assert [column.name for column in in_order(people.columns)] == ["first_name", "full_name", "greeting"]
    assert {row.column: row.treatment for row in explain(plan, catalog) if row.table == "people"}[
        "greeting"
    ] == "derive"
    assert let_through(plan) == ()
    assert becomes(people.column("first_name")).plain == "derive 'F' || id"


def test_a_private_table_computes_from_its_noisy_columns(
    settings_of: Callable[..., DatasetSettings], catalog: Catalog
) -> None:
    noisy = {"labels": [1, 2]}
    others = ("price", "total", "rate", "born", "seen", "Second Name", "greeting", "last_name", "full_name")
    columns = {"first_name": {"derive": "'F' || pieces"}, "quantity": noisy, "pieces": noisy, **dict.fromkeys(others)}
    options = {"epsilon": 1.0, "delta": 1e-6, "rows_per_entity": 5}
    people = {"synthesizer": {"name": "private", "options": options}, "columns": columns}
    privacy = {"budget": {"epsilon": 10, "delta": 1e-5}}
    plan = resolve(settings_of(tables={"people": people}, privacy=privacy), catalog)
    column = plan.table("people").column("first_name")
    assert (column.treatment, column.domain) == (Treatment.DERIVE, None)


@pytest.mark.parametrize(
    ("column", "expression", "words"),
    [
        ("full_name", "frist_name || last_name", "reads 'frist_name', and there is no such column; did you mean"),
        ("full_name", "First_Name", "did you mean 'first_name'?"),
        ("full_name", "lower(first_name", "the expression cannot be read"),
        ("full_name", "first_name, last_name", "the expression cannot be read"),
        ("full_name", "nosuch(first_name)", "the expression cannot be read: unsupported function 'nosuch'"),
        ("full_name", "max(first_name)", "uses max, and may use nothing but the row itself"),
        ("total", "quantity - Avg (quantity)", "uses Avg, and may use nothing but the row itself"),
        ("total", "row_number() OVER ()", "may use nothing but the row itself"),
        ("total", "(select 1) + quantity", "uses select, and"),
        ("seen", "now()", "uses now, and"),
        ("full_name", "'all the same'", "the expression reads no column"),
        ("full_name", "price * quantity", "the expression gives a number, and TEXT holds text"),
        ("total", "first_name", "the expression gives text, and NUMERIC(10, 2) holds a number"),
        ("total", "first_name + 1", "the expression cannot be computed: arithmetic on dtypes str"),
        ("born", "seen", "the expression gives a date with a time, and DATE holds a date"),
        ("pieces", "seen - born", "the expression gives a span of time"),
        ("pieces", "twice + 1", "reads twice, which the database computes once the rows are there"),
        ("full_name", "full_name || '!'", "it is computed from full_name, and that from it"),
        ("full_name", "NULLIF(first_name, first_name) || last_name || 1.5 + quantity", "cannot be computed"),
    ],
)
def test_what_cannot_be_derived(resolved: Resolve, column: str, expression: str, words: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        resolved(**{column: {"derive": expression}})
    assert f"people.{column}: " in str(refused.value)
    assert words in str(refused.value)


def test_a_circle_is_refused(resolved: Resolve) -> None:
    with pytest.raises(PlanRefused, match=r"greeting: it is computed from full_name, and that from it"):
        resolved(full_name={"derive": "greeting || '!'"}, greeting={"derive": "full_name || '?'"})


@pytest.mark.parametrize("said", ["derive", {"derive": None}, {"derive": ""}, {"derive": 3}])
def test_derive_needs_its_expression(resolved: Resolve, said: object) -> None:
    with pytest.raises(ValidationError):
        resolved(full_name=said)


def test_what_is_computed_from_kept_columns_is_listed_with_their_reason(resolved: Resolve, catalog: Catalog) -> None:
    plan = resolved(
        first_name={"keep": True, "because": "public figures"},
        full_name={"derive": "first_name || ' ' || last_name"},
        greeting={"derive": "'Dear ' || full_name"},
    )
    assert let_through(plan) == (
        "people.first_name: real values (public figures)",
        "people.full_name: computed from real values of first_name (public figures)",
        "people.greeting: computed from real values of first_name (public figures)",
    )
    real = {row.column: row.real_values for row in explain(plan, catalog) if row.table == "people"}
    assert (real["greeting"], real["last_name"]) == ("yes", "no")


@pytest.mark.parametrize(
    ("column", "expression", "expected"),
    [
        ("total", "price * quantity * 1.19", [Decimal("4.45"), Decimal("0.00"), None]),
        ("pieces", "price", [2, 3, None]),
        ("total", "price / NULLIF(quantity, 0)", [Decimal("0.94"), None, None]),
        ("total", "1 / quantity", [Decimal("0.50"), None, None]),
        ("rate", "price * 2", ["3.74", "5.10", None]),
        ("pieces", "rate + 1", [2, 3, None]),
        ("adult", "quantity > 1", [True, False, None]),
        ("full_name", "coalesce(first_name, 'x') || quantity", ["Ann2", "x0", None]),
        ("born", "CAST(seen AS DATE)", [date(2024, 2, 29), None, None]),
        ("seen", "born", [datetime(2024, 2, 28), None, None]),  # noqa: DTZ001 (as SQLite holds it)
    ],
)
def test_values_are_those_that_the_column_holds(
    catalog: Catalog, column: str, expression: str, expected: list[object]
) -> None:
    rows = pl.DataFrame(
        {
            "price": pl.Series(["1.87", "2.55", None]).cast(pl.Decimal(8, 2)),
            "quantity": [2, 0, None],
            "rate": ["1.25", "2", "no number"],
            "first_name": ["Ann", None, "Bob"],
            "born": ["2024-02-28", None, None],
            "seen": ["2024-02-29 12:00:00", "infinity", None],
        }
    )
    values = compute(expression, rows, table=catalog.table("people"), column=column)
    assert values.to_list() == expected
