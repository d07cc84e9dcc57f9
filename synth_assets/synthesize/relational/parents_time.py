"""Times that never lie before a time of the row's parents: no order by a customer who had not joined yet.

Trees learn that to within a bin of times, so some rows come a little too early. They are put as far behind their
parent's time as they came before it. (Counting every time from the parent's would run beyond the latest one of all.)
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.gaps import LITTLE_RISK, common_unit, day_of, is_comparable, risk, shared_range
from synth_assets.synthesize.relational.gaps import ticks as in_ticks

FEWEST_ROWS = 50
Ticks = npt.NDArray[np.float64]


class ParentsTime(Value):
    """`column` is never before `since`, which is known of the row's parents.

    Attributes:
        unit: What times are whole numbers of, in the physical unit of the column.
        floor: What the parents' time is rounded down to: a day's date is not before a time of that day.
        latest: The last time that may come out.
    """

    column: str
    since: str
    unit: int
    floor: int
    latest: int

    def begin(self, context: pl.DataFrame, dtype: pl.DataType) -> Ticks:
        """The times of the parents as ticks of the column's type; NaN where nobody knows."""
        begin = in_ticks(context[self.since], dtype) // self.floor * self.floor
        return begin.cast(pl.Float64).fill_null(np.nan).to_numpy()

    def moved(self, values: pl.Series, context: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
        """The values with those that come too early moved; a parent that is later than all has its own time."""
        begin = self.begin(context, values.dtype)
        times = in_ticks(values, values.dtype).cast(pl.Float64).fill_null(np.nan).to_numpy()
        early = np.flatnonzero(times < begin)
        if not len(early):
            return values
        # As far behind as they came too early, which is little for nearly all; where that is too far, anywhere between.
        off, room = begin[early] - times[early], np.maximum(self.latest - begin[early], 0.0)
        off = np.where(off <= room, off, rng.random(len(early)) * room)
        steps = np.floor(off / self.unit).astype(np.int64) * self.unit
        said = pl.Series(begin[early].astype(np.int64) + steps)
        physical = pl.Int32() if values.dtype == pl.Date else pl.Int64()
        return values.scatter(early, said.cast(physical).cast(values.dtype))


def find_parents_times(
    rows: pl.DataFrame, context: pl.DataFrame | None, *, among: Collection[str], min_group: int
) -> tuple[ParentsTime, ...]:
    """For each time column the latest time of the parents that it never lies before, where chance would break that.

    Args:
        rows: The columns of the table.
        context: What is known of each row's parents.
        among: The columns to look at.
    """
    times = [name for name in among if isinstance(rows.schema[name], pl.Date | pl.Datetime)]
    if context is None or not times:
        return ()
    found = []
    for column in times:
        values, dtype = rows[column], rows.schema[column]
        known = in_ticks(values, dtype)
        if len(known) - known.null_count() < FEWEST_ROWS:
            continue
        latest = shared_range(known.drop_nulls().to_numpy(), min_group)[1]
        unit, floor = common_unit(known.drop_nulls().diff()), day_of(dtype, known.drop_nulls())
        later = known.cast(pl.Float64).fill_null(np.nan).to_numpy()
        closest: list[tuple[float, ParentsTime]] = []
        for since, of_parents in context.schema.items():
            if not isinstance(of_parents, pl.Date | pl.Datetime) or not is_comparable(dtype, of_parents):
                continue
            one = ParentsTime(column=column, since=since, unit=unit, floor=floor, latest=latest)
            earlier = one.begin(context, dtype)
            both = ~np.isnan(later) & ~np.isnan(earlier)
            if both.sum() < FEWEST_ROWS or (later[both] < earlier[both]).any():
                continue
            if risk(earlier[both], later[both]) >= LITTLE_RISK:
                closest.append((float((later[both] - earlier[both]).mean()), one))
        found += [one for _, one in sorted(closest, key=lambda pair: pair[0])[:1]]
    return tuple(found)
