"""The gate: what the checks amount to, and what real values the plan lets through."""

from collections.abc import Sequence
from math import ceil

import numpy as np

from synth_assets.plan.resolved import Mode, ResolvedPlan
from synth_assets.store.verdict import CheckResult, Severity

# Summary figures: the mean of the checks whose names start so.
_MEANS = {
    "shape": "fidelity_shape",
    "trend": "fidelity_trend",
    "two_sample": "fidelity_two_sample",
    "cardinality": "fidelity_cardinality_",
    "pairs_across_keys": "fidelity_pairs_",
    "copies_beyond_chance": "privacy_copies",
    "closer_share": "privacy_closer_share",
    "membership_auc": "privacy_membership_auc",
    "identity_disclosure": "privacy_identity",
    "attribute_disclosure": "privacy_attribute",
    "near_copies": "privacy_near_copies",
    "membership_true_positives": "privacy_membership_true_positives",
}
_SUMS = {
    "orphans": "integrity_orphans_",
    "duplicates": "integrity_unique_",
    "nulls_in_not_null": "integrity_not_null",
    "canaries": "privacy_canaries",
    "source_values": "privacy_source_",
}


def passes(checks: Sequence[CheckResult]) -> bool:
    """Whether no check that blocks failed. Nothing checked is nothing passed."""
    return bool(checks) and not any(not c.passed and c.severity is Severity.ERROR for c in checks)


def figures(checks: Sequence[CheckResult]) -> dict[str, float]:
    """The dataset's summary figures: means over the tables and keys that they apply to, and counts."""
    result = {}
    for name, prefix in _MEANS.items():
        values = [c.value for c in checks if c.name.startswith(prefix) and c.value is not None]
        if values:
            result[name] = float(np.mean(values))
    for name, prefix in _SUMS.items():
        result[name] = float(sum(_counted(c) for c in checks if c.name.startswith(prefix)))
    result["checks"] = float(len(checks))
    result["failed_errors"] = float(sum(not c.passed and c.severity is Severity.ERROR for c in checks))
    result["failed_warnings"] = float(sum(not c.passed and c.severity is Severity.WARN for c in checks))
    return result


def _counted(check: CheckResult) -> float:
    """What a count of a check is beyond what it allows: names drawn from common ones meet real names by chance."""
    return float(ceil(max(0.0, (check.value or 0.0) - (check.threshold or 0.0))))


def let_through(plan: ResolvedPlan) -> tuple[str, ...]:
    """What real values the plan lets through, a line each, with the plan's own reason."""
    lines = []
    for table in plan.published:
        because = f": {table.because}" if table.because else ""
        match table.mode:
            case Mode.REFERENCE:
                lines.append(f"{table.name}: every row, as it is (mode reference){because}")
                continue
            case Mode.PARTIAL:
                lines.append(f"{table.name}: real rows but for the treated columns (mode partial){because}")
            case Mode.HYBRID:
                lines.append(
                    f"{table.name}: real rows among synthetic ones, {table.real_share:g} of all (mode hybrid){because}"
                )
            case Mode.EMPTY:
                continue
        for column in table.columns:
            if column.lets_real_values_through:
                reason = f": {column.because}" if column.because else ""
                computed = f"computed from real {', '.join(column.real_inputs)} (derive)"
                kept = "real values in the real rows" if column.real_in_real_rows else "real values (keep)"
                what = computed if column.real_inputs else kept
                lines.append(f"{table.name}.{column.name}: {what}{reason}")
    return tuple(lines)
