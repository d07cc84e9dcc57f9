"""Attacks by what lies around a row: the density of synthetic rows, ratios of distances, near copies."""

from dataclasses import dataclass

import numpy as np

from synth_assets.statistics.advantage import Attempts
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.threads import one_thread

NEIGHBOURS = 5
ROWS_SEARCHED = 30_000
# A synthetic row this much nearer than the nearest other source row is no coincidence in more than one dimension.
NEAR = 0.2
# Of all rows, those that lie furthest from any other stand apart.
APART = 0.1
SMALLEST = 1e-6


@dataclass(frozen=True)
class Neighbours:
    """Distances of source rows to what lies around them.

    Attributes:
        synthetic: To the nearest synthetic rows, nearest first, float64 of shape (rows, neighbours).
        source: To the nearest other source rows, of the same shape.
    """

    synthetic: Array
    source: Array

    @classmethod
    def of(cls, attacked: Array, source: Array, synthetic: Array, *, rng: np.random.Generator) -> "Neighbours":
        """Of rows as vectors, float32 of shape (rows, places); `attacked` are rows of `source`."""
        made = _drawn(synthetic, rng)
        several = min(NEIGHBOURS, len(made), max(len(source) - 1, 1))
        return cls(_distances(made, attacked, several), _others(attacked, _drawn(source, rng), several))

    @property
    def density(self) -> Array:
        """How much denser synthetic rows lie around each row than source rows do; higher accuses more.

        The density ratio of van Breugel et al., "Membership inference attacks against synthetic data through
        overfitting detection" (2023), by nearest neighbours; what it is compared with holds rows of both sides alike.
        """
        around = [np.log(np.maximum(d, SMALLEST)).mean(axis=1) for d in (self.source, self.synthetic)]
        ratio: Array = around[0] - around[1]
        return ratio

    @property
    def ratio(self) -> Array:
        """Minus the ratio of the distances to the nearest and second nearest synthetic row; higher accuses more."""
        second = self.synthetic[:, min(1, self.synthetic.shape[1] - 1)]
        ratio: Array = -(np.maximum(self.synthetic[:, 0], SMALLEST) / np.maximum(second, SMALLEST))
        return ratio

    def near_copies(self) -> Attempts:
        """Rows that came out nearly as they are, of those without a twin in the source."""
        alone = self.source[:, 0] > SMALLEST
        near = alone & (self.synthetic[:, 0] <= NEAR * self.source[:, 0])
        return Attempts(near.astype(np.float64), alone.astype(np.float64))

    def near_copies_of_rare_rows(self) -> Attempts:
        """The same of the tenth of rows that stand apart from all others."""
        apart = self.source[:, 0] >= max(float(np.quantile(self.source[:, 0], 1 - APART)), 2 * SMALLEST)
        near = apart & (self.synthetic[:, 0] <= NEAR * self.source[:, 0])
        return Attempts(near.astype(np.float64), apart.astype(np.float64))


def _drawn(points: Array, rng: np.random.Generator) -> Array:
    if len(points) <= ROWS_SEARCHED:
        return points
    drawn: Array = points[rng.choice(len(points), ROWS_SEARCHED, replace=False)]
    return drawn


def _distances(points: Array, queries: Array, several: int) -> Array:
    from sklearn.neighbors import NearestNeighbors

    with one_thread():
        found = NearestNeighbors(n_neighbors=several).fit(points).kneighbors(queries)
    distances: Array = found[0]
    return distances


def _others(attacked: Array, source: Array, several: int) -> Array:
    """Distances to source rows other than the row itself, which may be among them or not have been drawn."""
    found = _distances(source, attacked, min(several + 1, len(source)))
    itself = found[:, 0] <= SMALLEST
    others: Array = np.where(itself[:, None], found[:, -several:], found[:, :several])
    return others
