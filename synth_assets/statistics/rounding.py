"""To how many decimals numbers are rounded."""

import numpy as np

from synth_assets.statistics.encoding import Array

MOST_DECIMALS = 9


def decimals(numbers: Array) -> int:
    """The fewest decimals, at most 9, that all numbers have; float64 of shape (numbers,)."""
    return next((d for d in range(MOST_DECIMALS) if np.array_equal(np.round(numbers, d), numbers)), MOST_DECIMALS)
