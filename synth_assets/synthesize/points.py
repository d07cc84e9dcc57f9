"""Values that nearly all rows of families have in common: the days on which terms begin, on which stocks are traded."""

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
_NEARLY_ALL = 0.995
_MOST = 4_096
_DENSE = 0.9  # share of all values in between: so many say next to nothing


def find_points(values: Whole, families: Whole, *, unit: int, min_group: int) -> tuple[int, ...]:
    """The values that at least `min_group` families share, in order, if they are few and nearly all rows have one.

    Args:
        values: Of each row.
        families: The family of each row.
        unit: The values are whole numbers of it apart.
    """
    pairs = np.unique(np.stack([values, families]), axis=1)
    found, shared = np.unique(pairs[0], return_counts=True)
    points = found[shared >= min_group]
    if not 2 <= len(points) <= _MOST or np.isin(values, points).mean() < _NEARLY_ALL:
        return ()
    if len(points) * unit > _DENSE * (points[-1] - points[0] + unit):
        return ()
    return tuple(points.tolist())


def nearest_points(values: Whole, points: Whole) -> Whole:
    """Where in `points` the one nearest to each value is."""
    above = np.clip(np.searchsorted(points, values), 1, len(points) - 1)
    nearer = values - points[above - 1] <= points[above] - values
    return np.asarray(above - nearer, np.int64)


def next_points(values: Whole, before: Whole, points: Whole) -> Whole:
    """The point nearest to each value, behind `before` where the value is; what lies beyond all points stays."""
    at = nearest_points(values, points)
    behind = np.minimum(np.searchsorted(points, before, side="right"), len(points) - 1)
    at = np.where(values > before, np.maximum(at, behind), at)
    return np.asarray(np.where(values > points[-1], values, points[at]), np.int64)
