"""Bias: are groups further apart in the synthetic rows than they are in the source?

Groups and outcomes are told by number, in order of their source rows, and never by value: the verdict holds none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.plan.limits import share_text
from synth_assets.plan.resolved import BiasGate, BiasQuestion
from synth_assets.statistics.encoding import Array, Scale, as_numbers, as_text, scale_of
from synth_assets.statistics.rates import Gap, amplification, gap
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.compared import why_no_rows
from synth_assets.validate.entities import Entities
from synth_assets.validate.results import figure, guarded, name_part, not_applicable
from synth_assets.validate.rows import Rows
from synth_assets.validate.subject import Subject

FAMILY = "bias"
ROWS_OF_A_GROUP = 100
MOST_GROUPS = 12
CLASSES = 4
_REMEDY = (
    "Learn the table with an engine that keeps how the two columns go together (trees), raise its scale if groups are "
    "small, or raise gate.bias.amplification if the gap is acceptable."
)


@dataclass(frozen=True)
class Compared:
    """One group and one outcome on both sides; None where a side has no row to tell it by."""

    group: int
    outcome: int
    source: Gap | None
    synthetic: Gap | None


def bias_checks(
    questions: Sequence[BiasQuestion],
    judged: Mapping[str, Subject],
    entities: Entities,
    driving: Mapping[str, ForeignKey],
    *,
    gate: BiasGate,
) -> Iterator[CheckResult]:
    """A check for each of the plan's questions."""
    made: dict[str, Rows] = {name: subject.drawn for name, subject in judged.items()}
    synthetic = Entities(made, driving)
    for question in questions:
        name = f"bias_{name_part(question.sensitive)}_{name_part(question.outcome)}"
        run = partial(_check, name, question, judged[question.table], entities, synthetic, gate)
        yield from guarded(run, name=name, table=question.table, family=FAMILY)


def _check(
    name: str, question: BiasQuestion, subject: Subject, entities: Entities, synthetic: Entities, gate: BiasGate
) -> list[CheckResult]:
    why = why_no_rows(subject)
    if why:
        return [not_applicable(name=name, table=subject.name, family=FAMILY, why=why)]
    columns = [question.sensitive, question.outcome]
    sides = subject.comparable.read(columns=columns), subject.drawn.read(columns=columns)
    root = entities.root(subject.name)
    clusters = [
        of.numbers(subject.name, root=root) if root else np.arange(of_table.rows)
        for of, of_table in ((entities, subject.extracted), (synthetic, subject.drawn))
    ]
    if subject.reweighted is not None:
        clusters[0] = clusters[0][subject.reweighted.chosen("all")]
    groups = split(sides[0][question.sensitive], sides[1][question.sensitive])
    outcomes = split(sides[0][question.outcome], sides[1][question.outcome])
    if len(groups) < 2 or not outcomes:
        why = f"fewer than two groups have {ROWS_OF_A_GROUP} source rows"
        return [not_applicable(name=name, table=subject.name, family=FAMILY, why=why)]
    # What is not one of two outcomes is the other.
    outcomes = outcomes[-1:] if len(outcomes) == 2 else outcomes
    found = [
        Compared(number, place, *(gap(group[side], outcome[side], clusters[side]) for side in (0, 1)))
        for number, group in enumerate(groups, start=1)
        for place, outcome in enumerate(outcomes, start=1)
    ]
    return [_judged(name, question, subject.name, found, gate.amplification)]


def _judged(name: str, question: BiasQuestion, table: str, found: Sequence[Compared], threshold: float) -> CheckResult:
    wider = [
        amplification(one.source, one.synthetic, comparisons=len(found)) if one.source and one.synthetic else None
        for one in found
    ]
    known = [one for one in wider if one]
    complete = len(known) == len(found)
    most, lower = max(known, key=lambda one: one[1]) if known else (0.0, 0.0)
    return figure(
        name=name,
        table=table,
        family=FAMILY,
        value=most if complete else None,
        threshold=threshold,
        passed=lower <= threshold,
        severity=Severity.ERROR,
        description=(
            f"Between the groups of {question.sensitive}, rates of {question.outcome} differ by up to {most:.2%} more "
            f"than in the source. Wanted: at most {share_text(threshold)} more; it fails when even what chance cannot "
            f"explain in one of a thousand tables, {lower:.2%}, is above."
        ),
        remedy=_REMEDY if complete else "A group of the source has no synthetic rows: raise the table's scale.",
        facts={
            "rates": [
                {
                    "group": one.group,
                    "outcome": one.outcome,
                    **({"source_rows": one.source.rows, "source": one.source.rate} if one.source else {}),
                    **(
                        {"synthetic_rows": one.synthetic.rows, "synthetic": one.synthetic.rate} if one.synthetic else {}
                    ),
                }
                for one in found
            ]
        },
    )


def split(source: pl.Series, synthetic: pl.Series) -> list[tuple[Array, Array]]:
    """Which rows of both sides are of each group, the largest group first.

    A number is split at the source's quartiles, anything else by value. Groups of fewer than 100 source rows are left
    out.
    """
    if scale_of(source.dtype, synthetic.dtype) is Scale.NUMBER and source.n_unique() > MOST_GROUPS:
        values = as_numbers(source), as_numbers(synthetic)
        edges = np.unique(np.nanquantile(values[0], np.linspace(0, 1, CLASSES + 1)[1:-1]))
        classes = [np.where(np.isnan(v), -1, np.searchsorted(edges, v, side="left")) for v in values]
        groups = [(classes[0] == number, classes[1] == number) for number in range(len(edges) + 1)]
    else:
        texts = as_text(source), as_text(synthetic)
        labels = texts[0].drop_nulls().value_counts(sort=True)[source.name].head(MOST_GROUPS)
        groups = [tuple((side == label).fill_null(value=False).to_numpy() for side in texts) for label in labels]
    kept = [group for group in groups if group[0].sum() >= ROWS_OF_A_GROUP]
    return sorted(kept, key=lambda group: -int(group[0].sum()))
