"""Dates of one row that never run backwards: the later one is learned as the time since the earlier one."""

from collections.abc import Collection
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import Grid, find_grid
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.synthesize.relational.seasons import Season, ticks_a_day

FEWEST_ROWS = 50
_SELDOM = 0.05  # share of times that may have no time before them
_OFTEN = 0.02  # share of rows whose value is one that stands for something
LITTLE_RISK = 0.01  # share of chance pairs out of order; with fewer the order is kept by itself
Whole = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)


class Gap(Value):
    """`column` is learned as the whole `unit`s that it lies after `since` (microseconds, or days between dates).

    Attributes:
        floor: What the earlier times are rounded down to: a day's date is not before a time of that day.
        grid: What the column's times lie on: points of it are counted, from the first one that is not before the
            earlier time.
        unknown: What stands for the earlier time in the few rows that have none; None: no time comes without one.
        season: When in the year the column's times lie that come years after.
        earliest, latest: The range in which the column's own values may come out, in the physical unit or as points.
        open: The column may be NULL.
        longest: The most units that come out where the range moves a time; a column that may be NULL is, beyond it.
        beyond: Frequent values after all that it may lie after, such as 9999-12-31 for "not yet": -1, -2 and so on
            stand for them.
    """

    column: str
    since: str
    unit: int
    earliest: int
    latest: int
    open: bool
    longest: int | None = None
    beyond: tuple[int, ...] = ()
    floor: int = 1
    grid: Grid | None = None
    unknown: int | None = None
    season: Season | None = None

    def encode(self, rows: pl.DataFrame) -> pl.Series:
        """The whole units from the earlier times to the column's, NULL where either is."""
        dtype = rows.schema[self.column]
        times = ticks(rows[self.column], dtype)
        place = times if self.grid is None else self.grid.points(times, dtype)
        units = (place - self._begin(rows, dtype)) // self.unit
        if self.unknown is not None:
            units = units.clip(lower_bound=0)
        for at, value in enumerate(self.beyond):
            units = units.set((times == value).fill_null(value=False), -1 - at)
        return units.alias(self.column)

    def decode(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The times that lie so many units after the earlier ones."""
        begin = self._begin(rows, dtype)
        # What lies outside the range takes the nearest whole number of units within.
        fewest, most = -((begin - self.earliest) // self.unit), (self.latest - begin) // self.unit
        drawn = pl.DataFrame({"units": rows[self.column].cast(pl.Int64), "fewest": fewest, "most": most})
        kept = pl.max_horizontal(pl.min_horizontal(pl.max_horizontal("units", "fewest"), "most"), 0)
        known = pl.col("units").is_not_null() & pl.col("fewest").is_not_null()
        units = drawn.select(pl.when(known).then(kept)).to_series()
        if self.open:
            # A row that begins later than any has ended has not ended; where all end, it ended as it began.
            units = units.set((begin > self.latest).fill_null(value=False), None)
            if self.longest is not None:
                # The first that may come out would be too long after: what begins that early has not ended, either.
                moved = (units > self.longest) & (units > drawn["units"])
                units = units.set(moved.fill_null(value=False), None)
        place = begin + units * self.unit
        times = place if self.grid is None else self.grid.ticks(place, dtype)
        if self.season is not None:
            times = self.season.moved(times, begin, dtype).clip(self.earliest, self.latest)
        for at, value in enumerate(self.beyond):
            times = times.set((rows[self.column] == -1 - at).fill_null(value=False), value)
        return from_ticks(times, dtype).alias(self.column)

    def on_grid(self, rows: pl.DataFrame, min_group: int) -> "Gap":
        """The gap in points of the grid that the column's times lie on, if they lie on any."""
        dtype = rows.schema[self.column]
        both = pl.DataFrame({"time": ticks(rows[self.column], dtype), "since": self._begin(rows, dtype)})
        both = both.filter(pl.col("time").is_not_null() & ~pl.col("time").is_in(self.beyond))
        grid = find_grid(from_ticks(both["time"], dtype).alias(self.column))
        if grid is None:
            return self
        points = grid.points(both["time"], dtype)
        earliest, latest = shared_range(points.to_numpy(), min_group)
        unit = common_unit(points - grid.points(both["since"], dtype))
        return self.model_copy(update={"grid": grid, "unit": unit, "earliest": earliest, "latest": latest})

    def with_season(self, rows: pl.DataFrame, min_group: int) -> "Gap":
        """The gap with the season of the column's times, if they have one and may be moved by days."""
        dtype = rows.schema[self.column]
        if self.grid is not None or ticks_a_day(dtype) % self.unit:
            return self
        times = ticks(rows[self.column], dtype)
        told = times.set(times.is_in(self.beyond), None)
        season = Season.find(told, self._begin(rows, dtype), dtype, min_group=min_group)
        return self.model_copy(update={"season": season})

    def with_longest(self, rows: pl.DataFrame, min_group: int) -> "Gap":
        """The gap with the most units that at least so many rows reach."""
        units = self.encode(rows).drop_nulls()
        return self.model_copy(update={"longest": shared_range(units.filter(units >= 0).to_numpy(), min_group)[1]})

    def _begin(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """What the time, of this type, is counted from: in its physical unit, or as a point of its grid."""
        begin = ticks(rows[self.since], dtype) // self.floor * self.floor
        if self.unknown is not None:
            begin = begin.fill_null(self.unknown)
        return begin if self.grid is None else self.grid.points(begin, dtype)


class Gaps(Value):
    """All gaps of a table, in an order in which they can be added up again."""

    steps: tuple[Gap, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Those that are learned as gaps."""
        return frozenset(gap.column for gap in self.steps)

    @property
    def since(self) -> frozenset[str]:
        """Those that gaps begin at."""
        return frozenset(gap.since for gap in self.steps)

    @classmethod
    def find(cls, rows: pl.DataFrame, *, min_group: int, known: Collection[str] = ()) -> "Gaps":
        """Find the pairs of time columns where the one never lies before the other.

        A column is tied to the closest column before it that is filled wherever it is filled itself, or nearly so,
        unless that tells less of it than its own values do, as a birth does of an order. Values that fewer than
        `min_group` rows reach at either end do not come out. `known` columns stay as they are.
        """
        times = [name for name in rows.columns if isinstance(rows.schema[name], pl.Date | pl.Datetime)]
        before = {
            name: [gap for since in times if since != name and (gap := _gap(rows, name, since, min_group))]
            for name in times
        }
        steps: list[Gap] = []
        placed: set[str] = set()
        for name in sorted(times, key=lambda time: (time not in known, len(before[time]))):
            possible = [found for found in before[name] if found[1].since in placed]
            if possible and name not in known:
                _, closest = min(possible, key=lambda found: (found[1].unknown is not None, found[0]))
                told = closest.on_grid(rows, min_group).with_longest(rows, min_group)
                steps.append(told.with_season(rows, min_group))
            placed.add(name)
        return cls(steps=tuple(steps))

    def besides(self, columns: Collection[str]) -> "Gaps":
        """The gaps without those of some columns."""
        return Gaps(steps=tuple(gap for gap in self.steps if gap.column not in columns))

    def least(self, column: str) -> int:
        """The least number that stands in one of `columns`."""
        return min((-len(gap.beyond) for gap in self.steps if gap.column == column), default=0)

    def encode(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Replace later times by whole units since the earlier ones."""
        return rows.with_columns(gap.encode(rows) for gap in self.steps)

    def decode(self, rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
        """Undo `encode`; `schema` gives the types of the times."""
        for gap in self.steps:
            rows = rows.with_columns(gap.decode(rows, schema[gap.column]))
        return rows


def common_unit(differences: pl.Series) -> int:
    """The greatest number that divides all differences: their rounding; 1 if there is nothing to divide."""
    values = differences.drop_nulls().unique().to_numpy()
    return max(int(np.gcd.reduce(np.abs(values))) if len(values) else 1, 1)


def shared_range(values: Whole, min_group: int, *, among: Whole | None = None) -> tuple[int, int]:
    """The range that at least `min_group` values reach at either end (half of them, where they are few).

    An end that fewer values than that have is one row's: it is moved half the way to the next value within, as far as
    the values' common unit lets it.

    Args:
        values: In any order, at least one.
        min_group: Fewest values that share what may be told.
        among: All values of the column in order, if `values` are a part of them only.
    """
    ordered = np.sort(values)
    among = ordered if among is None else among
    group = min(min_group, max(len(ordered) // 2, 1))
    distinct = np.unique(ordered)
    unit = common_unit(pl.Series(np.diff(distinct)))

    def moved(end: int, step: int) -> int:
        at = int(np.searchsorted(distinct, end)) + step
        if np.diff(np.searchsorted(among, [end, end + 1]))[0] >= min_group or not 0 <= at < len(distinct):
            return end
        return end + step * -(-abs(int(distinct[at]) - end) // (2 * unit)) * unit

    earliest, latest = moved(int(ordered[group - 1]), 1), moved(int(ordered[-group]), -1)
    return min(earliest, latest), max(earliest, latest)


def _gap(rows: pl.DataFrame, column: str, since: str, min_group: int) -> tuple[float, Gap] | None:
    """The mean time from `since` to `column` and how it is learned, if it is never negative."""
    dtype = rows.schema[column]
    if not is_comparable(dtype, rows.schema[since]):
        return None
    times = pl.DataFrame([ticks(rows[name], dtype) for name in (column, since)]).drop_nulls(column)
    floor = day_of(dtype, times[column])
    times = times.with_columns(pl.col(since) // floor * floor)
    filled, latest_since = times.height, times[since].max()
    unknown = times[since].null_count()
    if filled - unknown < FEWEST_ROWS or unknown > _SELDOM * filled or not isinstance(latest_since, int):
        return None
    times = times.drop_nulls()
    if (times[column] < times[since]).any():
        return None
    beyond = _beyond(times[column], latest_since, min_group)
    times = times.filter(~pl.col(column).is_in(beyond))
    values, differences = times[column].to_numpy(), times[column] - times[since]
    mean = differences.mean()
    if times.height < FEWEST_ROWS or not isinstance(mean, float):
        return None
    if _spread(differences.to_numpy()) > _spread(values) and risk(times[since].to_numpy(), values) < LITTLE_RISK:
        return None
    earliest, latest = shared_range(values, min_group)
    return mean, Gap(
        column=column,
        since=since,
        unit=common_unit(differences),
        earliest=earliest,
        latest=latest,
        open=filled < rows.height,
        beyond=beyond,
        floor=floor,
        unknown=earliest // floor * floor if unknown else None,
    )


def is_comparable(dtype: pl.DataType, other: pl.DataType) -> bool:
    """Whether times of the other type can be read as times of this one: both are in one zone, or in none."""
    zones = {one.time_zone if isinstance(one, pl.Datetime) else None for one in (dtype, other)}
    return len(zones) == 1


def day_of(dtype: pl.DataType, values: pl.Series) -> int:
    """A day in the type's physical unit, where a column of times has midnights only; else 1."""
    if not isinstance(dtype, pl.Datetime):
        return 1
    day = ticks_a_day(dtype)
    return day if (values % day == 0).all() else 1


def _beyond(values: pl.Series, latest_since: int, min_group: int) -> tuple[int, ...]:
    """Values that many rows share and that lie after everything else and after all that they may follow."""
    counts = values.filter(values > latest_since).value_counts().sort(values.name, descending=True)
    often = counts["count"] >= max(min_group, _OFTEN * len(values))
    first_rare = next((at for at, frequent in enumerate(often) if not frequent), len(often))
    return tuple(counts[values.name][:first_rare].to_list())


def _spread(values: Whole) -> float:
    """How wide the middle of the values is."""
    low, high = np.quantile(values, (0.1, 0.9))
    return float(high - low)


def risk(before: npt.NDArray[Number], after: npt.NDArray[Number]) -> float:
    """The share of pairs taken by chance in which the one `before` is the later one."""
    return float(1 - np.searchsorted(np.sort(before), after, side="right").mean() / len(before))
