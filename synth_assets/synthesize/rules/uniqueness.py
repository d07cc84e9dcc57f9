"""Different numbers and times in a learned column, with the least change to its distribution."""

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.seen import Mask, normalize

Points = npt.NDArray[np.int64]

_ROUNDING = 1e-9
_SECOND = 1_000_000
_DATETIME_STEPS = (86_400 * _SECOND, 3_600 * _SECOND, 60 * _SECOND, _SECOND, 1_000, 1)  # microseconds
_TIME_STEPS = (3_600 * 10**9, 60 * 10**9, 10**9, 10**6, 10**3)  # nanoseconds


def comparable(values: pl.Series) -> npt.NDArray[np.uint64]:
    """Numbers that are the same for the same normalized values, and else not: not in one of 10**19 pairs at least."""
    keys = values if values.dtype == pl.Binary or values.dtype.is_numeric() else normalize(values)
    numbers: npt.NDArray[np.uint64] = keys.hash().to_numpy()
    return numbers


def duplicates(values: pl.Series) -> Mask:
    """True at every row whose normalized value an earlier row holds; null is no value."""
    repeated = ~pl.Series(comparable(values)).is_first_distinct() & values.is_not_null()
    return repeated.to_numpy()


def unique_numbers(
    values: pl.Series, rng: np.random.Generator, *, minimum: float | None = None, maximum: float | None = None
) -> pl.Series:
    """Repair duplicates in a learned numeric or temporal column with little change to its distribution.

    In sorted order each value moves just as far as its neighbours need room, on the column's own grid: 1 for integers
    and days, the scale for decimals, for floats and instants the coarsest step that all values lie on and that has
    room for them between the bounds.

    Args:
        values: Int, UInt, Float, Decimal, Date, Time or Datetime; null stays null.
        minimum, maximum: Inclusive bounds, in the units of protocol.ColumnSpec.

    Raises:
        CapacityTooSmall: The bounds leave too few values; table and column are empty, for the caller to name.
    """
    broken = duplicates(values.to_physical() if values.dtype.is_temporal() else values)
    if not broken.any():
        return values
    filled = values.is_not_null().to_numpy()
    needed = int(filled.sum())
    room = 0
    if values.dtype.is_unsigned_integer():
        minimum = max(0.0, minimum or 0.0)
    for step in _steps(values):
        lowest = None if minimum is None else math.ceil(minimum / step - _ROUNDING)
        highest = None if maximum is None else math.floor(maximum / step + _ROUNDING)
        room = needed if lowest is None or highest is None else highest - lowest + 1
        if room >= needed:
            points = _to_grid(values, step)
            points[filled] = _spread(points[filled], lowest, highest, rng)
            return _from_grid(points, step, values)
    raise CapacityTooSmall(table="", column=values.name, needed=needed, capacity=max(room, 0))


def _spread(points: Points, lowest: int | None, highest: int | None, rng: np.random.Generator) -> Points:
    """Distinct integers near the given ones: in sorted order each stands at least one above its forerunner."""
    order = np.lexsort((rng.random(len(points)), points))
    ordered = points[order]
    ranks = np.arange(len(points))
    distinct = np.maximum.accumulate(ordered - ranks) + ranks
    # Half of a pile moves down rather than all of it up: every run of consecutive values shifts back by half its drift.
    drift = distinct - ordered
    runs = np.cumsum(np.concatenate([[True], np.diff(distinct) > 1])) - 1
    shift = np.zeros(runs[-1] + 1, dtype=np.int64)
    np.maximum.at(shift, runs, drift)
    distinct = distinct - (shift // 2)[runs]
    distinct = np.maximum.accumulate(distinct - ranks) + ranks
    if highest is not None:
        distinct = np.minimum(distinct, highest - ranks[::-1])
    if lowest is not None:
        distinct = np.maximum(distinct, lowest + ranks)
    result = np.empty_like(points)
    result[order] = distinct
    return result


def _steps(values: pl.Series) -> list[float]:
    """Steps of the grids that all values lie on, the coarsest first, in the units of ColumnSpec."""
    dtype = values.dtype
    if isinstance(dtype, pl.Decimal):
        return [10.0 ** -(dtype.scale or 0)]
    if dtype.is_float():
        filled = values.drop_nulls().drop_nans()
        coarsest = next((d for d in range(10) if ((filled.round(d) - filled).abs() < _ROUNDING).all()), 10)
        return [10.0**-decimals for decimals in range(coarsest, 11)]
    if isinstance(dtype, pl.Datetime | pl.Time):
        physical = values.drop_nulls().to_physical()
        units = _DATETIME_STEPS if isinstance(dtype, pl.Datetime) else _TIME_STEPS
        return [float(step) for step in units if (physical % step == 0).all()]
    return [1.0]


def _to_grid(values: pl.Series, step: float) -> Points:
    if isinstance(values.dtype, pl.Decimal):
        steps = (values * 10 ** (values.dtype.scale or 0)).cast(pl.Int64)
    elif values.dtype.is_float():
        steps = (values.cast(pl.Float64).fill_nan(None) / step).round().cast(pl.Int64)
    else:
        steps = values.to_physical().cast(pl.Int64) // int(step)
    points: Points = steps.fill_null(0).to_numpy().copy()
    return points


def _from_grid(points: Points, step: float, values: pl.Series) -> pl.Series:
    dtype, name = values.dtype, values.name
    if isinstance(dtype, pl.Decimal):
        repaired = _decimals(points, dtype).alias(name)
    elif dtype.is_float():
        repaired = pl.Series(name, points * step).round(max(0, round(-math.log10(step)))).cast(dtype)
    else:
        repaired = pl.Series(name, points * int(step)).cast(dtype)
    return pl.DataFrame([repaired, values.is_not_null().alias("filled")]).select(
        pl.when(pl.col("filled")).then(pl.col(name)).alias(name)
    )[name]


def _decimals(points: Points, dtype: pl.Decimal) -> pl.Series:
    """Exact decimals of whole steps, by way of text."""
    scale = dtype.scale or 0
    sign = pl.Series(np.where(points < 0, "-", ""))
    digits = sign + pl.Series(np.abs(points)).cast(pl.String).str.zfill(scale + 1)
    return (digits.str.replace(rf"(\d{{{scale}}})$", ".${1}") if scale else digits).cast(dtype)
