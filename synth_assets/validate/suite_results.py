"""How Great Expectations' results are asked for and read, whether rows lie in memory or in a database."""

from typing import Any

from synth_assets.store.verdict import CheckResult
from synth_assets.validate.expectations import Expected

FAMILY = "expectations"
# In the meta of an expectation: its place in the suite. Results come in an order of their own.
NUMBER = "synth_assets_number"
COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}


def is_evaluated(result: Any) -> bool:
    """Whether an expectation gave an answer; what cannot be evaluated has an exception for each of its metrics."""
    info = result.exception_info or {}
    if "raised_exception" in info:
        return not info["raised_exception"]
    return not any(isinstance(i, dict) and i.get("raised_exception") for i in info.values())


def broken_share(result: Any) -> float:
    """The share of rows that broke an expectation, which a result with COUNTS tells; 1 where none are counted."""
    percent = result.result.get("unexpected_percent")
    return 1.0 if percent is None else percent / 100


def as_check(table: str, expected: Expected, *, passed: bool, share: float | None) -> CheckResult:
    """What came out.

    Args:
        share: Of the rows that broke it; None: it could not be evaluated, or holds.
    """
    outcome = (
        "It holds." if passed else "It could not be evaluated." if share is None else f"It is broken by {share:.2%}."
    )
    return CheckResult(
        name=expected.name,
        table=table,
        column=expected.column,
        family=FAMILY,
        passed=passed,
        severity=expected.gates_with,
        value=0.0 if passed else share,
        threshold=0.0,
        description=f"{expected.description}. {outcome}",
        remedy="" if passed else expected.remedy,
        facts={"expectation": expected.type, "severity": expected.severity},
    )
