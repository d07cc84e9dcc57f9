from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan, Role, Treatment
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
PUBLIC = {"mode": "reference", "because": "public"}
PARTIAL = {"mode": "partial", "because": "tests"}


def refusals(settings: DatasetSettings, catalog: Catalog) -> str:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings, catalog)
    return "\n".join(str(problem) for problem in refused.value.problems)


def role_and_treatment(plan: ResolvedPlan, table: str, column: str) -> tuple[Role, Treatment]:
    decision = plan.table(table).column(column)
    return decision.role, decision.treatment


@pytest.mark.parametrize(("mode", "keys"), [("exclude", 1), ("empty", 2)])
def test_a_nullable_reference_to_a_table_without_rows_is_left_empty(
    settings_of: Settings, shop: Catalog, mode: str, keys: int
) -> None:
    plan = resolve(settings_of(tables={"products": {"mode": mode}}), shop)
    decision = plan.table("order_lines").column("product_id")
    assert (decision.role, decision.treatment) == (Role.VALUE, Treatment.NULL)
    assert "products" in decision.reason
    assert len(plan.foreign_keys["order_lines"]) == keys


@pytest.mark.parametrize("mode", ["exclude", "empty"])
def test_a_reference_that_must_be_filled_is_refused_with_the_remedy(
    settings_of: Settings, shop: Catalog, mode: str
) -> None:
    said = refusals(settings_of(tables={"customers": {"mode": mode}}), shop)
    assert f"Give customers the mode synthetic, or orders the mode {mode}." in said
    assert "order_lines" not in said


def test_a_table_without_rows_may_refer_to_one(settings_of: Settings, shop: Catalog) -> None:
    empty = {name: {"mode": "empty"} for name in ("customers", "orders", "order_lines", "invoices")}
    plan = resolve(settings_of(tables=empty), shop)
    assert plan.foreign_keys["orders"]


def test_a_reference_to_an_excluded_table_may_be_treated_by_the_plan(settings_of: Settings, shop: Catalog) -> None:
    tables = {"customers": {"mode": "exclude"}, "orders": {"columns": {"customer_id": "learn"}}}
    plan = resolve(settings_of(tables=tables), shop)
    assert role_and_treatment(plan, "orders", "customer_id") == (Role.VALUE, Treatment.LEARN)
    tables["customers"] = {"mode": "empty"}
    assert "must refer to a row of customers" in refusals(settings_of(tables=tables), shop)


@pytest.mark.parametrize("mode", [PUBLIC, PARTIAL])
def test_real_keys_must_not_refer_to_keys_made_anew(
    settings_of: Settings, shop: Catalog, mode: dict[str, object]
) -> None:
    said = refusals(settings_of(tables={"orders": mode}), shop)
    assert "keeps its real keys, but customers, to which customer_id refers, gets new ones" in said
    assert "Give customers the mode partial or reference, or orders the mode synthetic." in said
    tables = {"orders": mode, "customers": PARTIAL, "countries": PUBLIC}
    assert role_and_treatment(resolve(settings_of(tables=tables), shop), "orders", "customer_id") == (
        Role.REFERENCE,
        Treatment.KEEP,
    )


def test_a_synthetic_table_may_refer_to_real_rows(settings_of: Settings, shop: Catalog) -> None:
    plan = resolve(settings_of(tables={"countries": PUBLIC}), shop)
    assert role_and_treatment(plan, "customers", "country_code") == (Role.REFERENCE, Treatment.LEARN)


def test_a_reference_made_null_by_the_plan_is_not_followed(settings_of: Settings, shop: Catalog) -> None:
    tables = {"customers": {**PARTIAL, "columns": {"country_code": "null"}}}
    plan = resolve(settings_of(tables=tables), shop)
    assert role_and_treatment(plan, "customers", "country_code") == (Role.VALUE, Treatment.NULL)


@pytest.mark.parametrize("treatment", [{"fake": "email"}, "mask", {"constant": 1}, {"keep": True, "because": "x"}])
def test_references_take_no_treatment_of_their_own(settings_of: Settings, shop: Catalog, treatment: object) -> None:
    said = refusals(settings_of(tables={"orders": {"columns": {"customer_id": treatment}}}), shop)
    assert "cannot be the treatment of a foreign key" in said


