"""The verdict: what it is tied to, what it says, and that it stays shut when something goes wrong."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.plan.resolved import Mode, Treatment
from synth_assets.profile.profile import profile_table
from synth_assets.store.store import Store
from synth_assets.store.verdict import Severity, dataset_fingerprint
from synth_assets.store.verdicts import passing_verdict, save_verdict
from synth_assets.validate.errors import RowsMissing
from tests.validate.samples import (
    ORDERS,
    PLAN,
    failures,
    honest,
    judged,
    source_rows,
)

ROWS = 400


@pytest.fixture(scope="module")
def source() -> dict[str, MemoryRows]:
    return source_rows(rows=ROWS)


def test_the_verdict_is_signed_and_found_by_the_fingerprint_of_exactly_its_rows(source: dict[str, MemoryRows]) -> None:
    store = Store("memory://verdicts-of-validate", key=bytes(32))
    synthetic = honest(ROWS)
    verdict = judged(source, synthetic, store=store)
    fingerprint = dataset_fingerprint({name: rows.fingerprint for name, rows in synthetic.items()})
    assert verdict.fingerprint == fingerprint
    save_verdict(store, verdict)
    assert passing_verdict(store, dataset="shop", fingerprint=fingerprint) == verdict
    assert passing_verdict(store, dataset="shop", fingerprint="other") is None


def test_the_same_rows_and_seed_give_the_same_verdict(source: dict[str, MemoryRows]) -> None:
    assert judged(source, honest(ROWS), seed=3) == judged(source, honest(ROWS), seed=3)


def test_names_are_unique_within_a_table_and_made_of_plain_characters(source: dict[str, MemoryRows]) -> None:
    checks = judged(source, honest(ROWS)).checks
    names = [(c.table, c.name) for c in checks]
    assert len(set(names)) == len(names)
    assert all(c.name.replace("_", "").isalnum() and c.name.isascii() for c in checks)


def test_no_text_of_the_verdict_holds_a_value_of_the_source(source: dict[str, MemoryRows]) -> None:
    synthetic = honest(ROWS)
    leaked = source["customers"].frame["email"][:5]
    customers = synthetic["customers"].frame.with_columns(
        email=pl.concat([leaked, synthetic["customers"].frame["email"][5:]])
    )
    verdict = judged(source, synthetic | {"customers": MemoryRows(customers)})
    assert "customers.privacy_source_values_email" in failures(verdict)
    content = verdict.signed_content().decode()
    assert "real.person" not in content
    assert "anonym" not in content.lower()


def test_a_crashed_check_is_a_failed_check_that_names_only_the_type(
    source: dict[str, MemoryRows], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyError("real.person1@example.com")

    monkeypatch.setattr("synth_assets.validate.fidelity.two_sample_auc", crash)
    verdict = judged(source, honest(ROWS))
    check = next(c for c in verdict.checks if c.table == "customers" and c.name == "fidelity_two_sample")
    assert not check.passed
    assert check.severity is Severity.ERROR
    assert "KeyError" in check.description
    assert "real.person" not in verdict.signed_content().decode()
    assert not verdict.passed


def test_a_figure_that_is_not_a_number_fails(source: dict[str, MemoryRows], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_assets.validate.fidelity.mean_of", lambda _: float("nan"))
    verdict = judged(source_rows(rows=1000), honest(1000))
    assert "customers.fidelity_shape" in failures(verdict)


def test_a_published_table_without_rows_is_refused(source: dict[str, MemoryRows]) -> None:
    with pytest.raises(RowsMissing) as refused:
        judged(source, {"customers": honest(ROWS)["customers"]})
    assert refused.value.tables == ("orders",)


def test_everything_let_through_is_listed_with_its_reason(source: dict[str, MemoryRows]) -> None:
    customers, orders = PLAN.tables
    kept = tuple(
        c.model_copy(update={"treatment": Treatment.KEEP, "because": "coarse"}) if c.name == "region" else c
        for c in customers.columns
    )
    plan = PLAN.model_copy(
        update={
            "tables": (
                customers.model_copy(update={"columns": kept}),
                orders.model_copy(update={"mode": Mode.REFERENCE, "because": "public"}),
            )
        }
    )
    synthetic = honest(ROWS)
    verdict = judged(source, synthetic | {"orders": source["orders"]}, plan=plan)
    assert verdict.let_through == (
        "customers.region: real values (keep): coarse",
        "orders: every row, as it is (mode reference): public",
    )
    applicable = {c.name: c.facts.get("applicable") for c in verdict.checks if c.table == "orders"}
    assert applicable["fidelity_shape"] is False
    assert applicable["privacy_copies"] is False


def test_an_empty_table_is_judged_by_its_mode(source: dict[str, MemoryRows]) -> None:
    customers, orders = PLAN.tables
    plan = PLAN.model_copy(update={"tables": (customers, orders.model_copy(update={"mode": Mode.EMPTY}))})
    synthetic = honest(ROWS)
    empty = MemoryRows(synthetic["orders"].frame.clear())
    snapshot = {"customers": source["customers"]}
    assert judged(snapshot, synthetic | {"orders": empty}, plan=plan).passed
    assert "orders.expect_row_count" in failures(judged(snapshot, synthetic, plan=plan))


def test_a_table_that_came_out_empty_fails(source: dict[str, MemoryRows]) -> None:
    synthetic = honest(ROWS)
    empty = {name: MemoryRows(rows.frame.clear()) for name, rows in synthetic.items()}
    assert "customers.expect_rows" in failures(judged(source, empty))


def test_rules_of_the_user_join_in_and_data_docs_are_built(source: dict[str, MemoryRows], tmp_path: Path) -> None:
    suites = tmp_path / "expectations"
    suites.mkdir()
    rule = {
        "type": "expect_column_pair_values_a_to_be_greater_than_b",
        "kwargs": {"column_A": "income", "column_B": "spent", "or_equal": True},
    }
    broken = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "age", "max_value": 20}}
    (suites / "customers.json").write_text(
        json.dumps({"name": "customers", "expectations": [rule, broken | {"severity": "warning"}]})
    )
    verdict = judged(source, honest(ROWS), expectations=suites, data_docs=tmp_path / "docs")
    checks = {c.name: c for c in verdict.checks if c.table == "customers"}
    assert checks["rule_column_pair_values_a_to_be_greater_than_b_income_spent"].passed
    warning = checks["rule_column_max_to_be_between_age"]
    assert not warning.passed
    assert warning.severity is Severity.WARN
    assert verdict.passed
    pages = list((tmp_path / "docs").rglob("*.html"))
    assert (tmp_path / "docs" / "index.html") in pages
    text = "".join(page.read_text() for page in pages)
    assert "income" in text
    assert "fake1@example.com" not in text
    assert "Traceback" not in text
    assert "unknown" not in text


def test_data_docs_count_what_is_broken_without_telling_a_value(source: dict[str, MemoryRows], tmp_path: Path) -> None:
    rows = honest(ROWS)
    frame = rows["orders"].frame
    wrong = pl.int_range(pl.len()) < frame.height // 4
    told = frame.with_columns(
        channel=pl.when(wrong).then(pl.lit("Atlantis")).otherwise("channel"),
        total=pl.when(wrong).then(pl.lit(987_654_321.0)).otherwise("total"),
    )
    profile = profile_table(source["orders"], table=ORDERS, min_group=10)
    verdict = judged(
        source, rows | {"orders": MemoryRows(told)}, profiles={"orders": profile}, data_docs=tmp_path / "docs"
    )
    assert {"expect_category_channel", "expect_range_total"} <= {c.name for c in verdict.failures}
    (page,) = (tmp_path / "docs" / "validations" / "orders").rglob("*.html")
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.read_text(), flags=re.DOTALL)
    assert re.search(r"2[45][.\d]*% unexpected", text)
    learned = profile.column("total")
    values = ["Atlantis", "987654321", str(learned.minimum), str(learned.maximum)]
    values += [str(value) for value, _ in profile.column("channel").frequent]
    assert [value for value in values if value in text] == []
