"""The verdict's checks as asset checks: a table has one of each family, which lists every single check."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from synth_assets.assets.dataset import SYNTHETIC, VERDICT, Dataset
from synth_assets.store.verdict import CheckResult, Severity, Verdict

# One word each: the name of a step's output joins table and family by an underscore.
FAMILIES = {
    "expectations": "Great Expectations: the suite derived from catalog, plan and profile, and your own.",
    "integrity": "Keys, references, NOT NULL and lengths: what the target's constraints ask for.",
    "fidelity": "How alike synthetic and real rows are: distributions, pairs of columns, pairs across keys.",
    "privacy": "How much the synthetic rows give away of single source rows, against rows held out of training.",
}
GATE = "gate"


def check_specs(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    """Every check that a verdict reports.

    Only the gate blocks, and it closes for a failure of severity ERROR in any table. A blocking check of a synthetic
    table would also keep the synthetic rows of its children waiting, and the verdict comes after all of them.
    """
    of_tables = [
        dg.AssetCheckSpec(family, asset=dataset.key(SYNTHETIC, name), description=description)
        for name in dataset.published
        for family, description in FAMILIES.items()
    ]
    gate = dg.AssetCheckSpec(
        GATE,
        asset=dataset.key(VERDICT),
        blocking=True,
        description="Whether every check of severity error has passed, those of the whole dataset too.",
    )
    return [*of_tables, gate]


def check_results(dataset: Dataset, verdict: Verdict) -> Iterator[dg.AssetCheckResult]:
    """The verdict's checks, one result for every spec of `check_specs`."""
    of_tables: dict[tuple[str, str], list[CheckResult]] = {
        (name, family): [] for name in dataset.published for family in FAMILIES
    }
    of_dataset: list[CheckResult] = []
    for check in verdict.checks:
        of_tables.get((check.table or "", check.family), of_dataset).append(check)
    for (name, family), checks in of_tables.items():
        yield _result(dataset.key(SYNTHETIC, name), family, checks)
    yield dg.AssetCheckResult(
        passed=verdict.passed,
        asset_key=dataset.key(VERDICT),
        check_name=GATE,
        severity=dg.AssetCheckSeverity.ERROR,
        description=gate_description(verdict),
        metadata={**_counts(verdict.checks), **_listed(of_dataset), "failures": _table(verdict.failures)},
    )


def check_key(check: dg.AssetCheckResult) -> dg.AssetCheckKey:
    """The key of a result of `check_results`, which always names asset and check."""
    if check.asset_key is None or check.check_name is None:
        raise ValueError("a check's result must name its asset and its check")
    return dg.AssetCheckKey(check.asset_key, check.check_name)


def gate_key(dataset: Dataset) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dataset.key(VERDICT), GATE)


def table_figures(verdict: Verdict, table: str) -> dict[str, float]:
    """The figures of a table's checks by name, for the plots of its asset."""
    return {
        check.name: check.value
        for check in verdict.checks
        if check.table == table and check.column is None and check.value is not None and check.family != "expectations"
    }


def _result(key: dg.AssetKey, family: str, checks: Sequence[CheckResult]) -> dg.AssetCheckResult:
    failed = [check for check in checks if not check.passed]
    errors = [check for check in failed if check.severity is Severity.ERROR]
    only_warnings = failed and not errors
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key,
        check_name=family,
        severity=dg.AssetCheckSeverity.WARN if only_warnings else dg.AssetCheckSeverity.ERROR,
        description=_description(checks, [*errors, *(check for check in failed if check not in errors)]),
        metadata={**_counts(checks), **_figures(checks), **_listed(checks)},
    )


def _description(checks: Sequence[CheckResult], failed: Sequence[CheckResult]) -> str:
    if not checks:
        return "There is nothing of this family to check in this table."
    if not failed:
        return f"All {len(checks)} passed."
    more = "" if len(failed) == 1 else f" And {len(failed) - 1} more, see the list."
    return f"{len(failed)} of {len(checks)} failed: {explained(failed[0])}{more}"


def gate_description(verdict: Verdict) -> str:
    """What the verdict says, in a sentence or two."""
    if verdict.passed:
        return "Every check of severity error has passed: these rows may be published."
    if not verdict.failures:
        return "Nothing was checked, so nothing has passed. Nothing is published."
    first = verdict.failures[0]
    return (
        f"{len(verdict.failures)} checks of severity error failed, the first of them in {first.table or 'the dataset'}:"
        f" {explained(first)} Nothing is published."
    )


def explained(check: CheckResult) -> str:
    """A failed check that explains itself: what it is and of what, figure and threshold, what came out, what to do."""
    expectation = check.facts.get("expectation")
    kind = f", {expectation}" if expectation else ""
    place = f" of {check.column}" if check.column else ""
    figure = "not computed" if check.value is None else f"{check.value:.4g}"
    limit = "" if check.threshold is None else f", threshold {check.threshold:.4g}"
    remedy = f" What to do: {check.remedy}" if check.remedy else ""
    return f"{check.name}{place} ({figure}{limit}{kind}). {check.description}{remedy}"


def _counts(checks: Sequence[CheckResult]) -> dict[str, int]:
    return {
        "checks": len(checks),
        "failed_errors": sum(not c.passed and c.severity is Severity.ERROR for c in checks),
        "failed_warnings": sum(not c.passed and c.severity is Severity.WARN for c in checks),
    }


def _figures(checks: Sequence[CheckResult]) -> dict[str, float]:
    return {check.name: check.value for check in checks if check.value is not None and check.column is None}


def _listed(checks: Sequence[CheckResult]) -> dict[str, Any]:
    """Every single check, the failed ones first."""
    return {"results": _table(sorted(checks, key=lambda check: check.passed))} if checks else {}


def _table(checks: Sequence[CheckResult]) -> dg.TableMetadataValue:
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn("check", "string"),
            dg.TableColumn("column", "string"),
            dg.TableColumn("passed", "bool"),
            dg.TableColumn("severity", "string"),
            dg.TableColumn("figure", "string"),
            dg.TableColumn("threshold", "string"),
            dg.TableColumn("description", "string"),
            dg.TableColumn("remedy", "string"),
        ]
    )
    return dg.MetadataValue.table([_record(check) for check in checks], schema=schema)


def _record(check: CheckResult) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "check": check.name,
            "column": check.column or "",
            "passed": check.passed,
            "severity": check.severity.value,
            "figure": "" if check.value is None else f"{check.value:.6g}",
            "threshold": "" if check.threshold is None else f"{check.threshold:.6g}",
            "description": check.description,
            "remedy": check.remedy,
        }
    )
