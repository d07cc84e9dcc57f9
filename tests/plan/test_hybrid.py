"""Hybrid tables and wished shares in a plan: what is decided, listed, told of changes, and refused."""

from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.plan.decided import decided, other_decisions
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.explain import explain, let_through
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import Treatment
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
HYBRID = {"mode": "hybrid", "real_share": 0.3, "because": "real cases"}


def refusals(settings: DatasetSettings, catalog: Catalog, *, profiled: bool = False) -> list[str]:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings, catalog, evidence={} if profiled else None)
    return [str(problem) for problem in refused.value.problems]


def test_real_rows_keep_what_is_neither_named_nor_personal(settings_of: Settings, shop: Catalog) -> None:
    columns = {"label": {"keep": True, "because": "labels"}, "active": "learn", "loyalty_card": "mask"}
    plan = resolve(settings_of(tables={"customers": {**HYBRID, "columns": columns}}), shop)
    table = plan.table("customers")
    assert (table.real_share, table.is_generated) == (0.3, True)
    assert {c.name for c in table.columns if c.real_in_real_rows} == {"points"}
    assert {c.name for c in table.columns if c.lets_real_values_through} == {"points", "label"}
    # What fewer than min_group rows share may come out of synthetic rows only where the plan keeps it by name.
    assert {c.name for c in table.columns if c.keeps_rare_values} == {"label"}
    assert table.column("email").treatment is Treatment.FAKE
    assert table.column("birth_date").treatment is Treatment.LEARN
    assert let_through(plan) == (
        "customers: real rows, 0.3 of all rows, with points (real cases)",
        "customers.label: real values (labels)",
    )
    shown = {row.column: (row.treatment, row.real_values) for row in explain(plan, shop) if row.table == "customers"}
    assert shown["points"] == ("learn, real in real rows", "in real rows")
    assert shown["birth_date"] == ("learn", "no")


def test_a_text_of_few_values_is_kept_in_real_rows_once_the_profile_knows(settings_of: Settings, shop: Catalog) -> None:
    evidence = {("orders", "status"): ColumnEvidence(low_cardinality=True)}
    settings = settings_of(tables={"orders": HYBRID})
    assert not resolve(settings, shop).table("orders").column("status").real_in_real_rows
    assert resolve(settings, shop, evidence=evidence).table("orders").column("status").real_in_real_rows


def test_other_shares_are_told_as_changes(settings_of: Settings, shop: Catalog) -> None:
    def said(**tables: object) -> list[str]:
        return other_decisions(before, decided(resolve(settings_of(tables=tables), shop), shop))

    before = decided(resolve(settings_of(tables={"orders": HYBRID}), shop), shop)
    assert said(orders={**HYBRID, "real_share": 0.5}) == [
        "orders: hybrid, 0.3 of the rows real became hybrid, 0.5 of the rows real"
    ]
    balance = {"column": "active", "shares": {"true": 0.2}}
    assert "customers: synthetic became synthetic, active true 0.2" in said(
        orders=HYBRID, customers={"balance": balance}
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"mode": "hybrid", "real_share": 0.3}, "the mode hybrid lets real rows through and needs a reason"),
        (
            {**HYBRID, "real_share": 0.6, "scale": 2},
            "more real rows than the source has. Lower `real_share` to at most 0.5",
        ),
        ({"mode": "partial", "because": "x", "real_share": 0.3}, "`real_share` cannot go with the mode partial"),
        ({**HYBRID, "synthesizer": "private"}, "the synthesizer private cannot go with the mode hybrid"),
        ({**HYBRID, "columns": {"id": "keep"}}, "keep cannot be the treatment of a primary key"),
        ({**HYBRID, "columns": {"total": {"keep": True}}}, "keep lets real values through and needs a reason"),
        ({**HYBRID, "balance": {"column": "status", "shares": {"a": 0.5}}}, "`balance` cannot go with the mode hybrid"),
    ],
)
def test_what_cannot_be_hybrid_is_refused(
    settings_of: Settings, shop: Catalog, table: dict[str, object], words: str
) -> None:
    assert words in "\n".join(refusals(settings_of(tables={"orders": table}), shop))


@pytest.mark.parametrize("share", [0, 1, -0.2])
def test_a_share_of_real_rows_lies_between_none_and_all(settings_of: Settings, share: float) -> None:
    with pytest.raises(ValueError, match="real_share"):
        settings_of(tables={"orders": {**HYBRID, "real_share": share}})


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        ({"column": "actve", "shares": {"true": 0.5}}, "'actve' that is not there; did you mean 'active'?"),
        ({"column": "active", "shares": {"yes": 0.5}}, "'yes', which BOOLEAN cannot hold"),
        ({"column": "active", "shares": {"true": 0.5, "false": 0.4}}, "their shares add up to 0.9"),
        ({"column": "birth_date", "shares": {"2000-01-01": 0.5}}, "`balance` goes with columns of few values"),
        ({"column": "country_code", "shares": {"DE": 0.5}}, "a column of a foreign key"),
        ({"column": "id", "shares": {"1": 0.5}}, "a column that is not learned as a distribution"),
        ({"column": "notes", "shares": {"x": 0.5}}, "a column that is not learned as a distribution"),
    ],
)
def test_what_cannot_be_balanced_is_refused(
    settings_of: Settings, shop: Catalog, balance: dict[str, object], words: str
) -> None:
    settings = settings_of(tables={"customers": {"balance": balance}})
    assert words in "\n".join(refusals(settings, shop, profiled=True))


def test_engines_that_draw_nothing_given_are_refused(settings_of: Settings, shop: Catalog) -> None:
    table = {"synthesizer": "par", "balance": {"column": "status", "shares": {"a": 0.5}}}
    assert "`balance` cannot go with the synthesizer par" in "\n".join(
        refusals(settings_of(tables={"orders": table}), shop)
    )


def test_shares_beyond_all_are_refused(settings_of: Settings) -> None:
    with pytest.raises(ValueError, match="add up to more than 1"):
        settings_of(tables={"orders": {"balance": {"column": "status", "shares": {"a": 0.7, "b": 0.5}}}})
