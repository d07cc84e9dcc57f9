"""Similarity of single columns: 1 - Kolmogorov-Smirnov distance, 1 - total variation distance."""

from collections.abc import Sequence

import numpy as np

from synth_assets.statistics.encoding import RARE, Array, Scale, Side


def number_similarity(source: Array, synthetic: Array) -> float | None:
    """1 - the Kolmogorov-Smirnov distance of two columns of numbers; NULL counts as the lowest value.

    1 is best. None if a side is empty.
    """
    if not len(source) or not len(synthetic):
        return None
    left, right = (np.sort(np.nan_to_num(v, nan=-np.inf)) for v in (source, synthetic))
    points = np.unique(np.concatenate([left, right]))
    distance = np.abs(
        np.searchsorted(left, points, side="right") / len(left)
        - np.searchsorted(right, points, side="right") / len(right)
    )
    return 1.0 - float(distance.max())


def category_similarity(source: Array, synthetic: Array) -> float | None:
    """1 - the total variation distance of two columns of codes; NULL is a category, rare ones are left out.

    1 is best. None if a side has nothing left to compare.
    """
    left, right = (v[v != RARE] - RARE for v in (source, synthetic))
    if not len(left) or not len(right):
        return None
    size = int(max(left.max(), right.max())) + 1
    shares = (np.bincount(v, minlength=size) / len(v) for v in (left, right))
    return 1.0 - 0.5 * float(np.abs(next(shares) - next(shares)).sum())


def column_similarities(scales: Sequence[Scale], source: Side, synthetic: Side) -> list[float | None]:
    """The similarity of every column, in order."""
    return [
        number_similarity(left, right) if scale is Scale.NUMBER else category_similarity(left, right)
        for scale, left, right in zip(scales, source.values, synthetic.values, strict=True)
    ]
