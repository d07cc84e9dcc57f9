"""Noisy counts made counts again: none below zero, and all of them together a given total."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def nearest_counts(noisy: npt.NDArray[np.generic], total: float) -> Floats:
    """The counts without a negative one that add up to `total` and lie nearest to the noisy ones (Euclid).

    Held, Wolfe and Crowder, "Validation of subgradient optimization" (1974). Any shape.
    """
    values = noisy.astype(np.float64).ravel()
    if total <= 0:
        return np.zeros(noisy.shape)
    descending = np.sort(values)[::-1]
    beyond = (np.cumsum(descending) - total) / np.arange(1, len(values) + 1)
    last = np.flatnonzero(descending > beyond)[-1]
    nearest: Floats = np.maximum(values - beyond[last], 0.0).reshape(noisy.shape)
    return nearest


def with_margins(counts: Floats, rows: Floats, columns: Floats, *, rounds: int = 20) -> Floats:
    """A table of counts fitted to known sums of its rows and columns, as near as its zeros allow (raking)."""
    for _ in range(rounds):
        counts = counts * _ratio(rows, counts.sum(axis=1))[:, None]
        counts = counts * _ratio(columns, counts.sum(axis=0))[None, :]
    return counts


def _ratio(wanted: Floats, there: Floats) -> Floats:
    return np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0)
