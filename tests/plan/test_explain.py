from collections.abc import Callable

from synth_assets.catalog.model import Catalog
from synth_assets.plan.explain import explain, let_through
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings


def test_every_column_is_explained(settings_of: Callable[..., DatasetSettings], shop: Catalog) -> None:
    settings = settings_of(
        tables={
            "countries": {"mode": "reference", "because": "public list"},
            "customers": {
                "mode": "partial",
                "because": "tests",
                "columns": {"loyalty_card": {"mask": {"keep_last": 4}}, "label": {"keep": True, "because": "labels"}},
            },
            "orders": {"columns": {"status": {"keep": True, "because": "five words"}}},
            "products": {"mode": "empty"},
            "invoices": {"mode": "exclude"},
        }
    )
    plan = resolve(settings, shop)
    rows = explain(plan, shop)
    assert len(rows) == sum(len(table.columns) for table in plan.published) + 1
    by_place = {f"{row.table}.{row.column}": row for row in rows}
    assert {
        place: (by_place[place].treatment, by_place[place].real_values)
        for place in (
            "countries.code",
            "customers.email",
            "customers.loyalty_card",
            "orders.id",
            "orders.status",
            "orders.customer_id",
            "orders.total",
            "orders.total_cents",
            "order_lines.remark",
            "order_lines.product_id",
            "products.name",
            "invoices.",
        )
    } == {
        "countries.code": ("keep", "yes"),
        "customers.email": ("fake email", "no"),
        "customers.loyalty_card": ("mask", "in part"),
        "orders.id": ("made anew", "no"),
        "orders.status": ("keep", "yes"),
        "orders.customer_id": ("parent's key", "no"),
        "orders.total": ("learn", "no"),
        "orders.total_cents": ("computed", "no"),
        "order_lines.remark": ("fake paragraph", "no"),
        "order_lines.product_id": ("null", "no"),
        "products.name": ("learn", "no"),
        "invoices.": ("not published", "no"),
    }
    assert by_place["orders.total"].type == "NUMERIC(10, 2)"
    assert by_place["orders.status"].reason.endswith("Because: five words")
    assert let_through(plan) == (
        "countries: all rows, copied as they are (public list)",
        "customers: real rows with id, country_code, referred_by, birth_date, active, points (tests)",
        "customers.label: real values (labels)",
        "customers.loyalty_card: real values, covered but for 4 characters",
        "orders.status: real values (five words)",
    )


def test_a_safe_plan_lets_nothing_through(settings_of: Callable[..., DatasetSettings], shop: Catalog) -> None:
    plan = resolve(settings_of(), shop)
    assert let_through(plan) == ()
    assert {row.real_values for row in explain(plan, shop)} == {"no"}
