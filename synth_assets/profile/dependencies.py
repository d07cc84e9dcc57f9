"""What holds without exception between the columns of a table, and between them and the rows that refer to it."""

from collections.abc import Callable, Sequence

import polars as pl

from synth_assets.catalog.model import Kind, Table
from synth_assets.dependencies.discovery import breaches, completed, discover
from synth_assets.dependencies.totals import Children
from synth_assets.plan.resolved import Role, TableDecision
from synth_assets.store.profile import KnownDependency
from synth_assets.store.tables import TableRows

_READ = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)


def plain_columns(table: Table, decision: TableDecision, schema: pl.Schema) -> list[str]:
    """The columns of numbers that are in no key: what may be added up, or be a total."""
    return [name for name in free_names(table, decision) if name in schema and schema[name].is_numeric()]


def free_names(table: Table, decision: TableDecision) -> list[str]:
    """The columns that no key holds, none that the plan names either, and that the database does not compute."""
    in_keys = {name for columns in table.unique_sets for name in columns}
    in_keys |= {name for key in table.foreign_keys for name in key.columns}
    in_keys |= {column.name for column in decision.columns if column.role is Role.REFERENCE}
    return [column.name for column in table.columns if column.name not in in_keys and column.generated is None]


def find_dependencies(
    rows: TableRows,
    *,
    table: Table,
    children: Callable[[], Sequence[Children]],
    decision: TableDecision,
    min_group: int,
) -> tuple[KnownDependency, ...]:
    """What the plan declares and what is found, over all rows, held-out ones included.

    Args:
        children: Reads all rows that refer to the table; asked only if they may matter.
        decision: What the plan says of the table.
    """
    declared = decision.dependencies
    if not declared and not decision.discover_dependencies:
        return ()
    names = [name for name in free_names(table, decision) if name in rows.schema]
    names += [name for one in declared for name in one.columns if name not in names]
    frame = rows.read(columns=names) if names else pl.DataFrame()
    frame = frame.with_columns(_as_number(frame[name]) for name in names if table.column(name).type.kind in _READ)
    referring = children() if plain_columns(table, decision, frame.schema) else ()
    known = []
    for one in declared:
        whole = completed(one, frame, referring, min_group=min_group)
        known.append(
            KnownDependency(dependency=whole, declared=True, broken=breaches(whole, frame, referring, min_group))
        )
    if decision.discover_dependencies:
        given = [one.dependency for one in known]
        found = discover(frame, referring, given, min_group=min_group)
        known += [KnownDependency(dependency=one) for one in found]
    return tuple(known)


def _as_number(values: pl.Series) -> pl.Series:
    """Numbers that a snapshot keeps as text, if all can be read."""
    if values.dtype != pl.String:
        return values
    read = values.cast(pl.Float64, strict=False)
    return read if read.null_count() == values.null_count() else values
