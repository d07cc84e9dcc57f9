"""Sets of columns that may occur once only, in synthetic rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.matching import Rows, group_numbers, rank_within


@dataclass(frozen=True)
class Ordinal:
    """A column that counts the rows that share the other columns of a unique set: 1, 2, 3, ... (order lines).

    Attributes:
        first: The number of the first row: 0 or 1.
        most: The highest number that may come out.
    """

    column: str
    within: tuple[str, ...]
    first: int
    most: int

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Number the rows, in the order in which they stand."""
        return rows.with_columns(pl.Series(self.column, self.numbers(rows)).cast(rows.schema[self.column]))

    def numbers(self, rows: pl.DataFrame) -> Rows:
        """The number that each row gets."""
        return rank_within(group_numbers([rows.select(self.within)])[0]) + self.first


def find_ordinal(
    rows: pl.DataFrame, unique_set: Sequence[str], candidates: Sequence[str], *, min_group: int
) -> Ordinal | None:
    """The column of a unique set, if any, that counts its rows without a gap within the other columns.

    Numbers that fewer than `min_group` rows reach do not come out, where there are enough rows to tell.
    """
    if len(unique_set) < 2 or not rows.height:
        return None
    for column in reversed(unique_set):
        if column not in candidates or not rows.schema[column].is_integer():
            continue
        within = [other for other in unique_set if other != column]
        groups = rows.group_by(within).agg(
            pl.len().alias("rows"),
            pl.col(column).min().alias("least"),
            pl.col(column).max().alias("most"),
            pl.col(column).n_unique().alias("distinct"),
        )
        first = cast(int, groups["least"].min())
        fits = groups.select(
            (
                (pl.col("least") == first)
                & (pl.col("most") - first + 1 == pl.col("rows"))
                & (pl.col("distinct") == pl.col("rows"))
            ).all()
        ).item()
        if fits and first in (0, 1) and groups["rows"].max() != 1:
            highest = rows[column].sort(descending=True)
            return Ordinal(column, tuple(within), first, int(highest[min(min_group, rows.height // 2 + 1) - 1]))
    return None


def repeated(rows: pl.DataFrame, unique_set: Sequence[str]) -> npt.NDArray[np.bool_]:
    """True for every row that repeats an earlier one in these columns; rows with a null in them never do."""
    numbers = group_numbers([rows.select(unique_set)])[0]
    return (rank_within(numbers) > 0) & (numbers >= 0)
