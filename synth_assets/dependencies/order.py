"""Numbers and times of one row of which one never exceeds the other."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.chance import FEWEST_ROWS, MOST_BY_CHANCE, is_chance
from synth_assets.dependencies.grid import Grid
from synth_assets.plan.dependencies import NotAbove

PROBES = 1_000
STEPS = (0.02, 0.05, 0.1, 0.2, 0.3)  # shares of the rows that lie within a step of equality


class Bound(Value):
    """`column` is at most (or at least) `by`: one side of a NotAbove, whose other side stays.

    Attributes:
        at_most: `column` is the lower of the two.
    """

    column: str
    by: str
    at_most: bool

    @classmethod
    def of(cls, order: NotAbove) -> tuple["Bound", "Bound"]:
        """The lower column by the upper one, and the upper by the lower."""
        return (
            cls(column=order.lower, by=order.upper, at_most=True),
            cls(column=order.upper, by=order.lower, at_most=False),
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column, self.by)

    def apply(self, frame: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column with values beyond the other one replaced by that one's, rounded to its own side."""
        values = frame[self.column]
        lower, upper = (self.column, self.by) if self.at_most else (self.by, self.column)
        beyond = above(frame, lower, upper)
        return values.zip_with(~beyond, _fitted(frame[self.by], dtype, down=self.at_most).alias(self.column))


def above(rows: pl.DataFrame, lower: str, upper: str) -> pl.Series:
    """True where the lower column exceeds the upper one."""
    return rows.select((_comparable(rows, lower) > _comparable(rows, upper)).fill_null(value=False)).to_series()


def find_orders(rows: pl.DataFrame, *, besides: Collection[frozenset[str]] = ()) -> tuple[NotAbove, ...]:
    """The pairs of columns of which one never exceeds the other, where that says something.

    Columns that never come near each other hold their order by themselves. What follows from two other pairs is
    left out.

    Args:
        rows: Columns of numbers and times among others.
        besides: Sets of columns of which no two are compared: a formula ties them.
    """
    names = [name for name in rows.columns if rows.schema[name].is_numeric() or rows.schema[name].is_temporal()]
    likely = _in_order(rows[:PROBES].select(names))
    tried = len(names) ** 2
    found = {
        (lower, upper)
        for lower, upper in likely
        if not any({lower, upper} <= tied for tied in besides)
        and not above(rows, lower, upper).any()
        and _says_something(rows, lower, upper, tried)
    }
    direct = [
        (lower, upper)
        for lower, upper in sorted(found, key=lambda pair: (names.index(pair[0]), names.index(pair[1])))
        if not any((lower, middle) in found and (middle, upper) in found for middle in names)
    ]
    return tuple(NotAbove(lower=lower, upper=upper) for lower, upper in direct)


def keep_orders(
    rows: pl.DataFrame, orders: Sequence[NotAbove], free: Collection[str], grids: Mapping[str, Grid] | None = None
) -> pl.DataFrame:
    """Rows in which no lower column exceeds its upper one.

    Two columns that may be changed exchange their values; of others, the one that may takes the other's.

    Args:
        grids: By column, the grid that its times lie on: they stay on it.
    """
    grids = grids or {}
    for _ in range(len(orders) + 1):
        wrong = [order for order in orders if above(rows, order.lower, order.upper).any()]
        if not wrong:
            break
        for order in wrong:
            rows = _kept(rows, order, free, grids)
    return rows


def _kept(rows: pl.DataFrame, order: NotAbove, free: Collection[str], grids: Mapping[str, Grid]) -> pl.DataFrame:
    lower, upper = order.lower, order.upper
    alike = rows.schema[lower] == rows.schema[upper] and _same_points(grids.get(lower), grids.get(upper))
    if {lower, upper} <= set(free) and alike:
        fine = ~above(rows, lower, upper)
        less, more = rows[lower], rows[upper]
        return rows.with_columns(
            less.zip_with(fine, more.alias(lower)).alias(lower), more.zip_with(fine, less.alias(upper)).alias(upper)
        )
    for bound in reversed(Bound.of(order)):
        if bound.column in free:
            kept = bound.apply(rows, rows.schema[bound.column])
            if bound.column in grids:
                kept = grids[bound.column].snapped(kept, towards="floor" if bound.at_most else "ceil")
            return rows.with_columns(kept)
    return rows