COMPOSITE = """
CREATE TABLE teams (league TEXT NOT NULL, code TEXT NOT NULL, name TEXT, PRIMARY KEY (league, code));
CREATE TABLE leagues (league TEXT PRIMARY KEY);
CREATE TABLE games (
    id INTEGER PRIMARY KEY, league TEXT NOT NULL REFERENCES leagues (league), code TEXT,
    FOREIGN KEY (league, code) REFERENCES teams (league, code)
);
"""


@pytest.mark.parametrize("mode", ["exclude", "empty"])
def test_one_nullable_column_empties_a_composite_reference(
    settings_of: Settings, catalog_of: Callable[[str], Catalog], mode: str
) -> None:
    plan = resolve(settings_of(tables={"teams": {"mode": mode}}), catalog_of(COMPOSITE))
    assert role_and_treatment(plan, "games", "league") == (Role.REFERENCE, Treatment.LEARN)
    assert role_and_treatment(plan, "games", "code") == (Role.VALUE, Treatment.NULL)


def test_columns_that_real_rows_refer_to_stay_real(settings_of: Settings, catalog_of: Callable[[str], Catalog]) -> None:
    catalog = catalog_of(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, badge VARCHAR(9) UNIQUE);"
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT REFERENCES users (handle));"
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, badge VARCHAR(9) REFERENCES users (badge));"
    )
    tables: dict[str, object] = {"users": PARTIAL, "posts": PARTIAL}
    said = refusals(settings_of(tables=tables), catalog)
    assert said.startswith("users.handle: a partial table keeps its keys as they are, but this one seems to be a user")
    tables["users"] = {**PARTIAL, "columns": {"handle": {"fake": "user_name"}}}
    assert "posts keeps the real values by which it refers to it" in refusals(settings_of(tables=tables), catalog)
    assert role_and_treatment(resolve(settings_of(tables={"users": PARTIAL}), catalog), "users", "badge") == (
        Role.VALUE,
        Treatment.PSEUDONYMIZE,
    )
    said = refusals(settings_of(tables={"users": {"columns": {"badge": "null"}}}), catalog)
    assert "it cannot be null, since visits refers to it" in said


UNDECLARED = "CREATE TABLE a (id INTEGER PRIMARY KEY, code TEXT); CREATE TABLE b (a INTEGER NOT NULL, c TEXT);"


def test_an_undeclared_key_is_followed_like_any_other(
    settings_of: Settings, catalog_of: Callable[[str], Catalog]
) -> None:
    settings = settings_of(foreign_keys=[{"table": "b", "columns": "a", "parent": "a"}])
    plan = resolve(settings, catalog_of(UNDECLARED))
    (key,) = plan.foreign_keys["b"]
    assert (key.columns, key.parent, key.parent_columns) == (("a",), "a", ("id",))
    assert role_and_treatment(plan, "b", "a") == (Role.REFERENCE, Treatment.LEARN)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ({"table": "bb", "columns": "a", "parent": "a"}, "no table 'bb'"),
        ({"table": "b", "columns": "aa", "parent": "a"}, "no column 'aa'; did you mean 'a'?"),
        ({"table": "b", "columns": ["a", "c"], "parent": "a"}, "2 columns cannot refer to 1 of a"),
        ({"table": "b", "columns": "c", "parent": "a"}, "b.c: foreign key: its type TEXT is not that of a.id"),
        ({"table": "b", "columns": "c", "parent": "a", "parent_columns": "code"}, "may occur more than once"),
    ],
)
def test_undeclared_keys_that_cannot_be(
    settings_of: Settings, catalog_of: Callable[[str], Catalog], key: dict[str, object], said: str
) -> None:
    assert said in refusals(settings_of(foreign_keys=[key]), catalog_of(UNDECLARED))


def test_a_column_made_unique_by_the_plan_may_be_referred_to(
    settings_of: Settings, catalog_of: Callable[[str], Catalog]
) -> None:
    settings = settings_of(
        foreign_keys=[{"table": "b", "columns": "c", "parent": "a", "parent_columns": "code"}],
        tables={"a": {"columns": {"code": {"unique": True}}}},
    )
    plan = resolve(settings, catalog_of(UNDECLARED))
    assert plan.table("a").column("code").unique
    assert plan.foreign_keys["b"][0].parent_columns == ("code",)
