"""Which row each row refers to."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.int64]
NO_ROW = -1


def match_rows(
    child: pl.DataFrame, columns: Sequence[str], parent: pl.DataFrame, parent_columns: Sequence[str]
) -> Rows:
    """The row number in `parent` of each row of `child`; NO_ROW where a column is null or nothing matches."""
    names = [f"k{at}" for at in range(len(columns))]
    left = child.select(pl.col(column).alias(name) for column, name in zip(columns, names, strict=True))
    right = parent.select(pl.col(column).alias(name) for column, name in zip(parent_columns, names, strict=True))
    right = right.cast({name: left.schema[name] for name in names}, strict=False)
    right = right.with_row_index("row").unique(names, keep="first", maintain_order=True)
    found = left.join(right, on=names, how="left", maintain_order="left")["row"]
    return found.cast(pl.Int64).fill_null(NO_ROW).to_numpy()
