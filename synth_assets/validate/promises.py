"""What is promised of private tables, in the verdict: not measured on rows but kept by how they were learned."""

from collections.abc import Iterator

from synth_assets.plan.private_settings import Budget
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.compared import FAMILY
from synth_assets.validate.subject import Subject


def table_checks(subject: Subject) -> Iterator[CheckResult]:
    """The promise of a private table; nothing for any other."""
    promise = subject.decision.private
    if promise is None:
        return
    yield CheckResult(
        name="privacy_differential",
        table=subject.name,
        family=FAMILY,
        passed=True,
        value=promise.epsilon,
        description=f"Learned with differential privacy: {promise.text}. Its rows follow from noisy counts only; no "
        "figure compares them with the source.",
        facts={"epsilon": promise.epsilon, "delta": promise.delta, "rows_per_entity": promise.rows_per_entity},
    )


def budget_checks(budget: Budget | None, spent: float | None) -> Iterator[CheckResult]:
    """What all refreshes have spent; nothing where the plan has no budget.

    A budget that was lowered after it was spent warns: publishing once more spends nothing.
    """
    if budget is None:
        return
    passed = spent is not None and spent <= budget.epsilon
    said = "not known" if spent is None else f"{spent:.3f}"
    yield CheckResult(
        name="privacy_budget",
        table=None,
        family=FAMILY,
        passed=passed,
        severity=Severity.ERROR if spent is None else Severity.WARN,
        value=spent,
        threshold=budget.epsilon,
        description=f"Learning private tables, in all refreshes together, has spent epsilon {said} of "
        f"{budget.epsilon:g} (at delta {budget.delta:g}).",
        remedy="" if passed else "Nothing more is learned until privacy.budget is raised in the plan.",
    )
