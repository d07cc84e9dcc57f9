"""The checks of what synthetic rows disclose of learned rows: who a row is, what it holds, that it was learned."""

from collections.abc import Sequence, Set

import numpy as np

from synth_assets.plan.resolved import PrivacyGate
from synth_assets.statistics.advantage import Advantage
from synth_assets.statistics.disclosure import Attacked, measure_disclosure
from synth_assets.statistics.distances import Membership
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.bounded import (
    HELD_OUT_ROWS_FOR_FALSE_POSITIVES,
    HOLD_OUT,
    advantage_figure,
    bounded_figure,
    too_few_for_false_positives,
)
from synth_assets.validate.compared import ANOTHER_SYNTHESIZER, FAMILY, compared
from synth_assets.validate.entities import Entities
from synth_assets.validate.results import figure, not_applicable
from synth_assets.validate.subject import Subject

MEMBERSHIPS = ("density", "neighbour_ratio")
NAMES = (
    "privacy_identity",
    "privacy_attribute",
    "privacy_near_copies",
    "privacy_rare_near_copies",
    "privacy_rare_combinations",
    *(f"privacy_{kind}_{of}" for kind in MEMBERSHIPS for of in ("auc", "true_positives")),
)
_NEAR = "have a synthetic row that is five times nearer than any other source row"
_TELLING = "Treat the columns that tell most of a person otherwise (fake, mask, coarser values). "
_NO_CLAIM = "the attack concerns no row of one side, or rows of too few entities"


def table_checks(
    subject: Subject, *, gate: PrivacyGate, entities: Entities, why_not: str | None, rng: np.random.Generator
) -> list[CheckResult]:
    """The attacks on one table; `why_not` is the rule that excuses it."""
    if why_not:
        return [not_applicable(name=name, table=subject.name, family=FAMILY, why=why_not) for name in NAMES]
    columns = compared(subject)
    sides = entities.training(subject.name), entities.held_out(subject.name)
    decision = subject.decision
    lost = {*decision.quasi_identifiers, *decision.sensitive} - set(columns)
    if lost or not all(map(len, sides)):
        return [_not_computed(subject, name, lost) for name in NAMES]
    rows = Attacked.of(
        subject.extracted.read(columns=columns, part="training"),
        subject.extracted.read(columns=columns, part="held_out"),
        subject.drawn.read(columns=columns),
        columns=columns,
        entities=sides,
    )
    found = measure_disclosure(
        rows,
        quasi_identifiers=decision.quasi_identifiers,
        sensitive=decision.sensitive,
        min_group=subject.min_group,
        rng=rng,
    )
    known = ", ".join(decision.quasi_identifiers) or "three columns, drawn at random"
    guessed = _advantage(
        subject,
        "attribute",
        found.attribute,
        gate.attribute,
        what="values that are not the commonest can be guessed from the rest of their row by the nearest synthetic row",
        remedy=_TELLING + ANOTHER_SYNTHESIZER,
    )
    by_column = {name: one.value for name, one in found.by_column.items() if one}
    return [
        _advantage(
            subject,
            "identity",
            found.identity,
            gate.identity,
            what=f"rows that are the only ones with their values of {known} meet a synthetic row that has these values "
            "and at least three quarters of the others right",
            remedy=_TELLING + ANOTHER_SYNTHESIZER,
        ),
        guessed.model_copy(update={"facts": guessed.facts | {"by_column": dict(by_column)}}),
        *near_copies(subject, "", found.near_copies, found.rare_near_copies, gate),
        _advantage(
            subject,
            "rare_combinations",
            found.combinations,
            gate.rare_combinations,
            what=f"combinations of three columns that fewer than {subject.min_group} source rows share came out",
            remedy=ANOTHER_SYNTHESIZER,
        ),
        *memberships(subject, "", (found.density, found.ratio), gate, held_out=len(sides[1])),
    ]


def near_copies(
    subject: Subject, prefix: str, of_all: Advantage | None, of_rare: Advantage | None, gate: PrivacyGate
) -> list[CheckResult]:
    """The checks of near copies: of all rows, and of those that stand apart."""
    of = "entities (rows with all that hangs on them)" if prefix else "rows"
    return [
        _advantage(
            subject, f"{prefix}near_copies", of_all, gate.near_copies, what=f"{of} {_NEAR}", remedy=ANOTHER_SYNTHESIZER
        ),
        _advantage(
            subject,
            f"{prefix}rare_near_copies",
            of_rare,
            gate.near_copies,
            what=f"{of} of the tenth that stand apart from all others {_NEAR}",
            remedy=ANOTHER_SYNTHESIZER,
        ),
    ]


def memberships(
    subject: Subject, prefix: str, found: Sequence[Membership], gate: PrivacyGate, *, held_out: int
) -> list[CheckResult]:
    """The checks of membership attacks by density and by the ratio of the nearest two distances."""
    texts = (
        "by how dense synthetic rows lie compared with source rows",
        "by how much nearer the nearest synthetic row is than the second nearest",
    )
    checks = []
    for kind, how, attack in zip(MEMBERSHIPS, texts, found, strict=True):
        name = f"{prefix}{kind}_auc"
        what = f"is the AUC of a membership attack {how} (0.5 is best)"
        checks.append(bounded_figure(subject, name, attack.auc, gate.membership_auc, what))
        name = f"{prefix}{kind}_true_positives"
        if held_out < HELD_OUT_ROWS_FOR_FALSE_POSITIVES:
            checks.append(too_few_for_false_positives(subject, f"privacy_{name}"))
            continue
        what = f"of the training rows are found {how}, at 1 % false positives (0.01 is best)"
        checks.append(bounded_figure(subject, name, attack.true_positives, gate.membership_true_positives, what))
    return checks


def _advantage(
    subject: Subject, name: str, found: Advantage | None, threshold: float, *, what: str, remedy: str
) -> CheckResult:
    if found is None:
        return not_applicable(name=f"privacy_{name}", table=subject.name, family=FAMILY, why=_NO_CLAIM)
    return advantage_figure(subject, name, found, threshold, what=what, remedy=remedy)


def _not_computed(subject: Subject, name: str, lost: Set[str]) -> CheckResult:
    """A figure that there are no held-out rows for, or that asks for columns that are not learned."""
    return figure(
        name=name,
        table=subject.name,
        family=FAMILY,
        value=None,
        threshold=0.0,
        passed=False,
        severity=Severity.ERROR,
        description="",
        remedy=f"Of `quasi_identifiers` and `sensitive`, take out what is not learned: {', '.join(sorted(lost))}."
        if lost
        else HOLD_OUT,
    )
