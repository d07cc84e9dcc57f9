"""What a value model is fitted on, and what its rows are drawn for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.formulas import find_formulas
from synth_assets.plan.dependencies import SIGNS
from synth_assets.synthesize.registry import learns_context
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.ends import find_stride
from synth_assets.synthesize.relational.families.links import Link, find_links
from synth_assets.synthesize.relational.families.order import follows_in
from synth_assets.synthesize.relational.families.rising import find_rising
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.residuals import Residuals
from synth_assets.synthesize.relational.spans import Spans

RARE = "\x01rare"


@dataclass(frozen=True)
class Siblings:
    """How the rows that a model is trained on belong together.

    Attributes:
        families: The parent of each row; a row without one is a family of its own (a negative number).
        order_by: Values in whose order siblings stand.
        column: The column among those to learn that `order_by` is; None if it is none of them.
        follow: Rows are generated knowing the siblings before them.
        continuous: False for rows whose forerunner is held out; what they follow is not known.
    """

    families: Rows
    order_by: pl.Series
    column: str | None
    follow: bool
    continuous: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Training:
    """What a value model is fitted on.

    Attributes:
        rows: Columns to learn, then hidden ones (counts of children, leaves of further parents, ...).
        hidden: Names of the hidden columns: they are never published.
        kept: Columns whose real values the plan lets through.
        declared: By column the labels that its type or a CHECK names, where these are all that it may be.
        context: What is known of each row's parents.
        common_labels: By column of the context, the labels that models may know by name; columns that are not in it
            have no others.
        implied: Columns of the context that are not looked at, since the role of a parent says all they do.
        known: Columns of the same rows that are made earlier.
        siblings: None for rows that have nothing to do with each other.
        computed_later: Columns that are drawn, and computed when all rows are there.
        discover: What holds between columns in all rows is looked for.
        canaries: Invented values are planted into some rows, see canaries.
    """

    rows: pl.DataFrame
    hidden: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: pl.DataFrame | None = None
    common_labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    implied: frozenset[str] = frozenset()
    known: pl.DataFrame | None = None
    siblings: Siblings | None = None
    computed_later: frozenset[str] = frozenset()
    discover: bool = True
    canaries: bool = False

    @property
    def told(self) -> pl.DataFrame | None:
        """What models may know of each row: the context with one word for all labels that they may not, and `known`."""
        if self.context is None and self.known is None:
            return None
        context = self.context
        if context is not None:
            context = context.with_columns(
                pl.when(pl.col(name).is_in(labels) | pl.col(name).is_null())
                .then(name)
                .otherwise(pl.lit(RARE))
                .alias(name)
                for name, labels in self.common_labels.items()
                if name in context.columns
            ).drop(self.implied, strict=False)
        return beside(context, self.known)


@dataclass(frozen=True)
class Surroundings:
    """What rows are drawn for.

    Attributes:
        rows: How many.
        context, known: As in Training.
        families: The family of each row, those of one family side by side; None for rows that know of no other.
        given: Columns of the rows themselves that are fixed, for engines that know nothing of `known`.
    """

    rows: int
    context: pl.DataFrame | None = None
    known: pl.DataFrame | None = None
    families: Rows | None = None
    given: pl.DataFrame | None = None

    def at(self, rows: Rows) -> "Surroundings":
        """The same for some rows, each by itself."""
        return Surroundings(
            len(rows),
            None if self.context is None else self.context[rows],
            None if self.known is None else self.known[rows],
            given=None if self.given is None else self.given[rows],
        )


def formulas_of(training: Training, synthesizer: str, min_group: int, seed: int) -> tuple[Formula, ...]:
    """The published columns that others give; none for engines that know nothing of other tables' rows."""
    if not learns_context(synthesizer) or not training.discover:
        return ()
    fixed = {*training.kept, *training.computed_later, *([training.siblings.column] if training.siblings else [])}
    published = training.rows.drop(training.hidden)
    rows = published.select(name for name in published.columns if name not in fixed)
    others = published.drop(rows.columns)
    return find_formulas(rows, beside(training.context, training.known, others), min_group=min_group, seed=seed)


def drawn_too(formulas: Sequence[Formula], schema: pl.Schema) -> frozenset[str]:
    """Computed numbers that are drawn besides: what hangs on a total is not told by prices and quantities as well."""
    return frozenset(
        formula.column
        for formula in formulas
        if schema[formula.column].is_numeric() and formula.right is not None and formula.operation in SIGNS
    )


