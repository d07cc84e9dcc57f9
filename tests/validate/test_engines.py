"""Good and bad engines before the gate: what each of them must get."""

import numpy as np
import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.store.verdict import Verdict
from tests.validate.samples import (
    PLAN,
    failures,
    honest,
    judged,
    make_shop,
    source_rows,
    synthetic_rows,
)


@pytest.fixture(scope="module")
def source() -> dict[str, MemoryRows]:
    return source_rows()


def training_shop(source: dict[str, MemoryRows], *, noise: float, seed: int = 0) -> dict[str, MemoryRows]:
    """An engine that hands out its training rows, numbers moved by a share of themselves."""
    rng = np.random.default_rng(seed)
    customers = source["customers"].read(part="training")
    orders = source["orders"].read(part="training")

    def moved(column: str) -> pl.Expr:
        return (pl.col(column) * (1 + noise * pl.lit(pl.Series(rng.normal(size=customers.height))))).round(2)

    customers = customers.with_columns(email=pl.format("copy{}@example.com", pl.int_range(pl.len())))
    if noise:
        customers = customers.with_columns(moved("income"), moved("spent"))
    return synthetic_rows({"customers": customers, "orders": orders})


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_an_honest_engine_passes(source: dict[str, MemoryRows], seed: int) -> None:
    verdict = judged(source, honest(seed=seed), seed=seed)
    assert failures(verdict) == set()
    assert verdict.passed
    assert verdict.figures["shape"] > 0.97
    assert 0.4 < verdict.figures["membership_auc"] < 0.56


def test_an_engine_that_copies_its_training_rows_fails(source: dict[str, MemoryRows]) -> None:
    verdict = judged(source, training_shop(source, noise=0.0))
    assert not verdict.passed
    assert {
        "customers.privacy_copies",
        "customers.privacy_closer_share",
        "customers.privacy_membership_auc",
        "customers.privacy_membership_true_positives",
        "orders.privacy_copies",
    } <= failures(verdict)


def test_an_engine_that_adds_tiny_noise_to_its_training_rows_fails(source: dict[str, MemoryRows]) -> None:
    verdict = judged(source, training_shop(source, noise=0.001))
    failed = failures(verdict)
    assert "customers.privacy_copies" not in failed  # no row is equal any more, and yet
    assert {"customers.privacy_closer_share", "customers.privacy_membership_auc"} <= failed


def test_an_engine_that_shuffles_columns_fails_fidelity(source: dict[str, MemoryRows]) -> None:
    rng = np.random.default_rng(0)
    shop = make_shop(3000, 77, mail="fake")
    shuffled = {
        name: frame.with_columns(
            frame[c].gather(pl.Series(rng.permutation(frame.height)))
            for c in frame.columns
            if c not in ("id", "email", "customer_id")
        )
        for name, frame in shop.items()
    }
    # Single columns stay as they were: only what looks at them together can tell.
    strict = PLAN.model_copy(update={"gate": PLAN.gate.model_copy(update={"fidelity": _strict()})})
    verdict = judged(source, synthetic_rows(shuffled), plan=strict)
    failed = failures(verdict)
    assert "customers.fidelity_shape" not in failed
    assert {"customers.fidelity_trend", "customers.fidelity_two_sample"} <= failed
    honest_verdict = judged(source, honest(), plan=strict)
    assert failures(honest_verdict) == set()


def _strict() -> object:
    return PLAN.gate.fidelity.model_copy(update={"trend": 0.95, "two_sample": 0.6})


def test_an_engine_that_spreads_children_evenly_fails_cardinality(source: dict[str, MemoryRows]) -> None:
    shop = make_shop(3000, 78, mail="fake")
    even = shop["orders"].with_columns(customer_id=(pl.int_range(pl.len()) % 3000 + 1).cast(pl.Int64))
    verdict = judged(source, synthetic_rows(shop | {"orders": even}))
    assert "orders.fidelity_cardinality_customer_id" in failures(verdict)


def test_an_engine_that_ignores_parents_has_low_pairs_across_keys(source: dict[str, MemoryRows]) -> None:
    shop = make_shop(3000, 79, mail="fake")
    owners = shop["orders"]["customer_id"].gather(
        pl.Series(np.random.default_rng(0).permutation(shop["orders"].height))
    )
    orphaned = synthetic_rows(shop | {"orders": shop["orders"].with_columns(owners.alias("customer_id"))})
    assert _pairs(judged(source, honest())) - _pairs(judged(source, orphaned)) > 0.05


def _pairs(verdict: Verdict) -> float:
    return verdict.figures["pairs_across_keys"]


def test_without_held_out_rows_the_missing_figures_fail_the_gate() -> None:
    nothing_held_out = source_rows(hold_out=0.0)
    plan: ResolvedPlan = PLAN.model_copy(update={"hold_out": 0.0})
    verdict = judged(nothing_held_out, honest(), plan=plan)
    assert "customers.privacy_membership_auc" in failures(verdict)
    check = next(c for c in verdict.checks if c.table == "customers" and c.name == "privacy_membership_auc")
    assert check.value is None
    assert "hold_out" in check.remedy


def test_small_tables_are_excused_by_a_stated_rule() -> None:
    verdict = judged(source_rows(rows=150), honest(rows=150))
    check = next(c for c in verdict.checks if c.table == "customers" and c.name == "privacy_membership_auc")
    assert check.passed
    assert check.facts["applicable"] is False
    shape = next(c for c in verdict.checks if c.table == "customers" and c.name == "fidelity_shape")
    assert shape.severity == "warn"
    assert verdict.passed


def test_a_small_table_that_is_copied_still_fails() -> None:
    source = source_rows(rows=150)
    verdict = judged(source, training_shop(source, noise=0.0))
    assert "customers.privacy_copies" in failures(verdict)
