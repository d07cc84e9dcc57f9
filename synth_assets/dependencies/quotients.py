"""Numbers that are one column divided by another: a price per unit, a rate per thousand, a share in percent."""

from collections.abc import Mapping

import numpy as np

from synth_assets.dependencies.formula import Formula, Numbers

_PROBES = 16
_MOST_FOUND = 20
_DIGITS = 4  # of a constant
_BREADTH = 1e-9  # of a float that is not rounded, relative
_HALF = 0.5001


def quotient_candidates(
    name: str, scale: int | None, values: Mapping[str, Numbers], target: Numbers
) -> tuple[Formula, ...]:
    """The formulas `c = a / b` or `c = k * a / b` that give a column wherever it and both others are known.

    Args:
        scale: Decimal places of the column, None if it has any.
        values: The numbers that it may be computed from, of the same rows.
        target: Its own.
    """
    names = list(values)
    rows = np.flatnonzero(np.isfinite(target) & (target != 0))
    if len(rows) < _PROBES or len(names) < 2:
        return ()
    rows = rows[np.linspace(0, len(rows) - 1, _PROBES).astype(np.intp)]
    table = np.stack([values[other][rows] for other in names])
    low, high = _factors(table[:, None, :], table[None, :, :], target[rows], scale)
    found: list[Formula] = []
    for left, right in zip(*np.nonzero(low <= high), strict=True):
        if left == right or len(found) == _MOST_FOUND:
            continue
        factor = _roundest(*_range(values[names[left]], values[names[right]], target, scale))
        if factor is None:
            continue
        found.append(
            Formula(
                column=name,
                operation="quotient",
                left=names[left],
                right=names[right],
                factor=None if factor == 1 else factor,
                scale=scale,
            )
        )
    # What is not multiplied is the simplest, and shares in percent come next.
    return tuple(sorted(found, key=lambda one: (one.factor is not None, one.factor != 100)))


def _factors(left: Numbers, right: Numbers, wanted: Numbers, scale: int | None) -> tuple[Numbers, Numbers]:
    """Between what constants `left / right`, (..., rows), is the wanted value of all rows; none where high < low."""
    breadth = _BREADTH * np.abs(wanted) if scale is None else np.full(len(wanted), _HALF * 10.0**-scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(wanted - breadth) * right / left, (wanted + breadth) * right / left])
    # Where a side is NULL or 0 and the value is neither, no constant will do.
    ends = np.where(np.isfinite(ends), ends, np.nan)
    low, high = ends.min(axis=0).max(axis=-1), ends.max(axis=0).min(axis=-1)
    return np.where(high > 0, low, np.nan), high


def _range(left: Numbers, right: Numbers, wanted: Numbers, scale: int | None) -> tuple[float, float]:
    """The same for two columns, over the rows where all three are known and none is 0."""
    known = np.isfinite(left) & np.isfinite(right) & np.isfinite(wanted)
    known &= (left != 0) & (right != 0) & (wanted != 0)
    low, high = _factors(left[known], right[known], wanted[known], scale)
    return float(low), float(high)


def _roundest(low: float, high: float) -> float | None:
    """The number between the two that has the fewest digits, if these are few; 1 where it is between them."""
    if not high > 0 or not low <= high:
        return None
    if low <= 1 <= high:
        return 1.0
    middle = (low + high) / 2
    for digits in range(1, _DIGITS + 1):
        rounded = float(f"{middle:.{digits}g}")
        if low <= rounded <= high:
            return rounded
    return None
