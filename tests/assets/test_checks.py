"""Failed checks that explain themselves."""

from synth_assets.assets.checks import explained, gate_description
from synth_assets.store.verdict import CheckResult, Verdict


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
    assert "in orders: values_in_set_status" in said
    assert said.endswith("Nothing is published.")
