"""Finding what holds in a table, completing what a plan declares of it, and counting the rows that break it."""

from collections.abc import Sequence

import polars as pl

from synth_assets.dependencies.breaking import broken_rows
from synth_assets.dependencies.combination import find_combinations, shared_combinations
from synth_assets.dependencies.determined import find_determined
from synth_assets.dependencies.formula import Formula, scale_of
from synth_assets.dependencies.formulas import find_formulas, wrongly_computed
from synth_assets.dependencies.grid import find_grids
from synth_assets.dependencies.jointly import find_jointly_determined, most_different
from synth_assets.dependencies.null_by import find_null_by
from synth_assets.dependencies.null_together import find_null_together
from synth_assets.dependencies.one_of import find_one_of
from synth_assets.dependencies.order import find_orders
from synth_assets.dependencies.totals import Children, broken, find_totals
from synth_assets.dependencies.totals import completed as completed_total
from synth_assets.plan.dependencies import (
    Combination,
    Computed,
    Dependency,
    Determined,
    Total,
)


def discover(
    rows: pl.DataFrame,
    children: Sequence[Children],
    declared: Sequence[Dependency],
    *,
    min_group: int,
) -> tuple[Dependency, ...]:
    """Everything that holds in all rows and that chance would hardly make; what is declared is not found again.

    Args:
        rows: The columns that no key holds.
        children: All rows that refer to the table.
        declared: What the plan says.
    """
    made = {one.column for one in declared if isinstance(one, Computed | Total)}
    open_ = rows.drop(made, strict=False)
    totals = find_totals(open_, children, min_group=min_group) if children else ()
    given = rows.select(name for name in rows.columns if name in made | {one.column for one in totals})
    formulas = [f.computed for f in find_formulas(rows.drop(given.columns), given, min_group=min_group, seed=0)]
    tied = [frozenset(one.columns) for one in (*formulas, *declared) if isinstance(one, Computed)]
    # What others give is looked at no more: it follows.
    free = rows.drop({one.column for one in formulas} | set(given.columns))
    groups = find_one_of(free)
    flags = {name for group in groups for name in group.columns}
    determined = find_determined(free.drop(flags))
    fixed = {one.column for one in declared if isinstance(one, Determined)}
    wanted = [name for name in free.columns if name not in flags | fixed]
    labels = most_different(free, wanted)
    joint = find_jointly_determined(free, keys=(), labels=labels, wanted=wanted, known=determined)
    combinations = find_combinations(free.drop(flags), determined, min_group=min_group)
    orders = find_orders(rows.drop(flags), besides=tied)
    together = find_null_together(rows)
    found: tuple[Dependency, ...] = (
        *totals,
        *formulas,
        *groups,
        *determined,
        *joint,
        *combinations,
        *orders,
        *together,
        *find_null_by(free.drop(flags), determined, together),
        *find_grids(free),
    )
    said = {one.text for one in declared}
    return tuple(one for one in found if one.text not in said)


def completed(one: Dependency, rows: pl.DataFrame, children: Sequence[Children], *, min_group: int) -> Dependency:
    """A declared dependency with what the rows tell of it: rounding, NULLs, what rows without children have."""
    match one:
        case Computed():
            values = rows[one.column]
            scale = scale_of(values) if values.dtype.is_numeric() else None
            return one.model_copy(update={"scale": scale, "filled": not values.null_count()})
        case Total():
            referring = _of(one, children)
            return completed_total(one, rows[one.column], referring, min_group=min_group) if referring else one
        case _:
            return one


def breaches(one: Dependency, rows: pl.DataFrame, children: Sequence[Children], min_group: int) -> int:
    """How many rows break a dependency; a combination that fewer than `min_group` of them share breaks its own."""
    match one:
        case Computed():
            return wrongly_computed(formula_of(one), rows)
        case Total():
            referring = _of(one, children)
            return broken(one, rows[one.column], referring) if referring else 0
        case Combination():
            return int(broken_rows(rows, one, shared_combinations(rows, one.columns, min_group=min_group)).sum())
        case _:
            return int(broken_rows(rows, one, None).sum())


def formula_of(one: Computed) -> Formula:
    """What computes the column."""
    return Formula(**one.model_dump())


def _of(one: Total, children: Sequence[Children]) -> Children | None:
    return next((c for c in children if c.child == one.child and c.key == one.key), None)
