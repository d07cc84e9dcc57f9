"""The checks of exact copies of a table: its rows, those that hold a rare value, and its families of rows."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.plan.dependencies import Computed, NotAbove, Total
from synth_assets.statistics.copies import count_copied_families, count_copies
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.rare_rows import count_rare_copies
from synth_assets.statistics.row_keys import Families, column_keys, row_keys
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.compared import ANOTHER_SYNTHESIZER, FAMILY, compared, why_no_rows
from synth_assets.validate.entities import Entities
from synth_assets.validate.results import figure, not_applicable
from synth_assets.validate.subject import Subject

ROWS_FOR_COPIES = 50


def rows_check(subject: Subject, threshold: float, entities: Entities, rng: np.random.Generator) -> CheckResult:
    why = why_no_rows(subject)
    columns = compared(subject)
    if not why and len(columns) < 2:
        why = "one column is learned, and one shared value does not make a copied row"
    if why:
        return not_applicable(name="privacy_copies", table=subject.name, family=FAMILY, why=why)
    found = count_copies(
        subject.extracted.read(columns=columns, part="training"),
        subject.extracted.read(columns=columns, part="held_out"),
        subject.drawn.read(columns=columns),
        columns=columns,
        entities=(entities.training(subject.name), entities.held_out(subject.name)),
        min_group=subject.min_group,
        rng=rng,
    )
    unseen = "of the held-out ones, which no engine saw" if found.by_held_out else "is what coincidence may give"
    small = subject.source_rows < ROWS_FOR_COPIES
    return figure(
        name="privacy_copies",
        table=subject.name,
        family=FAMILY,
        value=found.training - found.chance,
        threshold=threshold,
        passed=found.excess <= threshold,
        severity=Severity.WARN if small else Severity.ERROR,
        description=(
            f"{found.training:.4%} of the training rows that fewer than {subject.min_group} share came out again, "
            f"equal in all {len(columns)} learned columns; {found.chance:.4%} {unseen}. Wanted: at most "
            f"{threshold:.4%} more, beyond what chance does in one of a thousand tables; rows count by how unlikely "
            f"they are to come out by coincidence. {found.share:.4%} of the synthetic rows are such."
        ),
        remedy=ANOTHER_SYNTHESIZER,
        facts={
            "share": found.share,
            "training": found.training,
            "chance": found.chance,
            "by_held_out": found.by_held_out,
            "excess_lower_bound": found.excess,
        },
    )


def rare_rows_check(subject: Subject) -> CheckResult:
    """Copies of rows that hold a value which the engine must keep back: needs no held-out rows."""
    name, why = "privacy_rare_copies", why_no_rows(subject)
    columns = compared(subject)
    rare_in = [name for name in columns if name not in subject.kept and name not in _computed(subject)]
    if not why and len(columns) < 2:
        why = "one column is learned, and one shared value does not make a copied row"
    if not why and not rare_in:
        why = "every column lets rare values through or follows from others"
    if why:
        return not_applicable(name=name, table=subject.name, family=FAMILY, why=why)
    found = count_rare_copies(
        subject.extracted.read(columns=columns),
        subject.drawn.read(columns=columns),
        columns=columns,
        rare_in=rare_in,
        min_group=subject.min_group,
    )
    return figure(
        name=name,
        table=subject.name,
        family=FAMILY,
        value=found.copied / max(found.rows, 1),
        threshold=found.allowed / max(found.rows, 1),
        passed=found.copied <= found.allowed,
        severity=Severity.ERROR,
        description=(
            f"{found.copied} of {found.rows} different source rows with a rare value (a category that fewer than "
            f"{subject.min_group} share, or a number that fewer reach) came out again, equal in all {len(columns)} "
            f"learned columns. Wanted: none, since no such value may come out; up to {found.allowed} are let pass as "
            "coincidences of computed values."
        ),
        remedy=ANOTHER_SYNTHESIZER,
        facts={"rows": found.rows, "copied": found.copied, "allowed": found.allowed},
    )


def _computed(subject: Subject) -> set[str]:
    """The columns whose numbers may follow from others', so that they lie where no engine would put them."""
    found = (known.dependency for known in subject.profile.dependencies) if subject.profile else ()
    return {name for one in found if isinstance(one, Computed | Total | NotAbove) for name in one.columns}


def families_check(subject: Subject, threshold: float, entities: Entities, rng: np.random.Generator) -> CheckResult:
    name = "privacy_copied_families"
    columns, key = compared(subject), entities.family_key(subject.name)
    why = why_no_rows(subject)
    if not why and not columns:
        why = "no two rows share a value of any learned column"
    if not why and key is None:
        why = "its rows hang on no other table's by which they could be held out"
    if why or key is None:
        return not_applicable(name=name, table=subject.name, family=FAMILY, why=why or "")
    wanted = list(dict.fromkeys((*columns, *key.columns)))
    frames = [
        subject.extracted.read(columns=wanted, part="training"),
        subject.extracted.read(columns=wanted, part="held_out"),
        subject.drawn.read(columns=wanted),
    ]
    of_rows = [entities.training(subject.name), entities.held_out(subject.name)]
    found = count_copied_families(*_families(frames, columns, key, of_rows), min_group=subject.min_group, rng=rng)
    if found is None:
        why = "too few of its families of several rows are held out"
        return not_applicable(name=name, table=subject.name, family=FAMILY, why=why)
    return figure(
        name=name,
        table=subject.name,
        family=FAMILY,
        value=found.training - found.chance,
        threshold=threshold,
        passed=found.excess <= threshold,
        severity=Severity.ERROR,
        description=(
            f"Of the training families (all rows with the same {', '.join(key.columns)}, where there are several) that "
            f"fewer than {subject.min_group} equal, {found.training:.4%} came out again, equal in all rows and "
            f"{len(columns)} learned columns; {found.chance:.4%} of the held-out ones, which no engine saw. Wanted: at "
            f"most {threshold:.4%} more, beyond what chance does in one of a thousand tables."
        ),
        remedy=ANOTHER_SYNTHESIZER,
        facts={
            "share": found.share,
            "training": found.training,
            "chance": found.chance,
            "excess_lower_bound": found.excess,
        },
    )


def _families(
    frames: Sequence[pl.DataFrame], columns: Sequence[str], key: ForeignKey, entities: Sequence[Array]
) -> list[Families]:
    """The families of training, held-out and synthetic rows; rows without a parent are of none."""
    rows = [row_keys(values) for values in column_keys(frames, columns)]
    parents = [row_keys(values) for values in column_keys(frames, key.columns)]
    families = []
    for frame, row, parent, entity in zip(frames, rows, parents, [*entities, None], strict=True):
        hangs = frame.select(pl.all_horizontal(pl.col(c).is_not_null() for c in key.columns)).to_series().to_numpy()
        of_row = entity[hangs] if entity is not None else np.zeros(int(hangs.sum()), dtype=np.int64)
        families.append(Families.of(row[hangs], parent[hangs], of_row))
    return families
