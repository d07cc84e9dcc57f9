"""How far two samples of one distribution lie apart: what sampling alone takes from a similarity."""

from collections.abc import Callable, Sequence

import numpy as np

from synth_assets.validate.encoding import Side


def mean_of(similarities: Sequence[float | None]) -> float | None:
    """The mean of the figures that there are; None if there are none."""
    known = [s for s in similarities if s is not None]
    return float(np.mean(known)) if known else None


def sampling_noise(
    measure: Callable[[Side, Side], float | None],
    source: Side,
    synthetic_rows: int,
    *,
    rng: np.random.Generator,
    repeats: int = 3,
) -> float:
    """What a perfect engine would lose of a similarity through sampling alone.

    The source's rows are split at random into halves, which are compared with each other. Distances between two samples
    of n and m rows shrink as sqrt(1/n + 1/m), so the halves' distance is scaled to the sizes at hand.
    """
    if source.rows < 4 or not synthetic_rows:
        return 1.0
    lost = []
    for _ in range(repeats):
        order = rng.permutation(source.rows)
        half = source.rows // 2
        similarity = measure(source.take(order[:half]), source.take(order[half:]))
        if similarity is not None:
            lost.append(1.0 - similarity)
    if not lost:
        return 0.0
    scale = np.sqrt((1 / source.rows + 1 / synthetic_rows) / (4 / source.rows))
    return float(np.mean(lost) * scale)
