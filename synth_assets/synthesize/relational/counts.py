"""How many children a parent row has: the distribution of counts, kept exactly whatever the model draws."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOST_POINTS = 2048


@dataclass(frozen=True)
class CountDistribution:
    """The quantile function of the children per parent row.

    Attributes:
        points: Counts at evenly spaced quantiles, ascending; means of extremes are not whole.
    """

    points: tuple[float, ...]

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64], *, min_group: int, small: int = 200) -> "CountDistribution":
        """The distribution of real counts.

        A parent table of fewer than `small` rows keeps its counts as they are: each stands for the group of children
        that it counts. In a larger one the `min_group` smallest and largest counts are replaced by their means, so
        that no single one shows and all add up as before.
        """
        ordered = np.sort(counts).astype(np.float64)
        if len(ordered) >= small:
            ordered[:min_group] = ordered[:min_group].mean()
            ordered[-min_group:] = ordered[-min_group:].mean()
        if len(ordered) > MOST_POINTS:
            ordered = ordered[((np.arange(MOST_POINTS) + 0.5) / MOST_POINTS * len(ordered)).astype(np.int64)]
        return cls(tuple(float(point) for point in ordered))

    def restore(
        self, drawn: npt.NDArray[np.float64], *, factor: float, rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Counts in the same order of size as the drawn ones, distributed as the real ones times `factor`."""
        if not len(drawn) or not self.points:
            return np.zeros(len(drawn), dtype=np.int64)
        order = np.lexsort((rng.random(len(drawn)), np.nan_to_num(drawn)))
        at = (np.arange(len(drawn)) + rng.random()) / len(drawn) * len(self.points)
        wanted = np.asarray(self.points, dtype=np.float64)[np.minimum(at.astype(np.int64), len(self.points) - 1)]
        counts = np.empty(len(drawn), dtype=np.int64)
        counts[order] = round_randomly(wanted * factor, rng)
        return counts

    def restore_positive(self, drawn: npt.NDArray[np.float64], *, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """As `restore`, but who was drawn to have none has none: the model knows which rows have no children."""
        counts = np.zeros(len(drawn), dtype=np.int64)
        some = np.flatnonzero(np.nan_to_num(drawn) >= 0.5)
        positive = CountDistribution(tuple(point for point in self.points if point >= 0.5))
        counts[some] = np.maximum(positive.restore(drawn[some], factor=1.0, rng=rng), 1) if positive.points else 0
        return counts


def round_randomly(values: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Each value rounded up with the probability of its fraction, so that means are kept."""
    whole = np.floor(values)
    return (whole + (rng.random(len(values)) < values - whole)).astype(np.int64)


def add_up_to(
    counts: npt.NDArray[np.int64], total: int, *, most: int | None, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Counts that add up to `total`: children are added to, or taken from, rows in proportion to what they have.

    Args:
        counts: Children by row.
        total: Wished-for sum.
        most: Most children of one row; None for no limit. The sum stays below `total` where the limit says so.
        rng: Source of randomness.
    """
    if most is not None:
        counts = np.minimum(counts, most)
        total = min(total, most * len(counts))
    if not len(counts):
        return counts
    if counts.sum() > total:
        places = np.repeat(np.arange(len(counts)), counts)
        return np.bincount(rng.choice(places, total, replace=False), minlength=len(counts)).astype(np.int64)
    while missing := total - int(counts.sum()):
        weight = np.where(counts < (most or total), np.maximum(counts, 0.01), 0.0)
        counts = counts + np.bincount(rng.choice(len(counts), missing, p=weight / weight.sum()), minlength=len(counts))
        if most is not None:
            counts = np.minimum(counts, most)
    return counts
