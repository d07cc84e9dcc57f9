"""What synthesizers are told of the columns that they learn."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from synth_assets.dependencies.order import find_orders
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.relational.families.order import FamilyOrder
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.training import Training


def table_spec(
    table: str,
    training: Training,
    columns: pl.DataFrame,
    *,
    gaps: Gaps,
    after: Mapping[str, tuple[str, ...]],
    min_group: int,
    following: FamilyOrder | None = None,
    orders: Sequence[tuple[str, str]] = (),
) -> TableSpec:
    """Of encoded columns of a table.

    Args:
        after: What columns are nearly given by.
        orders: Pairs of columns of which the first never exceeds the second.
        following: How they follow those of siblings, if they are told of these.
    """
    stays = following.stays_as if following else {}
    return TableSpec(
        table,
        tuple(
            ColumnSpec(
                name=values.name,
                kind=column_kind(values.dtype),
                nullable=values.null_count() > 0,
                minimum=_least(values, training.hidden, gaps),
                keep=values.name in training.kept,
                labels=training.declared.get(values.name, ()),
                stays=stays.get(values.name),
                after=after.get(values.name, ()),
            )
            for values in columns.get_columns()
        ),
        min_group,
        discover=training.discover,
        before=following.told if following else {},
        step=following.column if following and following.column in columns.columns else None,
        orders=tuple(
            (lower, upper) for lower, upper in orders if lower in columns.columns and upper in columns.columns
        ),
    )


def orders_of(training: Training, rows: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """The pairs of columns, both of numbers or of one type of times, of which the first never exceeds the second.

    None of rows that follow others: these know some columns by how far they are off the row before.
    """
    if training.siblings is not None and training.siblings.follow:
        return ()
    schema = rows.schema
    return tuple(
        (one.lower, one.upper)
        for one in find_orders(rows)
        if schema[one.lower] == schema[one.upper] or (schema[one.lower].is_numeric() and schema[one.upper].is_numeric())
    )


def _least(values: pl.Series, hidden: Collection[str], gaps: Gaps) -> float | None:
    """Hidden numbers are numbers of children."""
    if values.name in gaps.columns:
        return gaps.least(values.name)
    return 0 if values.name in hidden and column_kind(values.dtype) is ColumnKind.NUMBER else None


def column_kind(dtype: pl.DataType) -> ColumnKind:
    """How a synthesizer must read a column of this type."""
    if dtype == pl.Boolean:
        return ColumnKind.BOOLEAN
    if dtype.is_temporal():
        return ColumnKind.DATETIME
    return ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY
