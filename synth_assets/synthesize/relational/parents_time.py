"""Times that never lie before a time of the row's parents: no order by a customer who had not joined yet.

Trees learn that to within a bin of times, so some rows come a little too early. They are put as far behind their
parent's time as they came before it. (Counting every time from the parent's would run beyond the latest one of all.)
"""

from collections.abc import Collection

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import Grid
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.synthesize.relational.further.in_time import NotBefore, Times, find_not_before
from synth_assets.synthesize.relational.gaps import common_unit, shared_range


class ParentsTime(Value):
    """A time that is never before one that is known of the row's parents.

    Attributes:
        order: The two times; the parents' by its name in the context.
        unit: What times are whole numbers of, in the physical unit of the column.
        latest: The last time that may come out.
    """

    order: NotBefore
    unit: int
    latest: int

    @property
    def column(self) -> str:
        """The one of the row."""
        return self.order.column

    def begin(self, context: pl.DataFrame, dtype: pl.DataType) -> Times:
        """The times of the parents as ticks of the column's type; NaN where nobody knows."""
        return self.order.parent_times(context[self.order.parent_column], dtype)

    def moved(
        self, values: pl.Series, context: pl.DataFrame, rng: np.random.Generator, *, grid: Grid | None = None
    ) -> pl.Series:
        """The values with those that come too early moved; a parent that is later than all has its own time.

        Args:
            grid: What the values lie on: those that are moved take its next point, the one before where that would be
                beyond the last time that may come out.
        """
        begin = self.begin(context, values.dtype)
        times = self.order.child_times(values)
        early = np.flatnonzero(times < begin)
        if not len(early):
            return values
        # As far behind as they came too early, which is little for nearly all; where that is too far, anywhere between.
        off, room = begin[early] - times[early], np.maximum(self.latest - begin[early], 0.0)
        off = np.where(off <= room, off, rng.random(len(early)) * room)
        steps = np.floor(off / self.unit).astype(np.int64) * self.unit
        moved = from_ticks(pl.Series(begin[early].astype(np.int64) + steps), values.dtype)
        if grid is not None:
            after, before = (grid.snapped(moved, towards=side) for side in ("ceil", "floor"))
            moved = after.zip_with(ticks(after, values.dtype) <= self.latest, before)
        return values.scatter(early, moved)


def find_parents_times(
    rows: pl.DataFrame, context: pl.DataFrame | None, *, among: Collection[str], min_group: int
) -> tuple[ParentsTime, ...]:
    """For each time column the latest time of the parents that it never lies before, where chance would break that.

    Args:
        rows: The columns of the table.
        context: What is known of each row's parents.
        among: The columns to look at.
    """
    if context is None:
        return ()
    orders = find_not_before(rows.select(among), context, np.arange(rows.height))
    found = []
    for column in dict.fromkeys(order.column for order in orders):
        times = rows[column]
        of_column = [order for order in orders if order.column == column]
        closest = min(of_column, key=lambda order: _mean_delay(order, times, context))
        known = ticks(times, times.dtype).drop_nulls()
        latest = shared_range(known.to_numpy(), min_group)[1]
        found.append(ParentsTime(order=closest, unit=common_unit(known.diff()), latest=latest))
    return tuple(found)


def _mean_delay(order: NotBefore, times: pl.Series, context: pl.DataFrame) -> float:
    """How long after the parents' time these are."""
    begin = order.parent_times(context[order.parent_column], times.dtype)
    return float(np.nanmean(order.child_times(times) - begin))
