"""Bounds of shares and areas under the ROC curve, with rows that come in clusters."""

import numpy as np

from synth_assets.statistics.encoding import Array

# As improbable as LEVEL of the exchange test: each of many figures of many tables may raise a false alarm.
ONE_SIDED_999 = 3.09


def wilson(hits: int, of: int, *, z: float) -> tuple[float, float]:
    """Wilson's interval of a share (1927): lower and upper bound at `z` standard errors."""
    if of == 0:
        return 0.0, 1.0
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def auc_with_error(positive: Array, negative: Array, clusters: tuple[Array, Array]) -> tuple[float, float]:
    """The area under the ROC curve of two sets of scores, and its standard error with clustered rows.

    The error is that of Obuchowski, "Nonparametric analysis of clustered ROC curve data" (1997), for clusters that
    lie wholly on one side. Arrays of shape (rows,); `clusters` numbers the rows' clusters on either side.
    """
    placements = []
    for scores, others, sign in ((positive, negative, 1.0), (negative, positive, -1.0)):
        ordered = np.sort(sign * others)
        below = np.searchsorted(ordered, sign * scores, side="left")
        ties = np.searchsorted(ordered, sign * scores, side="right") - below
        placements.append((below + 0.5 * ties) / len(others))
    area = float(placements[0].mean())
    variance = 0.0
    for placement, cluster in zip(placements, clusters, strict=True):
        numbers, codes = np.unique(cluster, return_inverse=True)
        sums = np.bincount(codes, weights=placement - area)
        count = len(numbers)
        variance += float((sums**2).sum()) / len(placement) ** 2 * (count / max(count - 1, 1))
    return area, float(np.sqrt(variance))
