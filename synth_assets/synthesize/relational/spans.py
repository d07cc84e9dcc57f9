"""Times within a span of their parents: no lab value outside its admission, no event after its contract.

Where spans are short beside all that the column covers, no tree of bins tells where in its span a time lies: it is
learned as the share of the span that is over by then. In long spans times are learned as they are, and those that come
out beyond their end are put somewhere within. Where the rows of a parent follow each other in time, and many lie just
where the span begins (an account's first payment on the day it was opened), how long they are after it is learned.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import Grid
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.synthesize.relational.further.in_time import FEWEST_ROWS, NotBefore, Times, find_not_before
from synth_assets.synthesize.relational.gaps import (
    LITTLE_RISK,
    Gap,
    Gaps,
    common_unit,
    is_comparable,
    risk,
    shared_range,
)
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.matching import Rows

Learned = Literal["share", "units", "time"]
FULL = 10**9  # what the whole span is, in learned shares
_SHORT = 8  # a usual span fits so often into the middle of all times
_OFTEN = 0.2  # share of families of which a row lies where its span begins
_MOST_OPEN = 0.9  # share of rows whose span has no end yet


class Span(Value):
    """`column` is never before `begin` and never after `until`.

    Attributes:
        begin, until: Times of the row's parents as the row knows them; `begin` may be a column of the row itself.
            Where `until` is NULL, or there is none, the span ends with the latest time that may come out.
        begins: Whether `begin` is a column of the row or of its parents.
        learned: As the `share` of the span that is over, of FULL, as the `units` since it began, or as a `time`.
        floor: What the begin is rounded down to, in the physical unit of the column: a day, or 1.
        unit, offset: The times are so many units after the offset; where they have no grid.
        earliest, latest: The range in which times may come out.
    """

    column: str
    begin: str
    until: str | None
    begins: Literal["row", "parents"]
    learned: Learned
    floor: int
    unit: int
    offset: int
    earliest: int
    latest: int
    grid: Grid | None = None

    def encode(self, around: pl.DataFrame) -> pl.Series:
        """The shares, NULL where the times are."""
        dtype = around.schema[self.column]
        begin, until = self.ends(around, dtype)
        times = _numbers(ticks(around[self.column], dtype))
        if self.learned == "units":
            return pl.Series(self.column, (times - begin) // self.unit, nan_to_null=True).cast(pl.Int64)
        share = np.where(until > begin, (times - begin) / np.maximum(until - begin, 1.0), 0.0)
        return pl.Series(self.column, np.round(share * FULL), nan_to_null=True).cast(pl.Int64)

    def decode(self, around: pl.DataFrame, dtype: pl.DataType, families: Rows | None) -> pl.Series:
        """The times that lie so far within their spans, rounded as the source's are.

        Families that would go on beyond the end of their span are compressed.
        """
        begin, until = self.ends(around, dtype)
        if self.learned == "units":
            after = np.maximum(_numbers(around[self.column]), 0.0) * self.unit
            family = np.arange(len(after)) if families is None else np.unique(families, return_inverse=True)[1]
            longest, room = np.zeros((2, int(family.max(initial=-1)) + 1))
            np.maximum.at(longest, family, after)
            np.maximum.at(room, family, until - begin)
            squeeze = np.minimum(room / np.maximum(longest, 1.0), 1.0)[family]
            return self._rounded(begin + after * squeeze, begin, until, dtype)
        share = np.clip(_numbers(around[self.column]) / FULL, 0.0, 1.0)
        return self._rounded(begin + share * (until - begin), begin, until, dtype)

    def moved(self, around: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
        """The times, those beyond the end of their span somewhere within it."""
        values = around[self.column]
        begin, until = self.ends(around, values.dtype)
        late = np.flatnonzero(_numbers(ticks(values, values.dtype)) > np.maximum(until, begin))
        if not len(late):
            return values
        begin, until = begin[late], until[late]
        times = begin + rng.random(len(late)) * np.maximum(until - begin, 0.0)
        return values.scatter(late, self._rounded(times, begin, until, values.dtype))

    def ends(self, around: pl.DataFrame, dtype: pl.DataType) -> tuple[Times, Times]:
        """Where each span begins and ends."""
        begin = _numbers(ticks(around[self.begin], dtype) // self.floor * self.floor)
        begin = np.where(np.isnan(begin), self.earliest, begin)
        until = np.full(len(begin), np.nan)
        if self.until is not None:
            until = _numbers(ticks(around[self.until], dtype))
        return begin, np.fmax(np.where(np.isnan(until), self.latest, until), begin)

    def _rounded(self, times: Times, begin: Times, until: Times, dtype: pl.DataType) -> pl.Series:
        """The times on their grid, or as whole units, within their spans as far as these have room for one."""
        known = ~np.isnan(times)
        at, first, last = (np.where(known, values, 0.0).astype(np.int64) for values in (times, begin, until))
        if self.grid is not None:
            least, most = self.grid.ceil(first, dtype), self.grid.floor(last, dtype)
            whole = self.grid.at(np.minimum(np.maximum(self.grid.nearest(at, dtype), least), most), dtype)
        else:
            least, most = -((self.offset - first) // self.unit), (last - self.offset) // self.unit
            nearest = np.round((at - self.offset) / self.unit).astype(np.int64)
            whole = np.minimum(np.maximum(nearest, least), most) * self.unit + self.offset
        placed = pl.Series(whole).set(pl.Series(~known), None)
        return from_ticks(placed, dtype).alias(self.column)


class Spans(Value):
    """All columns of a table that lie within spans."""

    steps: tuple[Span, ...] = ()

    @property
    def learned(self) -> frozenset[str]:
        """Those that are not learned as times."""
        return frozenset(span.column for span in self.steps if span.learned != "time")

    @classmethod
    def find(
        cls,
        rows: pl.DataFrame,
        context: pl.DataFrame | None,
        *,
        among: Collection[str],
        gaps: Gaps,
        gridded: Gridded,
        order_by: str | None,
        families: int,
        min_group: int,
    ) -> "Spans":
        """The columns that never leave a span, where chance would break that; of several the shortest spans.

        Args:
            rows: The columns of the table.
            context: What is known of each row's parents.
            among: The columns to look at.
            gaps: The times of a row that never lie before another one of it: spans may begin there.
            gridded: The times that lie on a grid.
            order_by: The column that siblings follow each other in, if families may be told by where they begin.
            families: How many there are.
        """
        if context is None:
            return cls()
        since = {gap.column: gap for gap in gaps.steps if not gap.beyond}
        free = [name for name in among if name not in gaps.columns or (name in since and name not in gaps.since)]
        found = [
            _found(rows, context, name, since, gridded, min_group, families=families if name == order_by else 0)
            for name in free
        ]
        return cls(steps=tuple(span for span in found if span))

    def encode(self, rows: pl.DataFrame, context: pl.DataFrame | None) -> pl.DataFrame:
        """The rows with the shares of those that are learned so."""
        around = _around(rows, context)
        return rows.with_columns(span.encode(around) for span in self.steps if span.learned != "time")

    def decode(
        self,
        rows: pl.DataFrame,
        context: pl.DataFrame | None,
        schema: pl.Schema,
        *,
        begins: str,
        families: Rows | None,
    ) -> pl.DataFrame:
        """Undo `encode` for the spans that begin with a column of the row, or of its parents."""
        for span in self.steps:
            if span.learned != "time" and span.begins == begins:
                rows = rows.with_columns(span.decode(_around(rows, context), schema[span.column], families))
        return rows

    def moved(self, rows: pl.DataFrame, rng: np.random.Generator, *, besides: str | None) -> pl.DataFrame:
        """The rows, which hold what is known of their parents, with all times within their spans but `besides`."""
        for span in self.steps:
            if span.learned == "time" and span.column in rows.columns and span.column != besides:
                rows = rows.with_columns(span.moved(rows, rng))
        return rows

    def until(self, column: str | None, around: pl.DataFrame, dtype: pl.DataType) -> Times | None:
        """Until when times may come out that are learned as such; None where nothing is known of a column."""
        span = next((one for one in self.steps if one.column == column and one.learned == "time"), None)
        return span.ends(around, dtype)[1] if span else None

    def encoded(self, schema: pl.Schema) -> pl.Schema:
        """The types of the encoded rows."""
        return pl.Schema({name: pl.Int64() if name in self.learned else dtype for name, dtype in schema.items()})


def _found(
    rows: pl.DataFrame,
    context: pl.DataFrame,
    name: str,
    since: Mapping[str, Gap],
    gridded: Gridded,
    min_group: int,
    *,
    families: int,
) -> Span | None:
    """The shortest spans that a column never leaves; None if there are none."""
    dtype = rows.schema[name]
    if not isinstance(dtype, pl.Date | pl.Datetime):
        return None
    times = _numbers(ticks(rows[name], dtype))
    known = np.flatnonzero(~np.isnan(times))
    if len(known) < FEWEST_ROWS:
        return None
    ends: list[tuple[str | None, Times]] = list(_ends(times, context, dtype))
    if not ends and not families:
        return None
    starts = find_not_before(rows.select(name), context, np.arange(rows.height))
    begins: list[tuple[NotBefore, Literal["row", "parents"]]] = [(one, "parents") for one in starts]
    if name in since:
        gap = since[name]
        begins = [(NotBefore(column=name, parent_column=gap.since, floor=gap.floor), "row")]
    earliest, latest = shared_range(times[known].astype(np.int64), min_group)
    shortest: tuple[float, Span] | None = None
    for one, whose in begins:
        first = one.parent_times((rows if whose == "row" else context)[one.parent_column], dtype)[known]
        if np.isnan(first).any():
            continue
        after = pl.Series((times[known] - first).astype(np.int64))
        if common_unit(after) > common_unit(pl.Series(times[known].astype(np.int64)).diff()):
            # Whole days after a time of any second: a share would lose that.
            return None
        at_once = np.count_nonzero(times[known] == first)
        many = families > 0 and whose == "parents" and at_once >= max(min_group, _OFTEN * families)
        for until, last in ends or ([(None, times)] if many else []):
            last = np.where(np.isnan(last[known]) | (until is None), latest, last[known])
            usual = float(np.median(np.maximum(last - first, 0.0)))
            if shortest is not None and shortest[0] <= usual:
                continue
            low, high = np.quantile(times[known], (0.05, 0.95))
            whole = pl.Series(times[known].astype(np.int64))
            short = until is not None and usual * _SHORT <= high - low
            shortest = (
                usual,
                Span(
                    column=name,
                    begin=one.parent_column,
                    until=until,
                    begins=whose,
                    learned="share" if short else "units" if many else "time",
                    floor=one.floor,
                    unit=common_unit(whole.diff()),
                    offset=int(whole[0]) % common_unit(whole.diff()),
                    earliest=earliest,
                    latest=latest,
                    grid=since[name].grid if name in since else gridded.grid(name),
                ),
            )
    return shortest[1] if shortest else None


def _ends(times: Times, context: pl.DataFrame, dtype: pl.DataType) -> Iterator[tuple[str | None, Times]]:
    """The times of parents that a column never lies after, where chance would break that."""
    for name in context.columns:
        other = context.schema[name]
        if not isinstance(other, pl.Date | pl.Datetime) or not is_comparable(dtype, other):
            continue
        until = _numbers(ticks(context[name], dtype))
        both = ~np.isnan(times) & ~np.isnan(until)
        if both.sum() < max(FEWEST_ROWS, (1 - _MOST_OPEN) * (~np.isnan(times)).sum()):
            continue
        if not (times[both] > until[both]).any() and risk(times[both], until[both]) >= LITTLE_RISK:
            yield name, until


def _numbers(values: pl.Series) -> Times:
    """Whole numbers as floats (exact up to 2**53), NaN for NULL."""
    return values.cast(pl.Float64).to_numpy()


def _around(rows: pl.DataFrame, context: pl.DataFrame | None) -> pl.DataFrame:
    return rows if context is None else pl.concat([context, rows], how="horizontal")
