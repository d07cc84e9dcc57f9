"""Checks of figures that are known within an interval."""

from synth_assets.plan.limits import figure_text, limit_text, share_text
from synth_assets.statistics.advantage import Advantage
from synth_assets.statistics.distances import Bounded
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.compared import ANOTHER_SYNTHESIZER, FAMILY
from synth_assets.validate.results import figure, not_applicable
from synth_assets.validate.subject import Subject

# One in a hundred of fewer rows is no row.
HELD_OUT_ROWS_FOR_FALSE_POSITIVES = 50
HOLD_OUT = "No rows were held out of training: set hold_out above 0 in the plan and refresh."


def bounded_figure(subject: Subject, name: str, found: Bounded | None, threshold: float, what: str) -> CheckResult:
    """A figure with its standard error; it fails when its lower bound (one-sided, 99.9 %) is above the threshold."""
    return figure(
        name=f"privacy_{name}",
        table=subject.name,
        family=FAMILY,
        value=found.value if found else None,
        threshold=threshold,
        passed=found is not None and found.lower <= threshold,
        severity=Severity.ERROR,
        description=(
            f"{figure_text(found.value, threshold, decimals=4)} {what}, standard error {found.error:.4f}; wanted at "
            f"most {limit_text(threshold)}, and it fails when even what chance cannot explain, {found.lower:.4f}, is "
            "above."
            if found
            else ""
        ),
        remedy=ANOTHER_SYNTHESIZER if found else HOLD_OUT,
        facts={"standard_error": found.error, "lower_bound": found.lower} if found else {},
    )


def too_few_for_false_positives(subject: Subject, name: str) -> CheckResult:
    """What stands in the place of a share found at 1 % false positives."""
    why = f"fewer than {HELD_OUT_ROWS_FOR_FALSE_POSITIVES} rows are held out, of which 1 % is no row"
    return not_applicable(name=name, table=subject.name, family=FAMILY, why=why)


def advantage_figure(
    subject: Subject, name: str, found: Advantage | None, threshold: float, *, what: str, remedy: str
) -> CheckResult:
    """A success on training rows beyond that on held-out rows; it fails when its lower bound is above the threshold."""
    return figure(
        name=f"privacy_{name}",
        table=subject.name,
        family=FAMILY,
        value=found.value if found else None,
        threshold=threshold,
        passed=found is not None and found.lower <= threshold,
        severity=Severity.ERROR,
        description=(
            f"{found.training:.2%} of the training {what}, {found.held_out:.2%} of the held-out ones, which no engine "
            f"saw. Wanted: at most {share_text(threshold)} more; it fails when even what chance cannot explain in one "
            f"of a thousand tables, {found.lower:.2%}, is above."
            if found
            else ""
        ),
        remedy=remedy,
        facts={
            "training": found.training,
            "held_out": found.held_out,
            "lower_bound": found.lower,
            "upper_bound": found.upper,
        }
        if found
        else {},
    )
