"""How many children a parent row has: the distribution of counts, kept exactly whatever the model draws."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.deviation import plain_numbers

MOST_POINTS = 2048
ROWS_A_SPAN = 200
MOST_SPANS = 24
FEW_PARENTS, SELDOM = 20, 0.05  # most parents with children, and their share of all, of whom no rule is known


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
        """As `restore`, but who was drawn to have none has none: the model knows which rows have no children.

        Where only a few rows of many have any, it does not know which: then as many have some as in the source.
        """
        with_children = sum(point >= 0.5 for point in self.points)
        if with_children <= min(FEW_PARENTS, SELDOM * len(self.points)):
            return self.restore(drawn, factor=1.0, rng=rng)
        counts = np.zeros(len(drawn), dtype=np.int64)
        some = np.flatnonzero(np.nan_to_num(drawn) >= 0.5)
        positive = CountDistribution(tuple(point for point in self.points if point >= 0.5))
        counts[some] = np.maximum(positive.restore(drawn[some], factor=1.0, rng=rng), 1) if positive.points else 0
        return counts


class CountsInTime(Value):
    """How many children rows have, by spans of the column that orders the rows.

    Drawn along a family, numbers of children follow what was drawn before and drift; how many there are in which years
    is known, and kept.

    Attributes:
        edges: Borders between the spans, as `plain_numbers` tells values.
        points: The quantiles of each span, see CountDistribution.
    """

    edges: tuple[float, ...] = ()
    points: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64], times: pl.Series | None, *, min_group: int) -> "CountsInTime":
        """From real rows and their values in the ordering column, None if no column orders them."""
        spans = 1 if times is None else min(len(times) // ROWS_A_SPAN, MOST_SPANS)
        if times is None or spans < 2:
            return cls(points=(CountDistribution.of(counts, min_group=min_group).points,))
        edges = _borders(plain_numbers(times), spans)
        place = np.searchsorted(edges, plain_numbers(times), side="right")
        return cls(
            edges=tuple(edges.tolist()),
            points=tuple(
                CountDistribution.of(counts[place == span], min_group=min_group).points
                for span in range(len(edges) + 1)
            ),
        )

    def restore(
        self, drawn: npt.NDArray[np.float64], times: pl.Series | None, *, rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Counts in the same order of size as the drawn ones, in each span distributed as the real ones are."""
        place = self.spans(times)
        if place is None:
            return CountDistribution(self.points[0]).restore_positive(drawn, rng=rng)
        counts = np.zeros(len(drawn), dtype=np.int64)
        for span, points in enumerate(self.points):
            here = place == span
            counts[here] = CountDistribution(points).restore(drawn[here], factor=1.0, rng=rng)
        return counts

    def spans(self, times: pl.Series | None) -> npt.NDArray[np.int64] | None:
        """The span of each row; None where nothing orders them."""
        if not self.edges or times is None:
            return None
        return np.searchsorted(np.array(self.edges), plain_numbers(times), side="right")


def _borders(values: npt.NDArray[np.float64], spans: int) -> npt.NDArray[np.float64]:
    """Borders of about equally many rows, halfway between two values: nobody's."""
    ordered = np.unique(values)
    wanted = np.quantile(values, np.arange(1, spans) / spans)
    after = np.clip(np.searchsorted(ordered, wanted, side="right"), 1, len(ordered) - 1)
    return np.unique((ordered[after - 1] + ordered[after]) / 2)


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
