"""Generated rows of one table, changed so that its dependencies hold in every one."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.dependencies.breaking import broken_rows
from synth_assets.dependencies.combination import keep_combination, shared_combinations
from synth_assets.dependencies.determined import keep_determined
from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.formulas import in_order
from synth_assets.dependencies.grid import Grid, keep_on_grid
from synth_assets.dependencies.null_by import keep_null_by, relabel_null_by
from synth_assets.dependencies.null_together import keep_null_together
from synth_assets.dependencies.one_of import keep_one_of
from synth_assets.dependencies.order import keep_orders
from synth_assets.plan.dependencies import (
    Combination,
    Computed,
    Dependency,
    Determined,
    NotAbove,
    NullBy,
    NullTogether,
    OneOf,
    OnGrid,
    Total,
)
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.keeping.kept import (
    changeable_columns,
    declared_formulas,
    kept_dependencies,
    marked_columns,
)
from synth_assets.synthesize.relational.keeping.mending import donors, tied_together
from synth_assets.synthesize.relational.named_columns import NamedColumns
from synth_assets.synthesize.relational.residuals import Mostly
from synth_assets.synthesize.relational.shape import saved_shape
from synth_assets.synthesize.relational.structure import TableStructure

TURNS = 3
MOST_DONORS = 20
VALUES = "values"


class Keeping:
    """What is kept in one table.

    Args:
        table: Its name.
        dependencies: Those to keep; totals and what is computed apart.
        formulas: The computed columns, each after those that it is computed from.
        declared: The computed columns that a model has drawn nevertheless.
        mostly: The columns that formulas give in most rows.
        free: Columns that may be changed.
        known: The combinations that may come out, by the text of their dependency.
        gaps: The times that never lie before others.
    """

    def __init__(
        self,
        table: str,
        dependencies: Sequence[Dependency],
        formulas: Sequence[Formula],
        *,
        declared: frozenset[str],
        mostly: Sequence[Mostly],
        free: frozenset[str],
        known: Mapping[str, pl.DataFrame],
        gaps: Gaps,
    ) -> None:
        self._gaps = gaps
        self._table = table
        self._dependencies = dependencies
        self._declared = declared
        self._mostly = {one.column: one for one in mostly if one.column not in declared}
        self._formulas = in_order([*formulas, *(one.formula for one in self._mostly.values())])
        self._free = free - {formula.column for formula in formulas}
        self._known = known
        self._grids = {one.column: Grid(**one.model_dump()) for one in dependencies if isinstance(one, OnGrid)}

    def apply(self, rows: pl.DataFrame, names: NamedColumns, rng: np.random.Generator) -> pl.DataFrame:
        """The rows so that everything holds; columns that break nothing stay as they are.

        Args:
            names: The same rows, and what they know of the rows above them.
        """
        orders = [one for one in self._dependencies if isinstance(one, NotAbove)]
        orders += [
            NotAbove(lower=gap.since, upper=gap.column)
            for gap in self._gaps.steps
            # The date of a day is not before a time of that day.
            if gap.floor == 1 and type(rows.schema[gap.since]) is type(rows.schema[gap.column])
        ]
        for _ in range(TURNS):
            start = rows
            rows = self._on_grids(self._nulls(self._labels(rows, rng), rng))
            rows = keep_orders(rows, orders, self._free, self._grids)
            rows = self._computed(rows, start, names)
            if all(start[name].equals(rows[name]) for name in rows.columns):
                break
        start = rows
        for one in self._dependencies:
            # What begins later than anything may end stays NULL, whatever its label says: it takes another.
            if isinstance(one, NullBy):
                rows = relabel_null_by(rows, one, free=self._free, rng=rng)
        return self._mended(self._computed(rows, start, names), [*self._dependencies, *orders], names, rng)

    def _mended(
        self, rows: pl.DataFrame, kept: Sequence[Dependency], names: NamedColumns, rng: np.random.Generator
    ) -> pl.DataFrame:
        """The rows of which those that break something take what has to do with it from one that breaks nothing."""
        ties = [one.columns for one in (*kept, *self._formulas) if set(one.columns) <= set(rows.columns)]
        free = self._free & set(rows.columns)
        of_labels = {name for one in kept if not isinstance(one, NotAbove | OnGrid) for name in one.columns}
        groups = tied_together([*ties, *((gap.column, gap.since) for gap in self._gaps.steps)])
        broken = {one.text: broken_rows(rows, one, self._known.get(one.text)) for one in kept}
        for _ in range(MOST_DONORS):
            wrong = np.logical_or.reduce(list(broken.values()), initial=False)
            if not np.any(wrong) or np.all(wrong):
                break
            since, source = self._gaps.encode(rows), {name: np.arange(rows.height) for name in free}
            for group in groups:
                here = [broken[one.text] for one in kept if set(one.columns) <= group]
                alike = sorted((group & of_labels) - free)
                at, donor = donors(rows, np.logical_or.reduce(here, initial=False), ~wrong, alike=alike, rng=rng)
                for name in group & free:
                    source[name][at] = donor
            taken = since.with_columns(since[name].gather(source[name]) for name in sorted(free))
            tried = self._computed(self._gaps.decode(taken, rows.schema), rows, names)
            still = np.logical_or.reduce([broken_rows(tried, one, self._known.get(one.text)) for one in kept])
            left = pl.Series(~wrong | still)
            rows = rows.with_columns(rows[name].zip_with(left, tried[name]) for name in rows.columns)
            broken = {text: of & still for text, of in broken.items()}
            for values in rows:
                names.put(self._table, values)
        return rows

    def _labels(self, rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """What concerns single values, one after the other; what one has settled the next leaves alone."""
        free = set(self._free) - {name for gap in self._gaps.steps for name in (gap.column, gap.since)}
        for one in self._dependencies:
            match one:
                case Combination():
                    rows = keep_combination(rows, one, self._known[one.text], free=free, rng=rng)
                    free -= set(one.columns)
                case OneOf():
                    rows = keep_one_of(rows, one, free=free, rng=rng)
                    free -= set(one.columns)
        for one in self._dependencies:
            if isinstance(one, Determined):
                rows = keep_determined(rows, one, free=free, rng=rng)
                free.discard(one.column)
        return rows

    def _nulls(self, rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """What concerns NULLs: a time put in place of one lies as long after the one before as another row's does."""
        since = self._gaps.encode(rows)
        kept = since
        for one in self._dependencies:
            if isinstance(one, NullBy):
                kept = keep_null_by(kept, one, free=self._free, rng=rng)
        for one in self._dependencies:
            if isinstance(one, NullTogether):
                kept = keep_null_together(kept, one, free=self._free, rng=rng)
        if kept.equals(since):
            return rows
        changed = pl.Series(np.logical_or.reduce([kept[n].ne_missing(since[n]).to_numpy() for n in rows.columns]))
        decoded = self._gaps.decode(kept, rows.schema)
        return rows.with_columns(rows[name].zip_with(~changed, decoded[name]) for name in rows.columns)

    def _on_grids(self, rows: pl.DataFrame) -> pl.DataFrame:
        for grid in self._grids.values():
            rows = keep_on_grid(rows, grid, self._free)
        return rows

    def _computed(self, rows: pl.DataFrame, before: pl.DataFrame, names: NamedColumns) -> pl.DataFrame:
        """The rows with the columns of formulas of which anything has changed, and of those that the plan declares.

        What a formula gives in most rows stays off it as it was `before`.
        """
        changed = {name for name in rows.columns if not rows[name].equals(before[name])}
        for name in changed:
            names.put(self._table, rows[name])
        for formula in self._formulas:
            if formula.column not in self._declared and not changed & set(formula.inputs):
                continue
            frame = pl.DataFrame([names.of(self._table, name).alias(name) for name in dict.fromkeys(formula.inputs)])
            one = self._mostly.get(formula.column)
            values = _as_far_off(one, rows, before, frame) if one else formula.apply(frame, rows.schema[formula.column])
            names.put(self._table, values)
            changed.add(formula.column)
            rows = rows.with_columns(values)
        return rows


