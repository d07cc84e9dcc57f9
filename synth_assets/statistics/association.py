"""How strongly two columns go together, whatever they hold."""

import numpy as np

from synth_assets.statistics.encoding import Array


def cramers_v(first: Array, second: Array) -> float:
    """Cramér's V of two columns of codes (Mathematical Methods of Statistics, 1946): 0 not at all, 1 wholly.

    Arrays of int64 of shape (rows,). 0 where a column does not vary, or there are no rows.
    """
    rows = len(first)
    if not rows:
        return 0.0
    left, right = (np.unique(codes, return_inverse=True)[1] for codes in (first, second))
    height, width = int(left.max()) + 1, int(right.max()) + 1
    if min(height, width) < 2:
        return 0.0
    together = np.bincount(left * width + right, minlength=height * width).reshape(height, width)
    expected = np.outer(together.sum(axis=1), together.sum(axis=0)) / rows
    squared = float(((together - expected) ** 2 / expected).sum())
    return float(np.sqrt(squared / rows / (min(height, width) - 1)))
