"""The inner loops of the log-linear model, compiled.

Chances: float64 of shape (rows, codes). Codes: int64 of shape (rows,).
"""

import numpy as np
import numpy.typing as npt

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.private.projection import Floats

Codes = npt.NDArray[np.int64]


@compiled  # type: ignore[untyped-decorator]
def add_weights(chances: Floats, codes: Codes, weights: Floats) -> None:
    """Add to each row the weights of its code."""
    for row in range(chances.shape[0]):
        code = codes[row]
        for place in range(chances.shape[1]):
            chances[row, place] += weights[code, place]


@compiled  # type: ignore[untyped-decorator]
def rake(chances: Floats, codes: Codes, change: Floats) -> None:
    """Multiply each row by the change of its code, and make its chances add up to 1 again."""
    for row in range(chances.shape[0]):
        code, total = codes[row], 0.0
        for place in range(chances.shape[1]):
            chances[row, place] *= change[code, place]
            total += chances[row, place]
        for place in range(chances.shape[1]):
            chances[row, place] /= total


@compiled  # type: ignore[untyped-decorator]
def count_chances(chances: Floats, codes: Codes, size: int) -> Floats:
    """The sum of the chances of the rows of each code: float64 of shape (size, codes)."""
    counts = np.zeros((size, chances.shape[1]))
    for row in range(chances.shape[0]):
        code = codes[row]
        for place in range(chances.shape[1]):
            counts[code, place] += chances[row, place]
    return counts


@compiled  # type: ignore[untyped-decorator]
def draw_codes(chances: Floats, random: Floats) -> Codes:
    """A code for each row, by its chances, which need not add up to 1; `random` lies within 0 and 1."""
    drawn = np.zeros(chances.shape[0], dtype=np.int64)
    for row in range(chances.shape[0]):
        total = 0.0
        for place in range(chances.shape[1]):
            total += chances[row, place]
        wanted, passed = random[row] * total, 0.0
        for place in range(chances.shape[1]):
            if chances[row, place] <= 0.0:
                continue
            drawn[row] = place
            passed += chances[row, place]
            if passed > wanted:
                break
    return drawn
