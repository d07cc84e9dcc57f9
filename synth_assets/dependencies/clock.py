"""Whole numbers that stand for times: parts of a time (its year, its hour), and clock times written as 1745."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

TimePart = Literal["year", "month", "day", "hour", "minute"]
Numbers = npt.NDArray[np.float64]
DAY = 1_440  # minutes
MIDNIGHT = 2_400
FEWEST_CLOCK_TIMES = 50
PROBES = 200
_RANGES: dict[TimePart, tuple[int, int]] = {
    "year": (1900, 2200),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
}
# Where a time without a zone is UTC and its parts are those of the wall clock, it is mostly that of one of these.
ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"),
    *("America/Toronto", "America/Mexico_City", "America/Bogota", "America/Sao_Paulo", "America/Buenos_Aires"),
    *("Europe/London", "Europe/Berlin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Moscow"),
    *("Africa/Cairo", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi"),
    *("Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Asia/Jerusalem"),
    *("Australia/Perth", "Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland"),
)


def as_part(name: str) -> TimePart | None:
    """The part of a time of that name, None if there is no such part."""
    return next((part for part in _RANGES if part == name), None)


def part_of(times: pl.Series, part: TimePart, zone: str | None) -> pl.Series:
    """A part of each time; `zone` is that of the wall clock, where times without a zone are UTC."""
    if zone is not None:
        here = times if times.dtype.time_zone else times.dt.replace_time_zone("UTC")  # type: ignore[attr-defined]
        times = here.dt.convert_time_zone(zone)
    extracted: pl.Series = getattr(times.dt, part)()
    return extracted.cast(pl.Int64)


def possible_parts(values: pl.Series, times: pl.Series) -> Iterator[tuple[TimePart, str | None]]:
    """(part, zone) that a part of the values agrees with; both columns of the same rows, few of them."""
    if not values.dtype.is_integer() or not isinstance(times.dtype, pl.Date | pl.Datetime):
        return
    together = pl.DataFrame({"v": values.cast(pl.Int64), "t": times}).drop_nulls()
    if together.height < 2:
        return
    low, high = together["v"].min(), together["v"].max()
    # Rows from all over: those of one morning agree with the clocks of many zones.
    together = together.gather_every(max(together.height // PROBES, 1))
    for part, (least, most) in _RANGES.items():
        if not isinstance(low, int) or not isinstance(high, int) or low < least or high > most:
            continue
        if isinstance(times.dtype, pl.Date):
            zones: Sequence[str | None] = (None,) if part in ("year", "month", "day") else ()
        else:
            zones = (None, *ZONES)
        for zone in zones:
            if bool((part_of(together["t"], part, zone) == together["v"]).all()):
                yield part, zone


def is_clock(values: Numbers) -> bool:
    """Whether numbers look like clock times: 0 to 2400 (hours and minutes side by side), all over the day."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST_CLOCK_TIMES or known.min() < 0 or known.max() > MIDNIGHT or known.max() <= DAY - 240:
        return False
    return bool((known % 100 < 60).all()) and len(np.unique(known)) >= FEWEST_CLOCK_TIMES


def clock_sum(clock: Numbers, minutes: Numbers, midnight: int) -> Numbers:
    """The clock time so many minutes later, any day; midnight is 0 or 2400."""
    total = (np.floor(clock / 100) * 60 + clock % 100 + minutes) % DAY
    made = np.floor(total / 60) * 100 + total % 60
    return np.where(made == 0, float(midnight), made)
