"""Small tables that many rows refer to: currencies, units, states. Their words are invented as any others are."""

from collections.abc import Mapping

from synth_assets.catalog.driving import LOOKUP_CHILDREN
from synth_assets.plan.resolved import ResolvedPlan, Role, TableDecision, Treatment

MOST_ROWS = 400
_PERSONAL = (Treatment.FAKE, Treatment.PSEUDONYMIZE, Treatment.MASK)


def invented_look_ups(plan: ResolvedPlan, rows: Mapping[str, int]) -> tuple[str, ...]:
    """The tables that look like look-ups without anything personal, and whose texts the plan has written anew.

    Whether they may come out as they are, `mode: reference`, is for people to say.

    Args:
        plan: Every decision.
        rows: Source rows by table.
    """
    referring: dict[str, int] = {}
    for child, keys in plan.foreign_keys.items():
        for parent in {key.parent for key in keys} - {child}:
            referring[parent] = referring.get(parent, 0) + rows.get(child, 0)
    return tuple(
        table.name
        for table in plan.published
        if 0 < rows.get(table.name, 0) <= MOST_ROWS
        and referring.get(table.name, 0) >= LOOKUP_CHILDREN * rows[table.name]
        and _is_written_anew(table)
    )


def _is_written_anew(table: TableDecision) -> bool:
    if not table.is_generated or table.private or any(column.treatment in _PERSONAL for column in table.columns):
        return False
    return any(column.role is Role.TEXT for column in table.columns)
