"""Columns that the plan computes from others of the row: what they read, in which order, and which real values."""

from collections.abc import Callable, Mapping, Sequence

from synth_assets.catalog.model import Table
from synth_assets.plan.nearest import hint
from synth_assets.plan.resolved import ColumnDecision, Role, Treatment

Refuse = Callable[[str, str, str], None]


def with_derived(columns: tuple[ColumnDecision, ...], table: Table, refuse: Refuse) -> tuple[ColumnDecision, ...]:
    """The decisions of a table, its derived columns with the real values that they are computed from.

    Args:
        refuse: Called with message, remedy and column for every derived column that cannot be computed.
    """
    derived = {column.name: column for column in columns if column.treatment is Treatment.DERIVE}
    if not derived:
        return columns
    decisions = {column.name: column for column in columns}
    sound = [_reads_columns(column, decisions, table, refuse) for column in derived.values()]
    if not all(sound):
        return columns
    ordered = in_order(tuple(derived.values()))
    for name in derived.keys() - {column.name for column in ordered}:
        others = ", ".join(sorted(derived.keys() & set(derived[name].inputs)))
        refuse(f"it is computed from {others}, and that from it", "Break the circle of derived columns.", name)
    for column in ordered:
        _check_types(column, table, refuse)
        kept = [decisions[name] for name in column.inputs if decisions[name].lets_real_values_through]
        real = dict.fromkeys(name for one in kept for name in (one.real_inputs or (one.name,)))
        reasons = dict.fromkeys(one.because for one in kept if one.because)
        decisions[column.name] = column.model_copy(
            update={"real_inputs": tuple(real), "because": "; ".join(reasons) or None}
        )
    return tuple(decisions.values())


def in_order(columns: Sequence[ColumnDecision]) -> list[ColumnDecision]:
    """The derived columns among these, each after those that it reads; those of a circle are missing."""
    left = {column.name: column for column in columns if column.treatment is Treatment.DERIVE}
    ordered: list[ColumnDecision] = []
    while ready := [column for column in left.values() if not left.keys() & set(column.inputs)]:
        ordered += ready
        for column in ready:
            del left[column.name]
    return ordered


def _reads_columns(
    column: ColumnDecision, decisions: Mapping[str, ColumnDecision], table: Table, refuse: Refuse
) -> bool:
    """Whether everything that the expression reads is a column that is there before the rows are published."""
    sound = True
    for name in column.inputs:
        if name not in decisions:
            refuse(
                f"the expression reads {name!r}, and there is no such column{hint(name, table.column_names)}",
                "Correct the name; names are case-sensitive, and stand in double quotes where they hold more than "
                "letters, digits and _.",
                column.name,
            )
            sound = False
        elif decisions[name].role is Role.GENERATED:
            refuse(
                f"the expression reads {name}, which the database computes once the rows are there",
                f"Put what {name} is computed from into the expression.",
                column.name,
            )
            sound = False
    return sound


def _check_types(column: ColumnDecision, table: Table, refuse: Refuse) -> None:
    # Here, since most plans derive nothing and need no polars to be read.
    from synth_assets.catalog.frames import frame_schema
    from synth_assets.plan.row_expressions import ExpressionRefused, compute

    no_rows = frame_schema(table).to_frame()
    try:
        compute(str(column.options["expression"]), no_rows, table=table, column=column.name)
    except ExpressionRefused as error:
        refuse(error.message, error.remedy, column.name)
