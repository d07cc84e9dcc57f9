"""The privacy checks of whole entities: a row of the root with all the rows that hang on it."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from synth_assets.catalog.model import ForeignKey
from synth_assets.plan.resolved import PrivacyGate
from synth_assets.statistics.disclosure import Attacked, neighbourhood
from synth_assets.store.verdict import CheckResult
from synth_assets.validate.compared import FAMILY, compared, why_no_rows
from synth_assets.validate.disclosure import memberships, near_copies
from synth_assets.validate.entities import Entities
from synth_assets.validate.entity_rows import common_labels, entity_rows
from synth_assets.validate.results import guarded, not_applicable
from synth_assets.validate.rows import Rows
from synth_assets.validate.subject import Subject

FEWEST_HELD_OUT = 20


def entity_checks(
    judged: Mapping[str, Subject],
    entities: Entities,
    driving: Mapping[str, ForeignKey],
    *,
    gate: PrivacyGate,
    seed: int,
) -> list[CheckResult]:
    """Near copies and membership of every table that others hang on and of which at least 20 rows are held out."""
    checks: list[CheckResult] = []
    for root in sorted(entities.roots & set(judged)):
        below = [name for name in entities.below(root) if name in judged and not why_no_rows(judged[name])]
        if not below or not judged[root].drawn.rows or judged[root].decision.private:
            continue
        if len(entities.held_out(root)) < FEWEST_HELD_OUT:
            why = f"fewer than {FEWEST_HELD_OUT} entities are held out"
            checks.append(not_applicable(name="privacy_entity_near_copies", table=root, family=FAMILY, why=why))
            continue
        run = partial(_of_root, judged, root, below, entities, driving, gate, seed)
        checks += guarded(run, name="privacy_entities", table=root, family=FAMILY)
    return checks


def _of_root(
    judged: Mapping[str, Subject],
    root: str,
    below: list[str],
    entities: Entities,
    driving: Mapping[str, ForeignKey],
    gate: PrivacyGate,
    seed: int,
) -> list[CheckResult]:
    subject, tables = judged[root], [root, *below]
    columns = {name: () if why_no_rows(judged[name]) else compared(judged[name]) for name in tables}
    labels = {name: common_labels(judged[name].extracted.read(columns=columns[name]), columns[name]) for name in below}
    source = {name: judged[name].extracted for name in tables}
    made: dict[str, Rows] = {name: s.drawn for name, s in judged.items()}
    synthetic = Entities(made, driving)
    sides = []
    for part in ("training", "held_out"):
        numbers = {n: entities.training(n) if part == "training" else entities.held_out(n) for n in below}
        sides.append(entity_rows(source, root=root, columns=columns, numbers=numbers, labels=labels, part=part))
    numbers = {name: synthetic.numbers(name, root=root) for name in below}
    drawn = entity_rows(made, root=root, columns=columns, numbers=numbers, labels=labels, part="all")
    alone = np.arange(sides[0].height), np.arange(sides[1].height)
    rows = Attacked.of(sides[0], sides[1], drawn, columns=drawn.columns, entities=alone)
    density, ratio, near, rare_near = neighbourhood(rows, rng=np.random.default_rng([seed, 11]))
    return [
        *near_copies(subject, "entity_", near, rare_near, gate),
        *memberships(subject, "entity_", (density, ratio), gate, held_out=sides[1].height),
    ]
