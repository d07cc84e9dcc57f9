"""The verdict's checks as asset checks, each of which lists every single check that it stands for."""

from collections.abc import Container, Iterator, Sequence
from typing import Any

import dagster as dg

from synth_assets.assets.dataset import SYNTHETIC, VERDICT, Dataset
from synth_assets.assets.table_checks import TableCheck, table_checks
from synth_assets.store.verdict import CheckResult, Severity, Verdict

GATE = "gate"
_GONE = "It was not evaluated: the suite does not hold this rule any more, or could not be run. Reload the definitions."


def check_specs(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    """Every check that a verdict reports.

    Only the gate blocks, and it closes for a failure of severity ERROR in any table. A blocking check of a synthetic
    table would also keep the synthetic rows of its children waiting, and the verdict comes after all of them.
    """
    of_tables = [
        dg.AssetCheckSpec(check.name, asset=dataset.key(SYNTHETIC, name), description=check.description)
        for name in dataset.published
        for check in table_checks(dataset, name)
    ]
    gate = dg.AssetCheckSpec(
        GATE,
        asset=dataset.key(VERDICT),
        blocking=True,
        description="Whether every check of severity error has passed, those of the whole dataset too.",
    )
    return [*of_tables, gate]


def check_results(
    dataset: Dataset, verdict: Verdict, *, wanted: Container[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """The verdict's checks, one result for every spec of `check_specs` that is wanted.

    What a check that is not wanted would report is reported by the next one: a rule that was written after the
    definitions were loaded is among the expectations.
    """
    by_table: dict[str | None, list[CheckResult]] = {}
    for check in verdict.checks:
        by_table.setdefault(check.table, []).append(check)
    for name in dataset.published:
        left = by_table.pop(name, [])
        for one in table_checks(dataset, name):
            if one.key(dataset, name) in wanted:
                yield _result(dataset.key(SYNTHETIC, name), one, [check for check in left if one.shows(check)])
                left = [check for check in left if not one.shows(check)]
        by_table.setdefault(None, []).extend(left)
    if gate_key(dataset) in wanted:
        yield _gate(dataset, verdict, by_table.get(None, []))


def _gate(dataset: Dataset, verdict: Verdict, of_dataset: Sequence[CheckResult]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=verdict.passed,
        asset_key=dataset.key(VERDICT),
        check_name=GATE,
        severity=dg.AssetCheckSeverity.ERROR,
        description=gate_description(verdict),
        metadata={**_counts(verdict.checks), **_listed(of_dataset), "failures": _failures(verdict.failures)},
    )


def gate_key(dataset: Dataset) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dataset.key(VERDICT), GATE)


def table_figures(verdict: Verdict, table: str) -> dict[str, float]:
    """The figures of a table's checks by name, for the plots of its asset: those first that are not always nought."""
    figures = [
        check
        for check in verdict.checks
        if check.table == table and check.column is None and check.value is not None and check.family != "expectations"
    ]
    ordered = sorted(figures, key=lambda check: check.family == "integrity")
    return {check.name: shown(check.value) for check in ordered if check.value is not None}


def _result(key: dg.AssetKey, check: TableCheck, checks: Sequence[CheckResult]) -> dg.AssetCheckResult:
    if not checks and not check.may_be_empty:
        return dg.AssetCheckResult(
            passed=False, asset_key=key, check_name=check.name, severity=dg.AssetCheckSeverity.WARN, description=_GONE
        )
    failed = [check for check in checks if not check.passed]
    errors = [check for check in failed if check.severity is Severity.ERROR]
    only_warnings = failed and not errors
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key,
        check_name=check.name,
        severity=dg.AssetCheckSeverity.WARN if only_warnings else dg.AssetCheckSeverity.ERROR,
        description=_description(checks, [*errors, *(check for check in failed if check not in errors)]),
        metadata={**_counts(checks), **_figures(checks), **_listed(checks)},
    )


def _description(checks: Sequence[CheckResult], failed: Sequence[CheckResult]) -> str:
    if not checks:
        return "There is nothing of this kind to check here."
    if not failed:
        return checks[0].description if len(checks) == 1 else f"All {len(checks)} passed."
    if len(checks) == 1:
        return explained(failed[0])
    more = "" if len(failed) == 1 else f" And {len(failed) - 1} more, see the list."
    return f"{len(failed)} of {len(checks)} failed: {explained(failed[0])}{more}"


def gate_description(verdict: Verdict) -> str:
    """What the verdict says, in a sentence or two."""
    if verdict.passed:
        return "Every check of severity error has passed: these rows may be published."
    if not verdict.failures:
        return "Nothing was checked, so nothing has passed. Nothing is published."
    first = verdict.failures[0]
    place = first.table or "the dataset"
    failed = f"{len(verdict.failures)} checks of severity error failed, the first of them in {place}"
    if len(verdict.failures) == 1:
        failed = f"one check of severity error failed, in {place}"
    return f"Nothing is published: {failed}: {explained(first)}"


def explained(check: CheckResult) -> str:
    """A failed check that explains itself: what it is and of what, figure and threshold, what came out, what to do."""
    expectation = check.facts.get("expectation")
    kind = f", {expectation}" if expectation and str(expectation) not in check.description else ""
    place = f" of {check.column}" if check.column else ""
    figure = "not computed" if check.value is None else f"{check.value:.4g}"
    limit = "" if check.threshold is None else f", threshold {check.threshold:.4g}"
    remedy = f" What to do: {check.remedy}" if check.remedy else ""
    return f"{check.name}{place} ({figure}{limit}{kind}). {check.description}{remedy}"


def shown(figure: float) -> float:
    """A figure without the digits that nobody reads."""
    return float(f"{figure:.6g}")


def _counts(checks: Sequence[CheckResult]) -> dict[str, int]:
    return {
        "checks": len(checks),
        "failed_errors": sum(not c.passed and c.severity is Severity.ERROR for c in checks),
        "failed_warnings": sum(not c.passed and c.severity is Severity.WARN for c in checks),
    }


def _figures(checks: Sequence[CheckResult]) -> dict[str, float]:
    return {check.name: shown(check.value) for check in checks if check.value is not None and check.column is None}


def _listed(checks: Sequence[CheckResult]) -> dict[str, Any]:
    """Every single check, the failed ones first."""
    return {"results": _table(sorted(checks, key=lambda check: check.passed))} if checks else {}


def _failures(checks: Sequence[CheckResult]) -> dg.TableMetadataValue:
    """All of them are errors that failed: the table tells where, and what to do."""
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in ("check", "what to do")])
    records = [
        {
            "check": f"{check.table}: {check.name}" if check.table else check.name,
            "what to do": f"{check.description} {check.remedy}".strip(),
        }
        for check in checks
    ]
    return dg.MetadataValue.table([dg.TableRecord(record) for record in records], schema=schema)


def _table(checks: Sequence[CheckResult]) -> dg.TableMetadataValue:
    """Few columns: what is wider than the page is scrolled out of sight."""
    names = ("outcome", "check", "figure", "what it says")
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in names])
    return dg.MetadataValue.table([_record(check) for check in checks], schema=schema)


def _record(check: CheckResult) -> dg.TableRecord:
    # Most names tell the column themselves.
    place = f" of {check.column}" if check.column and not check.name.endswith(check.column) else ""
    figure = "" if check.value is None else f"{check.value:.4g}"
    limit = "" if check.threshold is None else f"threshold {check.threshold:.4g}"
    remedy = "" if check.passed else check.remedy
    return dg.TableRecord(
        {
            "outcome": _outcome(check),
            "check": f"{check.name}{place}",
            "figure": ", ".join(filter(None, (figure, limit))),
            "what it says": f"{check.description} {remedy}".strip(),
        }
    )


def _outcome(check: CheckResult) -> str:
    if check.passed:
        return "passed"
    return "failed" if check.severity is Severity.ERROR else "warns"
