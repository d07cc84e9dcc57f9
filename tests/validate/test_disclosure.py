"""The checks of disclosure, of entities and of bias before the gate."""

import numpy as np
import polars as pl
import pytest

from synth_assets.plan.resolved import BiasQuestion, ResolvedPlan
from synth_assets.store.verdict import CheckResult, Verdict
from tests.validate.samples import PLAN, MemoryRows, failures, honest, judged, make_shop, source_rows, synthetic_rows


@pytest.fixture(scope="module")
def source() -> dict[str, MemoryRows]:
    return source_rows()


def check(verdict: Verdict, name: str, table: str = "customers") -> CheckResult:
    return next(c for c in verdict.checks if c.table == table and c.name == name)


def told(**changes: object) -> ResolvedPlan:
    """The plan with what it says of customers."""
    customers, orders = PLAN.tables
    return PLAN.model_copy(update={"tables": (customers.model_copy(update=changes), orders)})


def test_customers_that_come_out_with_all_their_orders_are_stopped_as_entities(source: dict[str, MemoryRows]) -> None:
    """Three in ten customers are copied; their own rows are moved far, what their orders come to is not."""
    rng = np.random.default_rng(0)
    made = make_shop(3000, 500, mail="fake")
    orders = source["orders"].read(part="training")
    owners = rng.choice(orders["customer_id"].unique(maintain_order=True).to_numpy(), 900, replace=False)
    copied = orders.filter(pl.col("customer_id").is_in(owners.tolist()))
    own = source["customers"].frame.filter(pl.col("id").is_in(owners.tolist()))
    shift = pl.lit(100_000)
    customers = pl.concat(
        [
            made["customers"].filter(pl.col("id") > 900),
            own.with_columns(pl.col("id") + shift, email=pl.format("copy{}@example.com", pl.int_range(pl.len()))),
        ],
        how="vertical_relaxed",
    )
    kept = made["orders"].filter(pl.col("customer_id") > 900)
    leaked = pl.concat(
        [kept, copied.with_columns(pl.col("customer_id") + shift, pl.col("id") + shift)], how="vertical_relaxed"
    )
    verdict = judged(source, synthetic_rows({"customers": customers, "orders": leaked}))
    assert {"customers.privacy_entity_near_copies", "customers.privacy_entity_density_auc"} <= failures(verdict)
    assert check(judged(source, honest()), "privacy_entity_near_copies").passed


def test_what_the_plan_says_that_an_attacker_knows_is_what_he_uses(source: dict[str, MemoryRows]) -> None:
    training = source["customers"].read(part="training")
    copied = training.with_columns(email=pl.format("copy{}@example.com", pl.int_range(pl.len())))
    leaky = synthetic_rows({"customers": copied, "orders": honest()["orders"].frame.head(0)})
    plan = told(quasi_identifiers=("age", "income"), sensitive=("spent",))
    verdict = judged(source, leaky, plan=plan)
    assert {"customers.privacy_identity", "customers.privacy_attribute"} <= failures(verdict)
    assert "age, income" in check(verdict, "privacy_identity").description
    assert list(check(verdict, "privacy_attribute").facts["by_column"]) == ["spent"]  # type: ignore[arg-type]
    passed = judged(source, honest(), plan=plan)
    assert not {"customers.privacy_identity", "customers.privacy_attribute"} & failures(passed)


def test_a_named_column_that_is_not_learned_leaves_nothing_computed_and_fails(source: dict[str, MemoryRows]) -> None:
    verdict = judged(source, honest(), plan=told(sensitive=("email",)))
    found = check(verdict, "privacy_attribute")
    assert not found.passed
    assert found.value is None


def test_without_held_out_rows_every_figure_of_disclosure_fails() -> None:
    plan = PLAN.model_copy(update={"hold_out": 0.0})
    verdict = judged(source_rows(rows=1000, hold_out=0.0), honest(1000), plan=plan)
    for name in ("identity", "attribute", "near_copies", "rare_combinations", "density_auc", "neighbour_ratio_auc"):
        assert f"customers.privacy_{name}" in failures(verdict)


def biased(rows: MemoryRows, *, more: float) -> MemoryRows:
    """Northern customers made richer."""
    income = pl.when(pl.col("region") == "north").then(pl.col("income") * more).otherwise(pl.col("income"))
    return MemoryRows(rows.frame.with_columns(income.alias("income")), rows.mask, rows.fingerprint)


def test_a_gap_between_groups_that_grew_is_stopped(source: dict[str, MemoryRows]) -> None:
    plan = PLAN.model_copy(update={"bias": (BiasQuestion(table="customers", sensitive="region", outcome="income"),)})
    fair, unfair = honest(), honest()
    unfair["customers"] = biased(unfair["customers"], more=1.5)
    name = "bias_region_income"
    assert check(judged(source, fair, plan=plan), name).passed
    verdict = judged(source, unfair, plan=plan)
    assert f"customers.{name}" in failures(verdict)
    found = check(verdict, name)
    assert found.value is not None
    assert found.value > 0.05
    # A source that had the gap may keep it.
    unfair_source = source | {"customers": biased(source["customers"], more=1.5)}
    assert check(judged(unfair_source, unfair, plan=plan), name).passed
    assert "north" not in verdict.signed_content().decode()


def test_a_group_that_vanished_fails(source: dict[str, MemoryRows]) -> None:
    plan = PLAN.model_copy(update={"bias": (BiasQuestion(table="customers", sensitive="region", outcome="age"),)})
    made = honest()
    others = made["customers"].frame.with_columns(region=pl.col("region").replace("west", "east"))
    verdict = judged(source, made | {"customers": MemoryRows(others)}, plan=plan)
    assert check(verdict, "bias_region_age").value is None
    assert "customers.bias_region_age" in failures(verdict)
