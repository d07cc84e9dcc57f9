"""Publishing happens only with a passing verdict on exactly these rows, however it is started."""

from collections.abc import Container, Iterator

import dagster as dg
import pytest
from dagster._core.execution.step_dependency_config import StepDependencyConfig

from synth_assets.assets import build_definitions
from synth_assets.assets.checks import check_results
from synth_assets.assets.dataset import VERDICT, Dataset
from synth_assets.project import Project
from synth_assets.store.verdict import Severity, Verdict
from synth_assets.validate.suite_run import SuiteRunner
from tests.assets.events import checks, failures, materialize, materialized
from tests.assets.projects import DATASET, MARK, TABLES, expect_the_impossible, rows_in_target

PUBLISHED = {f"small/staging/{name.replace(' ', '_x20_')}" for name in TABLES}


def test_a_passing_verdict_lets_the_rows_through(generated: Project, instance: dg.DagsterInstance) -> None:
    result = materialize(generated, instance, "verdict", "staging")
    assert result.success
    assert materialized(result) == PUBLISHED | {"small/verdict"}
    assert rows_in_target(generated)["customers"] == 300


def test_a_failing_check_blocks(generated: Project, instance: dg.DagsterInstance) -> None:
    expect_the_impossible(generated)
    result = materialize(generated, instance, "verdict", "staging")
    assert not result.success
    assert materialized(result) == {"small/verdict"}
    assert rows_in_target(generated) == {}
    found = checks(result)
    failed = found["small/synthetic/customers", "rule_column_values_to_be_between_points"]
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert found["small/synthetic/customers", "expectations"].passed
    assert found["small/synthetic/orders", "expectations"].passed
    assert not found["small/verdict", "gate"].passed
    assert "customers" in (found["small/verdict", "gate"].description or "")


def test_a_crashed_check_blocks(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: SuiteRunner, *_: object) -> None:
        raise RuntimeError(f"could not compare {MARK}")

    monkeypatch.setattr(SuiteRunner, "run", crash)
    result = materialize(generated, instance, "verdict", "staging")
    assert materialized(result) == {"small/verdict"}
    assert rows_in_target(generated) == {}
    failed = checks(result)["small/synthetic/orders", "expectations"]
    assert not failed.passed
    assert "RuntimeError" in (failed.description or "")
    assert MARK not in str(result.all_events)


def test_a_crashed_verdict_blocks(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(**_: object) -> None:
        raise MemoryError(MARK)

    monkeypatch.setattr("synth_assets.validate.judge.judge", crash)
    result = materialize(generated, instance, "verdict", "staging")
    assert set(failures(result)) == {"small__verdict"}
    assert materialized(result) == set()
    assert rows_in_target(generated) == {}


def test_warnings_do_not_block(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_assets.validate import integrity

    honest = integrity.table_checks

    def warned(*args: object, **named: object) -> list[object]:
        found = list(honest(*args, **named))
        return [found[0].model_copy(update={"passed": False, "severity": Severity.WARN}), *found[1:]]

    monkeypatch.setattr(integrity, "table_checks", warned)
    result = materialize(generated, instance, "verdict", "staging")
    warned_check = checks(result)["small/synthetic/orders", "integrity"]
    assert (warned_check.passed, warned_check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert materialized(result) == PUBLISHED | {"small/verdict"}


def test_a_gate_that_is_not_reported_blocks(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster lets a step go on whose blocking check was selected but never evaluated."""

    def without_gate(
        dataset: Dataset, verdict: Verdict, *, wanted: Container[dg.AssetCheckKey]
    ) -> Iterator[dg.AssetCheckResult]:
        return (check for check in check_results(dataset, verdict, wanted=wanted) if check.check_name != "gate")

    monkeypatch.setattr("synth_assets.assets.verdict.check_results", without_gate)
    expect_the_impossible(generated)
    result = materialize(generated, instance, "verdict", "staging")
    assert list(failures(result)) == ["small__staging"]
    assert "No passing verdict" in failures(result)["small__staging"]
    assert rows_in_target(generated) == {}


def test_an_executor_that_goes_on_after_failures_publishes_nothing(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those do that are configured with `require_upstream_step_success: false`."""
    monkeypatch.setattr(StepDependencyConfig, "require_upstream_step_success", False)
    expect_the_impossible(generated)
    result = materialize(generated, instance, "verdict", "staging")
    assert set(failures(result)) == {"small__verdict", "small__staging"}
    assert "No passing verdict" in failures(result)["small__staging"]
    assert rows_in_target(generated) == {}


def test_publication_alone_is_refused_without_a_verdict(generated: Project, instance: dg.DagsterInstance) -> None:
    result = materialize(generated, instance, "staging")
    assert list(failures(result)) == ["small__staging"]
    assert "No passing verdict" in failures(result)["small__staging"]
    assert materialized(result) == set()
    assert rows_in_target(generated) == {}


def test_publication_alone_is_refused_after_a_failed_verdict(generated: Project, instance: dg.DagsterInstance) -> None:
    expect_the_impossible(generated)
    materialize(generated, instance, "verdict")
    result = materialize(generated, instance, "staging")
    assert materialized(result) == set()
    assert rows_in_target(generated) == {}


def test_publication_alone_follows_a_passing_verdict(generated: Project, instance: dg.DagsterInstance) -> None:
    materialize(generated, instance, "verdict")
    assert rows_in_target(generated) == {}
    assert materialized(materialize(generated, instance, "staging")) == PUBLISHED
    assert rows_in_target(generated)["Order Details"] > 0


def test_a_job_without_checks_publishes_nothing_that_failed(generated: Project, instance: dg.DagsterInstance) -> None:
    expect_the_impossible(generated)
    definitions = build_definitions(generated)
    selected = dg.AssetSelection.groups("small_verdict", "small_staging").without_checks()
    job = dg.define_asset_job("unchecked", selection=selected, executor_def=dg.in_process_executor)
    unchecked = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("unchecked")
    result = unchecked.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert materialized(result).isdisjoint(PUBLISHED)
    assert rows_in_target(generated) == {}


def test_a_selected_step_publishes_nothing_unjudged(generated: Project, instance: dg.DagsterInstance) -> None:
    job = build_definitions(generated).resolve_job_def("refresh_small")
    result = job.execute_in_process(instance=instance, raise_on_error=False, op_selection=["small__staging"])
    assert not result.success
    assert materialized(result) == set()
    assert rows_in_target(generated) == {}


def test_rows_changed_after_the_verdict_are_not_published(generated: Project, instance: dg.DagsterInstance) -> None:
    from synth_assets.refresh import Refresh

    materialize(generated, instance, VERDICT)
    again = Refresh(generated, DATASET, refresh="again", seed=5)
    again.snapshot()
    again.profile()
    again.fit(["regions"])
    again.generate(["regions"])
    again.fit(["customers"])
    again.generate(["customers"])
    result = materialize(generated, instance, "staging")
    assert materialized(result) == set()
    assert rows_in_target(generated) == {}
