"""Which checks there are, what each of them reports, and failures that explain themselves."""

import dagster as dg

from synth_assets.assets import build_definitions
from synth_assets.assets.checks import check_results, check_specs, explained, gate_description
from synth_assets.assets.dataset import Dataset, read_dataset
from synth_assets.project import Project, load_project
from synth_assets.store.verdict import CheckResult, Verdict
from tests.assets.projects import DATASET, ORDERS, expect_the_impossible

RULE = "rule_column_values_to_be_between_points"


def failed(**more: object) -> CheckResult:
    return CheckResult.model_validate(
        {
            "name": "values_in_set_status",
            "table": "orders",
            "family": "expectations",
            "passed": False,
            "description": "Known states only. It is broken by 3.00%.",
            **more,
        }
    )


def test_it_names_expectation_figure_threshold_and_remedy() -> None:
    check = failed(
        column="status",
        value=0.03,
        threshold=0.0,
        remedy="Learn status as an enum.",
        facts={"expectation": "expect_column_values_to_be_in_set"},
    )
    assert explained(check) == (
        "values_in_set_status of status (0.03, threshold 0, expect_column_values_to_be_in_set). Known states only. "
        "It is broken by 3.00%. What to do: Learn status as an enum."
    )
    assert explained(failed()).startswith("values_in_set_status (not computed). Known states only.")


def test_the_gate_tells_the_first_failure_and_its_table() -> None:
    verdict = Verdict(dataset="shop", refresh="r", fingerprint="f", passed=False, checks=(failed(),), figures={})
    said = gate_description(verdict)
    assert said.startswith("Nothing is published: one check of severity error failed, in orders: values_in_set_status")


def test_an_expectation_that_the_description_names_is_not_named_twice() -> None:
    check = failed(description="expect_this holds for status.", facts={"expectation": "expect_this"})
    assert explained(check).count("expect_this") == 1


def small_dataset(project: Project) -> Dataset:
    """With a rule of the user's on customers, and a column that the plan names."""
    expect_the_impossible(project)
    plan = project.root / "plans" / f"{DATASET}.yaml"
    plan.write_text(plan.read_text().replace(ORDERS, "  orders: {columns: {status: learn}}\n"))
    return read_dataset(load_project(project.root), DATASET)


def judged(*checks: CheckResult) -> Verdict:
    return Verdict(dataset=DATASET, refresh="r", fingerprint="f", passed=False, checks=checks, figures={})


def reported(
    dataset: Dataset, verdict: Verdict, *, but: tuple[str, ...] = ()
) -> dict[tuple[str, str], dg.AssetCheckResult]:
    wanted = {spec.key for spec in check_specs(dataset) if spec.name not in but}
    found = {}
    for result in check_results(dataset, verdict, wanted=wanted):
        assert result.asset_key
        assert result.check_name
        found[result.asset_key.path[-1], result.check_name] = result
    assert len(found) == len(wanted)
    return found


def test_rules_and_columns_that_matter_have_checks_of_their_own(project: Project) -> None:
    specs = {(spec.asset_key.path[-1], spec.name): spec for spec in check_specs(small_dataset(project))}
    families = {"expectations", "integrity", "fidelity", "privacy"}
    of_customers = {name for table, name in specs if table == "customers"}
    assert of_customers == families | {RULE, "column_name", "column_email", "column_notes"}
    assert {name for table, name in specs if table == "orders"} == families | {"column_status"}
    assert {name for table, name in specs if table == "audit"} == families
    assert "critical" in (specs["customers", RULE].description or "")
    assert "fake email" in (specs["customers", "column_email"].description or "")
    assert [spec.name for spec in specs.values() if spec.blocking] == ["gate"]


def test_each_result_is_reported_once_and_by_what_is_nearest(project: Project) -> None:
    dataset = small_dataset(project)
    rule = failed(name=RULE, table="customers", column="points", severity="warn")
    column = failed(name="privacy_source_values_email", table="customers", family="privacy", column="email")
    other = failed(name="integrity_orphans", table="orders", family="integrity")
    found = reported(dataset, judged(rule, column, other))
    assert {key for key, result in found.items() if not result.passed} == {
        ("customers", RULE),
        ("customers", "column_email"),
        ("orders", "integrity"),
        ("verdict", "gate"),
    }
    assert found["customers", RULE].severity is dg.AssetCheckSeverity.WARN
    assert found["customers", RULE].description == explained(rule)
    assert found["customers", "column_email"].severity is dg.AssetCheckSeverity.ERROR


def test_a_rule_that_the_run_does_not_know_is_among_the_expectations(project: Project) -> None:
    rule = failed(name=RULE, table="customers", column="points")
    found = reported(small_dataset(project), judged(rule), but=(RULE,))
    assert not found["customers", "expectations"].passed
    assert RULE in (found["customers", "expectations"].description or "")


def test_a_rule_that_was_not_evaluated_has_not_passed(project: Project) -> None:
    result = reported(small_dataset(project), judged())["customers", RULE]
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "was not evaluated" in (result.description or "")


def test_a_suite_that_cannot_be_read_is_told_before_a_run(project: Project) -> None:
    expect_the_impossible(project)
    (project.expectations_folder(DATASET) / "customers.json").write_text("{")
    job = build_definitions(project).resolve_job_def(f"refresh_{DATASET}")
    assert "customers.json: it is not JSON" in (job.description or "")
