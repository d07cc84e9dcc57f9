"""Distances between rows: distance to the closest record, and the membership attack that it allows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_assets.validate.encoding import NULL, RARE, Array, Scale, Side
from synth_assets.validate.statistics import ONE_SIDED_95, STUDENT_95, auc_with_error

ROWS_ATTACKED = 5_000
ROWS_AS_TARGETS = 10_000
ROWS_A_GROUP = 2_000
ROWS_COMPARED = 5_000
GROUPS = 9
MOST_CATEGORIES = 30
RESAMPLES = 200
FALSE_POSITIVES = 0.01
CATEGORY_WEIGHT = 0.5


def row_matrix(scales: Sequence[Scale], reference: Side, sides: Sequence[Side]) -> list[Array]:
    """Rows as float32 vectors: numbers as ranks in the reference (NULL at -0.5), categories one-hot at half weight.

    Categories beyond the 30 commonest share one place. Shape of each: (rows, places).
    """
    parts: list[list[Array]] = [[] for _ in sides]
    for position, scale in enumerate(scales):
        base = reference.values[position]
        if scale is Scale.NUMBER:
            ordered = np.sort(base[np.isfinite(base)])
            for part, side in zip(parts, sides, strict=True):
                values = side.values[position]
                # The middle of a value's ranks: equal values are equal, and values beyond the reference stay apart.
                rank = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
                ranks = np.where(np.isnan(values), -0.5, rank / max(2 * len(ordered), 1))
                part.append(ranks[:, None])
        else:
            highest = min(int(base.max(initial=0)), MOST_CATEGORIES)
            for part, side in zip(parts, sides, strict=True):
                codes = np.minimum(side.values[position], highest + 1) - RARE
                hot = np.zeros((side.rows, highest + 2 - RARE), dtype=np.float32)
                hot[np.arange(side.rows), codes] = CATEGORY_WEIGHT
                part.append(hot[:, [c for c in range(hot.shape[1]) if c >= NULL - RARE]])
    return [np.hstack(part).astype(np.float32) for part in parts]


def nearest(points: Array, queries: Array) -> Array:
    """The Euclidean distance of each query to the nearest point, float64 of shape (queries,)."""
    from sklearn.neighbors import NearestNeighbors

    found: Array = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(queries)[0][:, 0]
    return found


@dataclass(frozen=True)
class Bounded:
    """A figure, its standard error, and the bound that it must exceed a threshold by to count."""

    value: float
    error: float
    lower: float


@dataclass(frozen=True)
class Membership:
    """A membership attack: who is nearest to a synthetic row was in the training rows, it says.

    Attributes:
        auc: Area under the ROC curve; 0.5 is best.
        true_positives: Share of training rows found at 1 % false positives; 0.01 is best.
    """

    auc: Bounded
    true_positives: Bounded


def membership_attack(
    training: Array,
    held_out: Array,
    synthetic: Array,
    *,
    entities: tuple[Array, Array],
    rng: np.random.Generator,
) -> Membership:
    """Attack training rows and held-out rows (as vectors) by their distance to the nearest synthetic row.

    Args:
        entities: Of training and held-out rows: rows of one entity count as one draw.
    """
    scores = [-nearest(synthetic, side) for side in (training, held_out)]
    area, error = auc_with_error(scores[0], scores[1], entities)
    found = _true_positives(scores[0], scores[1])
    resampled = [
        _true_positives(*(_resample(s, e, rng) for s, e in zip(scores, entities, strict=True)))
        for _ in range(RESAMPLES)
    ]
    return Membership(
        Bounded(area, error, area - ONE_SIDED_95 * error),
        Bounded(found, float(np.std(resampled)), float(np.quantile(resampled, 0.05))),
    )


def _true_positives(training: Array, held_out: Array) -> float:
    """Share of training scores above all but 1 % of the held-out scores; ties at that score count by halves."""
    bar = np.quantile(held_out, 1 - FALSE_POSITIVES, method="higher")
    above, at = float((training > bar).mean()), float((training == bar).mean())
    false_above, false_at = float((held_out > bar).mean()), float((held_out == bar).mean())
    taken = min(1.0, max(0.0, (FALSE_POSITIVES - false_above) / false_at)) if false_at else 0.0
    return above + at * taken


def _resample(scores: Array, entities: Array, rng: np.random.Generator) -> Array:
    """The scores of entities drawn with replacement."""
    _, codes = np.unique(entities, return_inverse=True)
    count = int(codes.max()) + 1
    weights = np.bincount(rng.integers(0, count, count), minlength=count)
    return np.repeat(scores, weights[codes])


def closer_share(
    training: Array,
    held_out: Array,
    synthetic: Array,
    *,
    entities: tuple[Array, Array],
    rng: np.random.Generator,
) -> Bounded | None:
    """Share of synthetic rows nearer to training than to held-out rows, both samples being of one size; 0.5 is best.

    The held-out rows are compared with several groups of training rows, each of as many entities and as many rows as
    they are. How the groups compare with each other tells what chance alone does, whatever the entities' sizes.
    None if there are too few entities for three groups.
    """
    held_entities, training_entities = np.unique(entities[1]), np.unique(entities[0])
    size = min(len(held_entities), len(training_entities) // 5)
    if size < 1:
        return None
    count = min(GROUPS, len(training_entities) // size)
    order = rng.permutation(training_entities)
    groups = [np.flatnonzero(np.isin(entities[0], order[i * size : (i + 1) * size])) for i in range(count)]
    held = np.flatnonzero(np.isin(entities[1], rng.permutation(held_entities)[:size]))
    rows = min(ROWS_A_GROUP, len(held), *(len(g) for g in groups))
    points = [held_out[rng.choice(held, rows, replace=False)]]
    points += [training[rng.choice(g, rows, replace=False)] for g in groups]
    queries = synthetic[rng.choice(len(synthetic), min(ROWS_COMPARED, len(synthetic)), replace=False)]
    distances = np.stack([nearest(p, queries) for p in points])

    def share(other: int, others: Sequence[int]) -> float:
        """How often the groups `others` are nearer than the group `other`, on average."""
        won = [
            float((distances[o] < distances[other]).mean() + 0.5 * (distances[o] == distances[other]).mean())
            for o in others
        ]
        return float(np.mean(won))

    places = list(range(1, count + 1))
    value = share(0, places)
    chance = [share(i, [j for j in places if j != i]) for i in places]
    error = float(np.std(chance, ddof=1) * np.sqrt(1 + 1 / count))
    return Bounded(value, error, value - STUDENT_95[count - 1] * error)