def given_by(formulas: Sequence[Formula], residuals: Residuals) -> dict[str, tuple[str, ...]]:
    """For each column that others nearly give, these others."""
    given = {formula.column: formula.inputs for formula in formulas}
    for one in residuals.mostly:
        # In that order: a column, drawn no more exactly than codes are, would tell what it is off what gives it.
        given |= {one.off: one.formula.inputs, one.column: (*one.formula.inputs, one.off)}
    for same in residuals.same:
        given |= {same.told: (same.by,), same.column: (same.by, same.told)}
    return given


def rising_of(training: Training, rows: pl.DataFrame) -> tuple[str, ...]:
    """The columns to learn that never fall from sibling to sibling."""
    siblings = training.siblings
    if not training.discover or siblings is None or not siblings.follow:
        return ()
    arranged = Arranged.by(siblings.families, siblings.order_by)
    fixed = training.kept | training.computed_later | {*training.hidden, siblings.column}
    return find_rising(
        rows,
        siblings.order_by,
        order=arranged.order,
        follows=(arranged.position > 0) & siblings.continuous[arranged.order],
        among=[name for name in rows.columns if name not in fixed],
    )


def residuals_of(
    training: Training,
    rows: pl.DataFrame,
    gaps: Gaps,
    min_group: int,
    *,
    besides: Collection[str],
    computed: Sequence[Formula],
    formulas: bool,
) -> Residuals:
    """The columns to learn that nearly follow others, of the table or of its parents.

    Args:
        besides: Columns that follow none.
        computed: What gives some of the columns.
        formulas: Whether formulas that hold in most rows are looked for.
    """
    if not training.discover:
        return Residuals()
    closed = training.kept | training.computed_later | gaps.columns | gaps.since | {*training.hidden, *besides}
    order_by = training.siblings.column if training.siblings else None
    among = [name for name in rows.columns if name not in closed and name != order_by]
    around = beside(training.known, rows.drop(training.hidden))
    found = Residuals.find(
        around, min_group=min_group, among=among, outside=training.context, computed=computed, formulas=formulas
    )
    if not formulas or (training.siblings is not None and training.siblings.follow):
        # Rows that follow others are told what these were before any of it is set.
        return found
    given = {formula.column for formula in computed}
    return found.with_same(rows, among=[name for name in among if name not in given], min_group=min_group)


def spans_of(training: Training, rows: pl.DataFrame, gaps: Gaps, gridded: Gridded, min_group: int) -> Spans:
    """The times to learn that never leave a span of their parents."""
    if not training.discover:
        return Spans()
    closed = training.kept | training.computed_later | {*training.hidden}
    known = training.known.columns if training.known is not None else ()
    among = [name for name in rows.columns if name not in closed and name not in known]
    families, order_by = _families_by_begin(training)
    return Spans.find(
        beside(training.known, rows),
        training.context,
        among=among,
        gaps=gaps,
        gridded=gridded,
        order_by=order_by,
        families=families,
        min_group=min_group,
    )


def links_of(
    training: Training, siblings: Siblings, rows: pl.DataFrame, arranged: Arranged, gaps: Gaps, residuals: Residuals
) -> tuple[Link, ...]:
    """The columns that siblings set, among those by which no other is told."""
    by = residuals.followed | gaps.since | {siblings.column}
    fixed = training.kept | training.computed_later | {*training.hidden} | by
    among = [name for name in rows.columns if name in training.rows.columns and name not in fixed]
    return find_links(rows, arranged, follows=follows_in(arranged, siblings.continuous), among=among)


def _families_by_begin(training: Training) -> tuple[int, str | None]:
    """How many families there are and the column that orders them, unless they are told by where they end."""
    siblings = training.siblings
    if siblings is None or not siblings.follow or siblings.column is None:
        return 0, None
    arranged = Arranged.by(siblings.families, siblings.order_by)
    if find_stride(training.rows[siblings.column], siblings.families, arranged, unit=1):
        return 0, None
    return int(np.count_nonzero(arranged.position == 0)), siblings.column


def families_of(parents: Rows) -> Rows:
    """The family of each row: its parent; a row without one is a family of its own."""
    return np.where(parents < 0, -1 - np.arange(len(parents)), parents)


def beside(*frames: pl.DataFrame | None) -> pl.DataFrame:
    """Frames of the same rows side by side; any may be missing."""
    there = [frame for frame in frames if frame is not None]
    wide = [frame for frame in there if frame.width]
    if not wide:
        return pl.DataFrame(height=max((frame.height for frame in there), default=0))
    return wide[0] if len(wide) == 1 else pl.concat(wide, how="horizontal")