def _as_far_off(one: Mostly, rows: pl.DataFrame, before: pl.DataFrame, inputs: pl.DataFrame) -> pl.Series:
    """Its column as far off the formula as `before`, where an input has changed and the column has not."""
    here = [name for name in inputs.columns if name in before.columns]
    off = one.encode(inputs.with_columns(before.select(*here, one.column)))
    values = one.decode(inputs.with_columns(off), rows.schema[one.column])
    moved = np.logical_or.reduce([inputs[name].ne_missing(before[name]).to_numpy() for name in here])
    own = rows[one.column].eq_missing(before[one.column]).to_numpy()
    return values.zip_with(pl.Series(moved & own), rows[one.column])


def saved_keeping(
    model: Folder,
    structure: TableStructure,
    profiles: Mapping[str, TableProfile],
    structures: Mapping[str, TableStructure],
) -> Keeping | None:
    """What is kept in a table beside what its saved model keeps by itself; None if that is nothing."""
    kept = [one for one in kept_dependencies(structure, profiles, structures) if not isinstance(one, Total | Computed)]
    declared = declared_formulas(structure, profiles)
    if not kept and not declared:
        return None
    shape = saved_shape(model.folder(VALUES))
    return Keeping(
        structure.name,
        kept,
        computed_columns(model, declared),
        declared=frozenset(formula.column for formula in declared),
        mostly=mostly_computed(model),
        free=changeable_columns(model, structure) | marked_columns(structure),
        known={one.text: model.read_frame(_file(one)) for one in kept if isinstance(one, Combination)},
        gaps=shape.gaps if shape else Gaps(),
    )


def computed_columns(model: Folder, declared: Sequence[Formula]) -> tuple[Formula, ...]:
    """The formulas of a saved model and those that are declared, each after those whose columns it needs."""
    shape = saved_shape(model.folder(VALUES))
    return in_order([*(shape.formulas if shape else ()), *declared])


def mostly_computed(model: Folder) -> tuple[Mostly, ...]:
    """The columns of a saved model that formulas give in most rows."""
    shape = saved_shape(model.folder(VALUES))
    return shape.residuals.mostly if shape else ()


def running_columns(model: Folder) -> tuple[str, ...]:
    """The running totals of a saved model."""
    shape = saved_shape(model.folder(VALUES))
    return tuple(one.column for one in shape.order.running) if shape and shape.order else ()


def save_combinations(folder: Folder, rows: pl.DataFrame, kept: Sequence[Dependency], *, min_group: int) -> None:
    """Save the combinations that training rows share, for generated rows to keep to."""
    for one in kept:
        if isinstance(one, Combination):
            folder.write_frame(_file(one), shared_combinations(rows, one.columns, min_group=min_group))


def _file(one: Combination) -> str:
    return f"{one.text}.parquet"
