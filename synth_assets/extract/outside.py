"""Columns with a value that the frame's type for them cannot hold."""

from collections.abc import Callable, Sequence
from typing import Any

from synth_assets.catalog.model import Column, Table


def outside_columns(
    table: Table,
    *,
    condition: Callable[[Column], str | None],
    source: str,
    rows: Callable[[str, str], Sequence[tuple[Any, ...]]],
) -> set[str]:
    """The names of these columns, found in one scan.

    Args:
        condition: The SQL that is true of a value outside of the frame's type; None if there can be none.
        source: What follows FROM.
        rows: Runs a query on a table.
    """
    conditions = {column.name: found for column in table.columns if (found := condition(column))}
    if not conditions:
        return set()
    checks = ", ".join(f"count(CASE WHEN {found} THEN 1 END) > 0" for found in conditions.values())
    [flags] = rows(f"SELECT {checks} FROM {source}", table.name)
    return {name for name, flag in zip(conditions, flags, strict=True) if flag}
