"""Where families begin, told by a time of their parent that they begin at or soon after.

A parcel leaves when its order does, a payment comes minutes after: what matters is that little time. A tree knows the
parent's time to within a bin, which is days. So what is learned of the first sibling is how far it lies from that time.
Only where that is little beside all times that there are: else many would begin beyond the latest one.
"""

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.synthesize.deviation import find_tie, may_follow, plain_numbers
from synth_assets.synthesize.relational.gaps import common_unit, is_comparable, shared_range
from synth_assets.synthesize.relational.matching import Rows

_SOON = 0.05  # of the range of times, that nearly all lie within
_NEARLY_ALL = 0.9
_LOOKED_AT = 5_000


class Beginning(Value):
    """The first sibling's `column` is learned as the whole `unit`s that it lies after a time of its parent.

    Attributes:
        since: The parent's columns, by their names in the context: the first one that is filled.
        unit: In the physical unit of the column.
        latest: The last time that may come out.
    """

    column: str
    since: tuple[str, ...]
    unit: int
    latest: int

    def encode(self, values: pl.Series, context: pl.DataFrame) -> pl.Series:
        """The whole units."""
        return (ticks(values, values.dtype) - self._begin(context, values.dtype)) // self.unit

    def decode(
        self, units: pl.Series, context: pl.DataFrame, dtype: pl.DataType, rng: np.random.Generator
    ) -> pl.Series:
        """The times; those beyond the latest one lie anywhere between their parent's and that."""
        begin = self._begin(context, dtype)
        known = begin.drop_nulls()
        if not len(known):
            known = pl.Series([self.latest])
        begin = begin.zip_with(begin.is_not_null(), known.gather(rng.integers(0, len(known), len(begin))))
        times = begin + units.cast(pl.Int64) * self.unit
        room = ((self.latest - begin).clip(0) // self.unit * rng.random(len(begin))).cast(pl.Int64) * self.unit
        return from_ticks(times.zip_with(times <= self.latest, begin + room), dtype).alias(self.column)

    def _begin(self, context: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        return pl.DataFrame([ticks(context[name], dtype) for name in self.since]).select(
            pl.coalesce(pl.all()).alias(self.column)
        )[self.column]


def find_beginning(values: pl.Series, context: pl.DataFrame, firsts: Rows, *, min_group: int) -> Beginning | None:
    """The times of the parent that first siblings lie soon after, the nearest first; None if there is none.

    Args:
        values: The column that orders siblings, of all rows; without NULLs.
        context: What is known of each row's parents.
        firsts: The rows that are first siblings.
        min_group: Fewest rows that must share the latest time.
    """
    dtype = values.dtype
    if not isinstance(dtype, pl.Date | pl.Datetime) or not may_follow(values.gather(firsts)):
        return None
    firsts = firsts[np.linspace(0, len(firsts) - 1, min(len(firsts), _LOOKED_AT)).astype(np.intp)]
    first, known = values.gather(firsts), context[firsts]
    earliest, latest = shared_range(ticks(values, dtype).to_numpy(), min_group)
    found: list[tuple[float, str]] = []
    for name in known.columns:
        times = known[name]
        if not isinstance(times.dtype, pl.Date | pl.Datetime) or not is_comparable(dtype, times.dtype):
            continue
        begin = ticks(times, dtype)
        off = np.abs((ticks(first, dtype) - begin).to_numpy())
        if begin.null_count() or np.quantile(off, _NEARLY_ALL) > _SOON * (latest - earliest):
            continue
        tie = find_tie(plain_numbers(first), begin.cast(pl.Float64).to_numpy(), times=True)
        if tie:
            found.append((tie.gain, name))
    if not found:
        return None
    since = tuple(name for _, name in sorted(found, reverse=True))
    nearest = ticks(first, dtype) - ticks(known[since[0]], dtype)
    return Beginning(column=values.name, since=since, unit=common_unit(nearest), latest=latest)