def _same_points(one: Grid | None, other: Grid | None) -> bool:
    """Whether times may change places: both lie on one grid, or on none."""
    return one == other if one is None or other is None else one == other.model_copy(update={"column": one.column})


def _in_order(probes: pl.DataFrame) -> list[tuple[str, str]]:
    """The pairs of columns of one kind of which one never exceeds the other in a few rows."""
    values = np.stack([_numbers(column) for column in probes.get_columns()]) if probes.width else np.empty((0, 0))
    kinds = [_kind(dtype) for dtype in probes.dtypes]
    found = []
    for at, lower in enumerate(probes.columns):
        fine = ~(values[at] > values).any(axis=1)
        found += [
            (lower, upper)
            for other, upper in enumerate(probes.columns)
            if other != at and fine[other] and kinds[other] == kinds[at]
        ]
    return found


def _numbers(values: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    plain = values.to_physical() if values.dtype.is_temporal() else values
    return plain.cast(pl.Float64).to_numpy()


def _says_something(rows: pl.DataFrame, lower: str, upper: str, tried: int) -> bool:
    """Whether chance would hardly put all rows in order, even if the columns have to do with each other.

    Columns that know nothing of each other would be out of order in some rows; and so many rows lie close to where the
    two are equal that some would lie beyond, were it allowed. How many those are is told by the numbers of rows at zero
    to one, one to two and two to three steps from there, drawn on as a bell curve would be, less two standard errors.
    A row whose lower column has its least value anyway tells nothing.
    """
    both = rows.select(lower, upper).drop_nulls()
    if both.height < FEWEST_ROWS:
        return False
    less, more = _numbers(both[lower]), _numbers(both[upper])
    in_order = 1 - float(np.searchsorted(np.sort(more), less, side="left").mean()) / len(more)
    if is_chance(len(less), in_order, tried=tried):
        return False
    distance = (more - less)[less > less.min()]
    apart = distance[distance > 0]
    if len(apart) < FEWEST_ROWS:
        return False
    return any(
        _expected_beyond(distance, float(step)) > math.log(tried / MOST_BY_CHANCE)
        for step in np.unique(np.quantile(apart, STEPS))
    )


def _expected_beyond(distance: np.ndarray[tuple[int], np.dtype[np.float64]], step: float) -> float:
    """How many rows would at least lie up to a step beyond equality; 0 if they end before they come near it."""
    near, middle, far = (int(((distance >= k * step) & (distance < (k + 1) * step)).sum()) for k in range(3))
    nearest = int((distance < step / 4).sum())
    if not (near and middle and far) or nearest < near / 8:
        return 0.0
    drawn_on = 3 * math.log(near) - 3 * math.log(middle) + math.log(far)
    error = math.sqrt(9 / near + 9 / middle + 1 / far)
    return math.exp(min(drawn_on - 2 * error, 50.0))


def _comparable(rows: pl.DataFrame, name: str) -> pl.Expr:
    """A column as it is compared: decimals of any scale and whole numbers as one type."""
    dtype = rows.schema[name]
    return pl.col(name).cast(pl.Float64) if dtype.is_numeric() else pl.col(name)


def _kind(dtype: pl.DataType) -> str:
    return "number" if dtype.is_numeric() else str(dtype)


def _fitted(values: pl.Series, dtype: pl.DataType, *, down: bool) -> pl.Series:
    """Values in another type, never above (or below) what they are."""
    if values.dtype == dtype or not values.dtype.is_numeric() or dtype.is_float():
        return values.cast(dtype)
    scale = 10.0**dtype.scale if isinstance(dtype, pl.Decimal) else 1.0
    exact = values.cast(pl.Float64) * scale
    # What lies a float's breadth beside a whole number is one.
    whole = (exact + 1e-7).floor() if down else (exact - 1e-7).ceil()
    return (whole / scale).cast(dtype, strict=False)
