"""Dependencies that a plan declares: how they are written, and what is refused before any row is read."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from synth_assets.catalog.model import Catalog
from synth_assets.plan.dependencies import Computed, Determined, NotAbove, NullBy, Term, Total
from synth_assets.plan.dependency_settings import DependencySettings, parsed
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]

SHOP = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, city TEXT, country TEXT, is_a BOOLEAN NOT NULL, is_b BOOLEAN NOT NULL, orders INTEGER,
  born DATE, note TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), opens TIME, closes TIME,
  net NUMERIC(9, 2), tax NUMERIC(9, 2), total NUMERIC(9, 2), doubled INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL
);
CREATE TABLE lines (
  id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id), other_order_id INTEGER REFERENCES customers (id),
  amount NUMERIC(9, 2), label TEXT
);
"""


@pytest.fixture
def catalog(catalog_of: Callable[[str], Catalog]) -> Catalog:
    return catalog_of(SHOP)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("total = net", Computed(column="total", operation="copy", left="net")),
        ("total=net+tax", Computed(column="total", operation="sum", left="net", right="tax")),
        ("net = total - tax", Computed(column="net", operation="difference", left="total", right="tax")),
        ('"the total" = "a-b" * q', Computed(column="the total", operation="product", left="a-b", right="q")),
        ("city -> country", Determined(by=("city",), column="country")),
        ("city, street -> zip", Determined(by=("city", "street"), column="zip")),
        ("state -> shipped is null", NullBy(by="state", column="shipped")),
        (
            "a = b + c - d",
            Computed(column="a", operation="sum", left="b", right="c", terms=(Term(operation="minus", column="d"),)),
        ),
        (
            "a = b * c * (1 - d)",
            Computed(column="a", operation="product", left="b", right="c", terms=(Term(operation="less", column="d"),)),
        ),
        (
            "a = b * (1 + d / 100)",
            Computed(
                column="a", operation="product", left="b", terms=(Term(operation="more", column="d", percent=True),)
            ),
        ),
        ("a = b * c/100", Computed(column="a", operation="product", left="b", right="c", factor=0.01)),
        ("a = b / c", Computed(column="a", operation="quotient", left="b", right="c")),
        ('a = "b" / c * 100', Computed(column="a", operation="quotient", left="b", right="c", factor=100)),
        ("a = b * 0.19", Computed(column="a", operation="product", left="b", factor=0.19)),
        (
            "t = sum(lines.price * (1 - lines.discount) * (1 + lines.tax))",
            Total(
                column="t",
                child="lines",
                left="price",
                terms=(Term(operation="less", column="discount"), Term(operation="more", column="tax")),
            ),
        ),
        ("n = count(lines)", Total(column="n", child="lines")),
        ('n = count("order lines")', Total(column="n", child="order lines")),
        ("total = sum(lines.amount)", Total(column="total", child="lines", left="amount")),
        ("t = sum(lines.price * lines.number)", Total(column="t", child="lines", left="price", right="number")),
        ("t = sum(lines.price*number)", Total(column="t", child="lines", left="price", right="number")),
    ],
)
def test_texts(text: str, wanted: object) -> None:
    (found,) = parsed(text)
    assert found == wanted
    assert parsed(found.text.replace("the total", '"the total"').replace("a-b", '"a-b"').replace(
        "order lines", '"order lines"'
    )) == (wanted,)  # fmt: skip


def test_a_chain_says_several_things() -> None:
    assert parsed("a <= b <= c") == (NotAbove(lower="a", upper="b"), NotAbove(lower="b", upper="c"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "total",
        "a = b / 7",
        "a = b * c * 2",
        "a < b",
        "a = b + c + d + e",
        "a = b * c + d",
        "a = b + 2",
        "-> b",
        "a = sum(b)",
        "t = sum(x.a * y.b)",
        "a >= b",
    ],
)
def test_other_texts_are_refused_with_the_forms_known(text: str) -> None:
    with pytest.raises(ValidationError, match="none of the known forms"):
        DependencySettings.model_validate({"holds": text})


@pytest.mark.parametrize("said", [{}, {"one_of": ["a", "b"], "combination": ["a", "b"]}])
def test_one_thing_at_a_time(said: object) -> None:
    with pytest.raises(ValidationError, match="a dependency is one text"):
        DependencySettings.model_validate(said)


def test_they_are_in_the_resolved_plan(settings_of: Settings, catalog: Catalog) -> None:
    said = [
        "total = net + tax",
        "net = sum(lines.amount)",
        "opens <= closes",
        {"null_together": ["opens", "closes"]},
    ]
    tables = {
        "orders": {"dependencies": said},
        "customers": {
            "discover_dependencies": False,
            "dependencies": ["city -> country", {"one_of": ["is_a", "is_b"]}, "orders = count(orders)"],
        },
    }
    plan = resolve(settings_of(tables=tables), catalog)
    assert [one.text for one in plan.table("orders").dependencies] == [
        "total = net + tax",
        "net = sum(lines.amount)",
        "opens <= closes",
        "opens, closes are NULL together",
    ]
    total = plan.table("orders").dependencies[1]
    assert isinstance(total, Total)
    assert total.key == ("order_id",)
    assert not plan.table("customers").discover_dependencies
    assert plan.table("orders").discover_dependencies


@pytest.mark.parametrize(
    ("table", "said", "why"),
    [
        ("orders", "totl = net + tax", "there is no column 'totl'; did you mean 'total'?"),
        ("orders", "total = net + opens", "opens is no number"),
        ("orders", "net <= opens", "the types of net and opens do not go together"),
        ("orders", "doubled = net", "doubled is computed by the database itself"),
        ("orders", "id = net", "id is a key that is made anew"),
        ("orders", "customer_id -> net", "customer_id is a foreign key"),
        ("orders", "total = sum(linez.amount)", "there is no table 'linez'; did you mean 'lines'?"),
        ("orders", "total = sum(lines.amont)", "there is no column 'amont' in lines; did you mean 'amount'?"),
        ("orders", "total = sum(lines.label)", "label of lines is no number"),
        ("orders", "total = count(customers)", "no foreign key of customers refers to orders"),
        ("customers", {"one_of": ["is_a", "city"]}, "city is neither yes-or-no nor 0 or 1"),
        ("customers", {"null_together": ["city", "note"]}, "note is NOT NULL"),
        ("customers", "city <= country", "the types of city and country do not go together"),
    ],
)
def test_what_cannot_hold_is_refused(
    settings_of: Settings, catalog: Catalog, table: str, said: object, why: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings_of(tables={table: {"dependencies": [said]}}), catalog)
    assert why in str(refused.value)


def test_a_column_that_the_plan_does_not_learn_is_refused(settings_of: Settings, catalog: Catalog) -> None:
    tables = {"customers": {"dependencies": ["city -> country"], "columns": {"country": {"fake": "country"}}}}
    with pytest.raises(PlanRefused, match="country is not learned: its treatment is fake"):
        resolve(settings_of(tables=tables), catalog)


def test_a_column_has_one_origin_only(settings_of: Settings, catalog: Catalog) -> None:
    said = ["total = net + tax", "total = sum(lines.amount)"]
    with pytest.raises(PlanRefused, match="say what total is"):
        resolve(settings_of(tables={"orders": {"dependencies": said}}), catalog)


def test_only_synthetic_tables_have_them(settings_of: Settings, catalog: Catalog) -> None:
    tables = {"orders": {"mode": "reference", "because": "x", "dependencies": ["total = net + tax"]}}
    with pytest.raises(PlanRefused, match="`dependencies` cannot go with the mode reference"):
        resolve(settings_of(tables=tables), catalog)
