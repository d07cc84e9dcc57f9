"""The columns of a foreign key, from the rows of the parent that are referred to."""

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey, Table
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather


def key_columns(
    key: ForeignKey, table: Table, parent: pl.DataFrame, parents: Rows, rng: np.random.Generator
) -> list[pl.Series]:
    """The columns of a table's key, one value for each of `parents`.

    In SQL, NULL in one column of a key is enough to refer to none. Where a row refers to none, a column that may not be
    NULL holds what it holds in any row of the parent, as a ticket of a building, but of none of its flats.

    Args:
        key: The key.
        table: The child.
        parent: Rows of the parent.
        parents: Numbers of the parent's rows; NO_ROW for none.
        rng: Source of randomness.
    """
    referred = gather(parent.select(key.parent_columns), parents)
    without = np.asarray(parents) == NO_ROW
    required = [column for column in key.columns if not table.column(column).nullable]
    half_filled = bool(required) and len(required) < len(key.columns) and parent.height > 0 and bool(without.any())
    if half_filled:
        anyone = np.where(without, rng.integers(0, parent.height, len(parents)), parents)
        stand_in = gather(parent.select(key.parent_columns), anyone)
    return [
        (stand_in if half_filled and column in required else referred)[other].alias(column)
        for column, other in zip(key.columns, key.parent_columns, strict=True)
    ]
