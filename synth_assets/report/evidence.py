"""What each privacy check shows and does not show, in plain words: those of docs/privacy.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth_assets.store.verdict import CheckResult, Verdict


@dataclass(frozen=True)
class Evidence:
    """One attack.

    Attributes:
        checks: What the names of its checks start with.
        attack: What somebody who has the synthetic rows tries.
        proves: What a high figure shows.
        leaves_open: What a low one does not show; empty where there is nothing to add.
    """

    name: str
    checks: tuple[str, ...]
    attack: str
    proves: str
    leaves_open: str = ""


EVIDENCE = (
    Evidence(
        "Who a row is",
        ("privacy_identity",),
        "Somebody knows a few columns of a person who is the only one with these values, and looks for a synthetic row "
        "that has them and at least three quarters of the other columns right.",
        "Learned people can be found by what is known of them.",
        "That somebody who knows other columns finds nobody. Name yours as quasi_identifiers in the plan.",
    ),
    Evidence(
        "What a row holds",
        ("privacy_attribute",),
        "Somebody knows all columns of a row but one, and reads that one off the nearest synthetic row.",
        "Learned rows tell their missing value better than unseen ones.",
        "That nothing can be guessed: what holds for everybody alike is told on purpose.",
    ),
    Evidence(
        "That a row was learned",
        ("privacy_membership", "privacy_closer_share", "privacy_density", "privacy_neighbour_ratio"),
        "Who is nearest to a synthetic row, or lies where synthetic rows are denser than source rows, is said to have "
        "been learned. 0.5 is as good as a coin.",
        "It can be told who was in the table.",
        "That a cleverer attack fails.",
    ),
    Evidence(
        "Copies",
        ("privacy_copies", "privacy_copied_families"),
        "Rows, or all children of a parent, that came out exactly.",
        "Rows were copied. The less likely a coincidence, the more a row counts.",
        "That none was changed a little and copied.",
    ),
    Evidence(
        "Near copies",
        ("privacy_near_copies", "privacy_rare_near_copies"),
        "A synthetic row is five times nearer than any other source row; also among the tenth of rows that stand "
        "apart.",
        "Rows were copied and moved a little.",
        "That a part of a row was not copied.",
    ),
    Evidence(
        "Rare combinations",
        ("privacy_rare_combinations",),
        "Combinations of three columns that too few rows share came out.",
        "Combinations of single people come out.",
        "That combinations of other columns do not: sets of three are drawn by the plan's seed.",
    ),
    Evidence(
        "Whole people, with all that hangs on them",
        ("privacy_entit",),
        "The same near copies and memberships of a row with the number, means and shares of all rows that hang on it.",
        "A customer, say, came out with all the orders.",
        "That a part of the orders did not.",
    ),
    Evidence(
        "Rare values",
        ("privacy_rare_values", "privacy_rare_copies"),
        "A category of too few rows came out, or a whole row with such a category or one of the highest or lowest "
        "numbers.",
        "It did.",
    ),
    Evidence(
        "Values of replaced columns",
        ("privacy_source_",),
        "A value of a column that is made anew is in the source.",
        "More are than chance gives.",
    ),
    Evidence(
        "Canaries",
        ("privacy_canaries",),
        "Invented values were planted into eight rows that are learned.",
        "The engine hands on what a single row holds.",
        "That real rows are safe: eight are few.",
    ),
    Evidence(
        "Differential privacy",
        ("privacy_differential", "privacy_budget"),
        "None is run: the rows follow from noisy counts only, and no figure compares them with the source.",
        "Epsilon is the promise: the lower, the less anybody can tell of one person.",
    ),
)


@dataclass(frozen=True)
class Shown:
    """An attack and what came of it.

    Attributes:
        run: Its checks that could be run, the nearest to failing first.
        excused: Checks that a stated rule excuses.
    """

    evidence: Evidence
    run: tuple[CheckResult, ...]
    excused: int

    @property
    def failed(self) -> int:
        return sum(not check.passed for check in self.run)


def shown_evidence(verdict: Verdict) -> Iterator[Shown]:
    """Every attack of which the verdict has checks, with these."""
    for evidence in EVIDENCE:
        checks = [c for c in verdict.checks if c.family == "privacy" and c.name.startswith(evidence.checks)]
        run = [check for check in checks if check.facts.get("applicable", True)]
        if checks:
            yield Shown(evidence, tuple(_nearest_to_failing(run)), len(checks) - len(run))


def _nearest_to_failing(checks: Sequence[CheckResult]) -> list[CheckResult]:
    def room(check: CheckResult) -> tuple[bool, float]:
        known = check.value is not None and check.threshold is not None
        return check.passed, (check.threshold or 0.0) - (check.value or 0.0) if known else 0.0

    return sorted(checks, key=room)
