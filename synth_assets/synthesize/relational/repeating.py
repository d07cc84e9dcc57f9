"""Fakes that a column repeats from the rows that its own rows refer to, once these are there."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from synth_assets.plan.resolved import RepeatedFake
from synth_assets.synthesize.relational.matching import NO_ROW, gather
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables

ReadColumn = Callable[[str, str], pl.Series]


def repeat_fakes(
    group: Sequence[str], structures: Mapping[str, TableStructure], tables: LinkedTables, read: ReadColumn
) -> None:
    """Put the fakes that columns of these tables repeat into their rows, each after the one that it repeats.

    A row that refers to no row keeps the fake that was invented for itself.

    Args:
        read: Any column of a table that is not in the group.
    """
    left = {
        (name, column.name): column.repeats
        for name in group
        for column in structures[name].decision.columns
        if column.repeats is not None
    }
    while left:
        # The plan has no circles, so that one of them is always ready.
        name, column = next(place for place, one in left.items() if (one.parent, one.column) not in left)
        repeated = left.pop((name, column))
        here = repeated.parent in group
        fakes = tables.frame(repeated.parent)[repeated.column] if here else read(repeated.parent, repeated.column)
        reference = _reference(structures[name], repeated)
        rows = tables.frame(name)
        parents = tables.parents(name, reference.key)
        nullable = structures[name].table.column(column).nullable
        found = pl.DataFrame(
            {
                "own": rows[column],
                "fake": gather(fakes.cast(rows.schema[column]).to_frame("fake"), parents)["fake"],
                "refers": pl.Series(parents != NO_ROW),
            }
        )
        # NULL stays NULL, and what the row referred to leaves empty is empty here, too, if it may be.
        refers = pl.col("refers") if nullable else pl.col("fake").is_not_null()
        taken = pl.when(refers & pl.col("own").is_not_null()).then("fake").otherwise("own")
        tables.put(name, rows.with_columns(found.select(taken.alias(column))[column]))


def _reference(structure: TableStructure, repeated: RepeatedFake) -> Reference:
    keys = [structure.driving, *structure.further]
    return next(r for r in keys if r and r.key.parent == repeated.parent and r.key.columns == repeated.key)
