"""Which row each row refers to."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import ForeignKey

Rows = npt.NDArray[np.int64]
NO_ROW = -1


def refers(child: pl.DataFrame, key: ForeignKey) -> npt.NDArray[np.bool_]:
    """Whether each row is one that refers by the key: all are, but for a branch of a polymorphic key."""
    if key.branch is None:
        return np.ones(child.height, dtype=np.bool_)
    labels = child[key.branch.column].cast(pl.String)
    return labels.is_in(key.branch.labels).fill_null(value=False).to_numpy()


def match_rows(child: pl.DataFrame, key: ForeignKey, parent: pl.DataFrame) -> Rows:
    """The row number in `parent` of each row of `child`; NO_ROW where a column is null or nothing matches."""
    names = [f"k{at}" for at in range(len(key.columns))]
    left = child.select(pl.col(column).alias(name) for column, name in zip(key.columns, names, strict=True))
    right = parent.select(pl.col(column).alias(name) for column, name in zip(key.parent_columns, names, strict=True))
    right = right.cast({name: left.schema[name] for name in names}, strict=False)
    right = right.with_row_index("row").unique(names, keep="first", maintain_order=True)
    found = left.join(right, on=names, how="left", maintain_order="left")["row"]
    return np.where(refers(child, key), found.cast(pl.Int64).fill_null(NO_ROW).to_numpy(), NO_ROW)
