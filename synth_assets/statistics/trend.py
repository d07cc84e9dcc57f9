"""Similarity of pairs of columns, as SDMetrics' QualityReport defines it.

Two columns of numbers: 1 - half the difference of their correlations. Any other pair: 1 - the total variation distance
of their joint distribution, numbers in ten bins of equal width over the source's range.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from synth_assets.statistics.encoding import NULL, RARE, Array, Scale, Side

BINS = 10


def equal_width_edges(source: Array) -> Array:
    """The inner edges of ten bins of equal width over a column of numbers."""
    filled = source[np.isfinite(source)]
    if not len(filled):
        return np.array([])
    if (np.ptp(filled) or 1.0) <= BINS * np.spacing(np.abs(filled).max()):
        # Numbers so long that float64 has no room for the bins between them.
        return np.unique(filled)[1:]
    return np.histogram_bin_edges(filled, bins=BINS)[1:-1]


def quantile_edges(source: Array) -> Array:
    """The inner edges of ten bins of equal share over a column of numbers."""
    filled = source[np.isfinite(source)]
    return np.unique(np.quantile(filled, np.linspace(0, 1, BINS + 1)[1:-1])) if len(filled) else np.array([])


def binned(values: Array, edges: Array) -> Array:
    """Numbers as bin numbers, NULL as NULL."""
    return np.where(np.isnan(values), NULL, np.searchsorted(edges, values, side="right"))


def joint_similarity(source: tuple[Array, Array], synthetic: tuple[Array, Array]) -> float | None:
    """1 - the total variation distance of two joint distributions of codes; rows with a rare category left out.

    1 is best. None if a side has nothing left to compare.
    """
    width = int(max(source[1].max(initial=0), synthetic[1].max(initial=0))) - RARE + 1
    cells = []
    for first, second in (source, synthetic):
        compared = (first != RARE) & (second != RARE)
        cells.append((first[compared] - RARE) * width + (second[compared] - RARE))
    left, right = cells
    if not len(left) or not len(right):
        return None
    size = int(max(left.max(), right.max())) + 1
    if size > 4 * (len(left) + len(right)):
        _, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
        left, right, size = codes[: len(left)], codes[len(left) :], int(codes.max()) + 1
    difference = np.bincount(left, minlength=size) / len(left) - np.bincount(right, minlength=size) / len(right)
    return 1.0 - 0.5 * float(np.abs(difference).sum())


def correlation(first: Array, second: Array) -> float | None:
    """Pearson's correlation over the rows where both are filled; None if one of them does not vary."""
    filled = np.isfinite(first) & np.isfinite(second)
    if filled.sum() < 2:
        return None
    x, y = first[filled], second[filled]
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else None


def _correlation_similarity(source: tuple[Array, Array], synthetic: tuple[Array, Array]) -> float | None:
    real = correlation(*source)
    if real is None:
        return None
    # A synthetic column that does not vary carries no trend at all, which is a difference, not a missing figure.
    return 1.0 - abs(real - (correlation(*synthetic) or 0.0)) / 2


def pair_similarities(scales: Sequence[Scale], source: Side, synthetic: Side) -> list[float | None]:
    """The similarity of every pair of columns, in the order of itertools.combinations.

    None where the source itself has no trend to compare: a column that does not vary, or nothing but rare categories.
    """
    coded: list[tuple[Array, Array]] = []
    for scale, left, right in zip(scales, source.values, synthetic.values, strict=True):
        if scale is Scale.NUMBER:
            edges = equal_width_edges(left)
            coded.append((binned(left, edges), binned(right, edges)))
        else:
            coded.append((left, right))
    similarities = []
    for i, j in combinations(range(len(scales)), 2):
        if scales[i] is Scale.NUMBER and scales[j] is Scale.NUMBER:
            pair = _correlation_similarity(
                (source.values[i], source.values[j]), (synthetic.values[i], synthetic.values[j])
            )
        else:
            pair = joint_similarity((coded[i][0], coded[j][0]), (coded[i][1], coded[j][1]))
        similarities.append(pair)
    return similarities
