"""Settling generated tables: columns that add up other tables' rows, once these rows are there.

A parent's total is drawn before its children, who are drawn knowing it. When all tables are there, it is replaced by
what they add up to, and with it everything that is computed from it: in its own row (`due = total + tax`), and in
rows that copy it, or agree with it in most rows (`paid = total`): these stay off it as they were drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.order import Bound
from synth_assets.dependencies.totals import children_of, total
from synth_assets.plan.dependencies import NotAbove, Total
from synth_assets.synthesize.relational.keeping.kept import total_reference
from synth_assets.synthesize.relational.named_columns import NamedColumns, Place
from synth_assets.synthesize.relational.residuals import Mostly
from synth_assets.synthesize.relational.structure import TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables


@dataclass(frozen=True)
class TableRules:
    """What settling must keep in one table.

    Attributes:
        free: Columns that may be changed for the sake of an order.
    """

    totals: tuple[Total, ...] = ()
    formulas: tuple[Formula, ...] = ()
    mostly: tuple[Mostly, ...] = ()
    orders: tuple[NotAbove, ...] = ()
    free: frozenset[str] = frozenset()


Step = Total | Formula | Mostly | Bound


class Settling:
    """What must be computed anew, and in which order.

    Args:
        structures: All tables.
        rules: By table; tables without any may be left out.
    """

    def __init__(self, structures: Mapping[str, TableStructure], rules: Mapping[str, TableRules]) -> None:
        self._structures = structures
        self._rules = rules

    def plan(self, names: NamedColumns) -> list[tuple[str, Step]]:
        """The steps by table, each after those whose columns it needs.

        A total that depends on itself (children that are computed from the parent's total) is left as it was drawn.
        """
        totals = {(table, one.column): (table, one) for table, rules in self._rules.items() for one in rules.totals}
        while True:
            steps: dict[Place, tuple[str, Step]] = dict(totals)
            while more := self._following(steps, names):
                steps |= more
            ordered = self._ordered(steps, names)
            circular = [place for place in totals if place not in {(t, s.column) for t, s in ordered}]
            if not circular:
                return ordered
            del totals[circular[0]]

    def run(self, names: NamedColumns, tables: LinkedTables) -> dict[str, list[pl.Series]]:
        """The columns that change, by table."""
        changed: dict[str, list[pl.Series]] = {}
        steps = self.plan(names)
        off = {
            (table, step.column): step.encode(_frame(table, (step.column, *step.inputs), names))
            for table, step in steps
            if isinstance(step, Mostly)
        }
        for table, step in steps:
            if isinstance(step, Mostly):
                frame = _frame(table, step.inputs, names).with_columns(off[table, step.column])
                values = step.decode(frame, names.own(table, step.column).dtype)
            else:
                values = self._computed(table, step, names, tables)
            names.put(table, values)
            changed.setdefault(table, []).append(values)
        return changed

    def _following(self, steps: Mapping[Place, object], names: NamedColumns) -> dict[Place, tuple[str, Step]]:
        """What is computed from columns that change, and what must not lie beyond them."""
        found: dict[Place, tuple[str, Step]] = {}
        for table, rules in self._rules.items():
            given: tuple[Formula | Mostly, ...] = (*rules.formulas, *rules.mostly)
            made = {one.column for one in given}
            for one in given:
                place = (table, one.column)
                if place not in steps and any(names.place(table, name) in steps for name in one.inputs):
                    found[place] = (table, one)
            for order in rules.orders:
                for bound in Bound.of(order):
                    place, other = (table, bound.column), (table, bound.by)
                    if other in steps and place not in steps and bound.column in rules.free - made:
                        found.setdefault(place, (table, bound))
        return found

    def _ordered(self, steps: Mapping[Place, tuple[str, Step]], names: NamedColumns) -> list[tuple[str, Step]]:
        """The steps that can be put in order; those of a circle are missing."""
        needed = {place: self._needed(table, step, names) & set(steps) for place, (table, step) in steps.items()}
        done: list[Place] = []
        while ready := [place for place in steps if place not in done and needed[place] <= set(done)]:
            done += ready
        return [steps[place] for place in done]

    def _needed(self, table: str, step: Step, names: NamedColumns) -> set[Place]:
        if isinstance(step, Total):
            return {(step.child, name) for name in step.added_up}
        # A bounded column is bounded as it is.
        return {place for name in step.inputs if (place := names.place(table, name))} - {(table, step.column)}

    def _computed(
        self, table: str, step: Total | Formula | Bound, names: NamedColumns, tables: LinkedTables
    ) -> pl.Series:
        structure = self._structures[table]
        dtype = tables.frame(table).schema.get(step.column) or polars_type(structure.table.column(step.column).type)
        if isinstance(step, Total):
            reference = total_reference(step, structure, self._structures)
            if reference is None:
                raise KeyError(step.column)
            added_up = pl.DataFrame([names.own(step.child, name) for name in step.added_up])
            children = children_of(step.child, step.key, added_up, tables.parents(reference.child, reference.key))
            return total(step, children, tables.frame(table).height, dtype)
        return step.apply(_frame(table, step.inputs, names), dtype)


def _frame(table: str, columns: Sequence[str], names: NamedColumns) -> pl.DataFrame:
    return pl.DataFrame([names.of(table, name).alias(name) for name in dict.fromkeys(columns)])
