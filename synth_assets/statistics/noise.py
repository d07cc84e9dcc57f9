"""How far two samples of one distribution lie apart: what sampling alone takes from a similarity."""

from collections.abc import Callable, Sequence

import numpy as np

from synth_assets.statistics.encoding import Array, Side


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
    families: Array | None = None,
    synthetic_families: int | None = None,
) -> float:
    """What a perfect engine would lose of a similarity through sampling alone.

    The source's rows are split at random into halves, which are compared with each other. Distances between two samples
    of n and m rows shrink as sqrt(1/n + 1/m), so the halves' distance is scaled to the sizes at hand.

    Args:
        measure: A similarity of two samples.
        source: The source's rows.
        synthetic_rows: Rows on the other side.
        rng: Of the splits.
        repeats: Splits to take the mean of.
        families: The family (rows of one parent) of each source row, shape (rows,). Rows of one family are alike, so
            families are drawn as a whole. None: every row for itself.
        synthetic_families: Families on the other side, where what is measured is of families more than of rows: then
            their numbers count, not those of rows.
    """
    if source.rows < 4 or not synthetic_rows:
        return 1.0
    lost = []
    for _ in range(repeats):
        order, half = _split(source.rows, families, rng)
        similarity = measure(source.take(order[:half]), source.take(order[half:]))
        if similarity is not None:
            lost.append(1.0 - similarity)
    if not lost:
        return 0.0
    here, there = source.rows, synthetic_rows
    if families is not None and synthetic_families:
        here, there = len(np.unique(families)), synthetic_families
    scale = np.sqrt((1 / here + 1 / there) / (4 / here))
    return float(np.mean(lost) * scale)


def _split(rows: int, families: Array | None, rng: np.random.Generator) -> tuple[Array, int]:
    """Row numbers in random order, and where the second half starts: no family stands on both sides."""
    if families is None:
        return rng.permutation(rows), rows // 2
    _, number = np.unique(families, return_inverse=True)
    place = rng.permutation(int(number.max(initial=0)) + 1)[number]
    order = np.argsort(place, kind="stable")
    ordered = place[order]
    half = int(np.searchsorted(ordered, ordered[rows // 2], side="left"))
    return order, half if 0 < half < rows else rows // 2
