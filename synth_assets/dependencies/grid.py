"""Times that lie on a grid: the first of a month, Mondays, midnight, full quarters of an hour."""

from collections.abc import Collection
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, is_chance
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.plan.dependencies import SECONDS, Every, OnGrid

PROBES = 1_000
Whole = npt.NDArray[np.int64]
TIMES = (pl.Date, pl.Datetime, pl.Time)
_A_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}
_IN_EVERY_MONTH = 28  # days
# Coarsest first: how many of what, and how much finer the next one is. What chance would make is told by that.
_MONTHS = ((12, 12), (6, 2), (3, 3), (1, 28))
_STEPS: tuple[tuple[Every, int, int], ...] = (
    *(("week", 1, 7), ("day", 1, 24), ("hour", 1, 2), ("minute", 30, 2), ("minute", 15, 3)),
    *(("minute", 10, 2), ("minute", 5, 5), ("minute", 1, 60), ("second", 1, 1_000)),
)


class Grid(OnGrid):
    """The grid of a column; its points are numbered in their order. Ticks are physical values of a type of times."""

    @property
    def found(self) -> OnGrid:
        """The grid as profiles have it."""
        return OnGrid(**self.model_dump())

    def floor(self, ticks: Whole, dtype: pl.DataType) -> Whole:
        """The number of the last point that is not after each time."""
        if self.every != "month":
            return (ticks - self._offset(dtype)) // self._step(dtype)
        days = ticks // _a_day(dtype)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        number = (months - self.offset) // self.count
        return np.asarray(number - (self.at(number, dtype) > ticks), dtype=np.int64)

    def ceil(self, ticks: Whole, dtype: pl.DataType) -> Whole:
        """The number of the first point that is not before each time."""
        number = self.floor(ticks, dtype)
        return np.asarray(number + (self.at(number, dtype) < ticks), dtype=np.int64)

    def nearest(self, ticks: Whole, dtype: pl.DataType) -> Whole:
        """The number of the point nearest to each time."""
        number = self.floor(ticks, dtype)
        nearer = self.at(number + 1, dtype) - ticks < ticks - self.at(number, dtype)
        return np.asarray(number + nearer, dtype=np.int64)

    def at(self, numbers: Whole, dtype: pl.DataType) -> Whole:
        """The times of points."""
        if self.every != "month":
            return numbers * self._step(dtype) + self._offset(dtype)
        months = numbers * self.count + self.offset + (0 if self.day else 1)
        days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        return np.asarray((days + self.day - 1) * _a_day(dtype), dtype=np.int64)

    def has(self, values: pl.Series) -> npt.NDArray[np.bool_]:
        """Whether each time is a point; NULL is not off the grid."""
        times = _plain(ticks(values, values.dtype))
        on_it = self.at(self.floor(times, values.dtype), values.dtype) == times
        return np.asarray(on_it | values.is_null().to_numpy())

    def points(self, times: pl.Series, dtype: pl.DataType) -> pl.Series:
        """The numbers of the first points that are not before times given as ticks; NULL stays NULL."""
        return pl.Series(times.name, self.ceil(_plain(times), dtype)).set(times.is_null(), None)

    def ticks(self, points: pl.Series, dtype: pl.DataType) -> pl.Series:
        """The times of points as ticks; NULL stays NULL."""
        return pl.Series(points.name, self.at(_plain(points), dtype)).set(points.is_null(), None)

    def snapped(
        self,
        values: pl.Series,
        *,
        towards: Literal["nearest", "floor", "ceil"] = "nearest",
        least: int | None = None,
        most: int | None = None,
    ) -> pl.Series:
        """The times moved to points of the grid.

        Args:
            towards: Which point: the nearest one, `floor` for one that is never later, `ceil` for never earlier.
            least, most: The numbers of the first and the last point that may come out.
        """
        dtype = values.dtype
        if self.has(values).all() and least is None and most is None:
            return values
        choose = {"nearest": self.nearest, "floor": self.floor, "ceil": self.ceil}[towards]
        number = choose(_plain(ticks(values, dtype)), dtype)
        if least is not None or most is not None:
            number = np.clip(number, least, most)
        if isinstance(dtype, pl.Time):
            # A time of day has no day after it.
            number = np.clip(number, 0, self.floor(np.array([_a_day(dtype) - 1]), dtype))
        return from_ticks(self.ticks(pl.Series(values.name, number).set(values.is_null(), None), dtype), dtype)

    def _step(self, dtype: pl.DataType) -> int:
        return self.count * SECONDS[self.every] * _a_day(dtype) // SECONDS["day"]

    def _offset(self, dtype: pl.DataType) -> int:
        return self.offset * _a_day(dtype) // SECONDS["day"]


