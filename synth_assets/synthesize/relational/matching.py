"""Which parent row each child row refers to."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from synth_assets.statistics.references import NO_ROW as NO_ROW
from synth_assets.statistics.references import Rows as Rows


def gather(frame: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Rows of a frame by number, a row of nulls for each NO_ROW."""
    if frame.height == 0:
        return frame.clear(len(rows))
    wanted = pl.Series(rows, dtype=pl.Int64)
    wanted = wanted.set(wanted < 0, None)
    return frame.select(pl.all().gather(wanted)) if frame.width else frame


def of_parents(numbers: Rows, parents: Rows) -> Rows:
    """The number that each row's parent has, NO_ROW for a row without one.

    Args:
        numbers: One for each row of the parent's table.
        parents: The parent's row of each row, negative for none.
    """
    return np.where(parents >= 0, numbers[np.maximum(parents, 0)], NO_ROW)


def no_columns(rows: int) -> pl.DataFrame:
    """Rows without a column of their own; polars forgets how many there are unless one stands in."""
    return pl.DataFrame({"": np.zeros(rows, dtype=np.int8)})


def group_numbers(frames: Sequence[pl.DataFrame]) -> list[Rows]:
    """One number for each distinct row over all frames (of the same width); NO_ROW where a column is null."""
    names = [f"g{at}" for at in range(frames[0].width)]
    first = frames[0].rename(dict(zip(frames[0].columns, names, strict=True)))
    aligned = [first] + [
        frame.rename(dict(zip(frame.columns, names, strict=True))).cast(first.schema, strict=False)
        for frame in frames[1:]
    ]
    stacked = pl.concat(aligned)
    filled = stacked.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    numbered = stacked.with_row_index("row").select(pl.col("row").first().over(names).cast(pl.Int64))
    numbers = numbered.to_series().to_numpy()
    numbers = np.where(filled, numbers, NO_ROW)
    ends = np.cumsum([frame.height for frame in frames])
    return np.split(numbers, ends[:-1])


def runs(groups: Rows) -> tuple[Rows, Rows]:
    """Where each run of equal neighbours begins, and how long it is."""
    changes = np.flatnonzero(np.diff(groups)) + 1
    starts = np.r_[0, changes] if len(groups) else changes
    return starts, np.diff(np.r_[starts, len(groups)])


def rank_within(groups: Rows) -> Rows:
    """The position of each element among the elements of its group, in order of appearance, from 0."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts, lengths = runs(ordered)
    within = np.arange(len(ordered)) - np.repeat(starts, lengths)
    result = np.empty(len(groups), dtype=np.int64)
    result[order] = within
    return result


def some_rows(frame: pl.DataFrame | None, rows: Rows) -> pl.DataFrame | None:
    """Rows of a frame that may be missing."""
    return None if frame is None else frame[rows]


def replaced(rows: pl.DataFrame, at: Rows, fresh: pl.DataFrame) -> pl.DataFrame:
    """The rows with some of them replaced."""
    source = np.arange(rows.height)
    source[at] = rows.height + np.arange(fresh.height)
    return pl.concat([rows, fresh])[source]
