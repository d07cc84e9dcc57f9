"""Further parents that were there before what refers to them: no comment by somebody who had not joined yet."""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.ticks import ticks
from synth_assets.synthesize.relational.gaps import LITTLE_RISK, day_of, is_comparable, risk
from synth_assets.synthesize.relational.matching import Rows, gather, runs

FEWEST_ROWS = 50
_ROUNDS = 300
_OTHERS = (4, 16, 64)  # rows for each one that comes too early, whose parents are given out anew
Times = npt.NDArray[np.float64]


class NotBefore(Value):
    """The child's `column` is never before the parent's.

    Attributes:
        floor: What the parent's time is rounded down to, in the physical unit of the child's: a day, or 1.
    """

    column: str
    parent_column: str
    floor: int

    def child_times(self, values: pl.Series) -> Times:
        """The children's times as ticks, NaN where NULL."""
        return ticks(values, values.dtype).cast(pl.Float64).to_numpy()

    def parent_times(self, values: pl.Series, dtype: pl.DataType) -> Times:
        """The parents' times as ticks of the children's type, rounded down, NaN where NULL."""
        return (ticks(values, dtype) // self.floor * self.floor).cast(pl.Float64).to_numpy()


def find_not_before(rows: pl.DataFrame, parents: pl.DataFrame, chosen: Rows) -> tuple[NotBefore, ...]:
    """The times of children that never lie before one of their parent's, where chance would break that.

    Args:
        rows: The children's columns.
        parents: The parents' columns.
        chosen: The parent of each child, negative where it is not to be looked at.
    """
    known = np.flatnonzero(chosen >= 0)
    times = {name: parents[name] for name in parents.columns if isinstance(parents.schema[name], pl.Date | pl.Datetime)}
    if len(known) < FEWEST_ROWS or not times:
        return ()
    referred = gather(pl.DataFrame(times), chosen[known])
    found = []
    for column in (name for name in rows.columns if isinstance(rows.schema[name], pl.Date | pl.Datetime)):
        values, dtype = rows[column].gather(known), rows.schema[column]
        floor = day_of(dtype, ticks(values, dtype))
        for name in times:
            if not is_comparable(dtype, parents.schema[name]):
                continue
            one = NotBefore(column=column, parent_column=name, floor=floor)
            later, earlier = one.child_times(values), one.parent_times(referred[name], dtype)
            both = ~np.isnan(later) & ~np.isnan(earlier)
            if both.sum() < FEWEST_ROWS or (later < earlier).any():
                continue
            if risk(earlier[both], later[both]) >= LITTLE_RISK:
                found.append(one)
    return tuple(found)


def in_time(
    chosen: Rows,
    buckets: Rows,
    bounds: Sequence[tuple[Times, Times]],
    rng: np.random.Generator,
    *,
    apart: Sequence[Rows] = (),
) -> Rows:
    """The parents with those that come too late, or that a row must not have, exchanged, as far as that can be done.

    Args:
        chosen: The parent of each child, negative for none.
        buckets: Children of one number may exchange their parents.
        bounds: Times of the children, and of the parents that they must not lie before; NaN where nobody knows.
        rng: Source of randomness.
        apart: Parents that each child must not refer to, negative for none.
    """
    chosen = chosen.copy()

    def late(children: Rows, parents: Rows) -> npt.NDArray[np.bool_]:
        wrong = np.zeros(len(children), dtype=np.bool_)
        for later, earlier in bounds:
            wrong |= (parents >= 0) & (earlier[parents] > later[children])
        for other in apart:
            wrong |= (parents >= 0) & (other[children] == parents)
        return wrong

    everyone = np.arange(len(chosen))
    left = everyone[late(everyone, chosen)]
    order = np.argsort(buckets, kind="stable")
    starts, lengths = runs(buckets[order])
    bucket = np.empty(len(chosen), dtype=np.int64)
    bucket[order] = np.repeat(np.arange(len(starts)), lengths)
    for _ in range(_ROUNDS):
        if not len(left):
            break
        at = bucket[left]
        other = order[starts[at] + (rng.random(len(left)) * lengths[at]).astype(np.int64)]
        fine = ~late(left, chosen[other]) & ~late(other, chosen[left]) & (chosen[other] >= 0)
        wrong, other = left[fine], other[fine]
        # Each takes part in one exchange a round.
        first = np.sort(np.unique(other, return_index=True)[1])
        wrong, other = wrong[first], other[first]
        alone = ~np.isin(other, wrong)
        wrong, other = wrong[alone], other[alone]
        chosen[wrong], chosen[other] = chosen[other], chosen[wrong]
        left = left[late(left, chosen[left])]
    for number, others in itertools.product(np.unique(bucket[left]).tolist() if bounds else (), _OTHERS):
        # In the order of their times children and parents fit if they can fit at all; a few more than those left do.
        inside = order[starts[number] : starts[number] + lengths[number]]
        mine = inside[late(inside, chosen[inside])]
        there = rng.choice(inside, min(others * len(mine), len(inside)), replace=False)
        both = np.union1d(mine, there[chosen[there] >= 0])
        later, earlier = bounds[0]
        by_time = both[np.argsort(later[both])]
        given = chosen[both][np.argsort(earlier[chosen[both]])]
        if late(by_time, given).sum() < len(mine):
            chosen[by_time] = given
    return chosen