def find_grid(values: pl.Series, *, tried: int = 1) -> Grid | None:
    """The coarsest grid that all times lie on and that chance would hardly make; None if there is none.

    Every different time but the first agrees by chance as often as the grid is coarser than the next finer one: what
    few times a column has tells nothing of its grid, however often each occurs.

    Args:
        tried: In how many columns a grid is looked for.
    """
    dtype = values.dtype
    if not isinstance(dtype, TIMES) or len(values) - values.null_count() < FEWEST_ROWS:
        return None
    probes = _different(values[:PROBES])
    likely = [one for one in _candidates(values.name, probes, dtype) if _holds(one[0], probes, dtype)]
    if not likely:
        return None
    times = _different(values)
    chances = len(_MONTHS) + len(_STEPS)
    for grid, finer in likely:
        if _holds(grid, times, dtype) and not is_chance(len(times) - 1, 1 / finer, tried=tried * chances):
            return grid
    return None


def find_grids(rows: pl.DataFrame) -> tuple[OnGrid, ...]:
    """The columns of times that lie on a grid of minutes, or on a coarser one."""
    names = [name for name in rows.columns if isinstance(rows.schema[name], TIMES)]
    found = (find_grid(rows[name], tried=len(names)) for name in names)
    return tuple(grid.found for grid in found if grid and grid.every != "second")


def off_grid(rows: pl.DataFrame, one: OnGrid) -> pl.Series:
    """True for rows whose time is no point of the grid."""
    return pl.Series(~Grid(**one.model_dump()).has(rows[one.column]))


def keep_on_grid(rows: pl.DataFrame, grid: Grid, free: Collection[str]) -> pl.DataFrame:
    """Rows whose times are points of the grid: the nearest ones."""
    return rows.with_columns(grid.snapped(rows[grid.column])) if grid.column in free else rows


def _plain(whole: pl.Series) -> Whole:
    return whole.fill_null(0).to_numpy()


def _different(values: pl.Series) -> Whole:
    return values.drop_nulls().to_physical().cast(pl.Int64).unique().sort().to_numpy()


def _candidates(name: str, times: Whole, dtype: pl.DataType) -> list[tuple[Grid, int]]:
    """The grids through the first of these times, with how much finer the next grid is; those coarser come first."""
    if not len(times):
        return []
    a_day = _a_day(dtype)
    found: list[tuple[Grid, int]] = []
    if not isinstance(dtype, pl.Time) and times[0] % a_day == 0:
        date = np.int64(times[0] // a_day).astype("datetime64[D]")
        month = int(date.astype("datetime64[M]").astype(np.int64))
        day = int((date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)) + 1
        is_last = (date + 1).astype("datetime64[M]") != date.astype("datetime64[M]")
        days = ([day] if day <= _IN_EVERY_MONTH else []) + ([0] if is_last else [])
        found += [
            (Grid(column=name, every="month", count=count, offset=month % count, day=of_month), finer)
            for count, finer in _MONTHS
            for of_month in days
        ]
    for every, count, finer in _STEPS:
        seconds = count * SECONDS[every]
        # Every date is a day, and every time of day lies in one day.
        of_date = isinstance(dtype, pl.Date) and every != "week"
        of_time = isinstance(dtype, pl.Time) and seconds >= SECONDS["day"]
        if of_date or of_time:
            continue
        step = seconds * a_day // SECONDS["day"]
        offset = int(times[0] % step)
        if offset * SECONDS["day"] % a_day == 0:
            offset = offset * SECONDS["day"] // a_day
            found.append((Grid(column=name, every=every, count=count, offset=offset), finer))
    return found


def _holds(grid: Grid, times: Whole, dtype: pl.DataType) -> bool:
    return bool((grid.at(grid.floor(times, dtype), dtype) == times).all())


def _a_day(dtype: pl.DataType) -> int:
    """Ticks of a day in the physical unit of a type."""
    if isinstance(dtype, pl.Datetime):
        return SECONDS["day"] * _A_SECOND[dtype.time_unit]
    return 1 if dtype == pl.Date else SECONDS["day"] * _A_SECOND["ns"]
