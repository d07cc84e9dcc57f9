"""Distances between rows: distance to the closest record, and the membership attack that it allows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.bounds import ONE_SIDED_999, auc_with_error
from synth_assets.statistics.draws import draws_of
from synth_assets.statistics.encoding import NULL, RARE, Array, Scale, Side, encode
from synth_assets.statistics.exchange import LEVEL, exchange_test
from synth_assets.statistics.threads import one_thread
from synth_assets.statistics.true_positives import FALSE_POSITIVES, TruePositives

ROWS_ATTACKED = 1_500
ROWS_COMPARED = 3_000
# Searched for the nearest one. A sample of them would hide most copies, so it is as large as time allows.
ROWS_SEARCHED = 200_000
MOST_CATEGORIES = 30
EXCHANGES, PORTIONS = 2_000, 4
ROWS_AT_ONCE = 16_384
CATEGORY_WEIGHT = 0.5
KNOTS = 201


def row_matrix(scales: Sequence[Scale], reference: Side, sides: Sequence[Side]) -> list[Array]:
    """Rows as float32 vectors: numbers as ranks in the reference (NULL at -0.5), categories one-hot at half weight.

    Categories beyond the 30 commonest share one place. Shape of each: (rows, places).
    """
    parts: list[list[Array]] = [[] for _ in sides]
    for position, scale in enumerate(scales):
        base = reference.values[position]
        if scale is Scale.NUMBER:
            knots, shares = _quantile_map(base[np.isfinite(base)])
            for part, side in zip(parts, sides, strict=True):
                values = side.values[position]
                ranks = np.interp(np.nan_to_num(values, nan=knots[0]), knots, shares)
                part.append(np.where(np.isnan(values), -0.5, ranks)[:, None])
        else:
            highest = min(int(base.max(initial=0)), MOST_CATEGORIES)
            for part, side in zip(parts, sides, strict=True):
                codes = np.minimum(side.values[position], highest + 1) - RARE
                hot = np.zeros((side.rows, highest + 2 - RARE), dtype=np.float32)
                hot[np.arange(side.rows), codes] = CATEGORY_WEIGHT
                part.append(hot[:, [c for c in range(hot.shape[1]) if c >= NULL - RARE]])
    return [np.hstack(part).astype(np.float32) for part in parts]


def _quantile_map(values: Array) -> tuple[Array, Array]:
    """Knots and shares of a continuous map from values to ranks.

    Ranks counted in the training rows themselves would put every unseen value, synthetic or held out, on the same few
    places between two training values, and so make held-out rows look near.
    """
    if not len(values):
        return np.array([0.0]), np.array([0.0])
    shares = np.linspace(0, 1, KNOTS)
    knots, place, count = np.unique(np.quantile(values, shares), return_inverse=True, return_counts=True)
    return knots, np.bincount(place, weights=shares) / count


def nearest(points: Array, queries: Array) -> Array:
    """The Euclidean distance of each query to the nearest point, float64 of shape (queries,)."""
    return _nearest(points, queries)[0]


def _nearest(points: Array, queries: Array) -> tuple[Array, Array]:
    from sklearn.neighbors import NearestNeighbors

    with one_thread():
        distances, positions = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(queries)
    return distances[:, 0], positions[:, 0]


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
    scores = np.split(-nearest(synthetic, np.vstack([training, held_out])), [len(training)])
    return membership_of(scores[0], scores[1], entities=entities, rng=rng)


def membership_of(
    training: Array, held_out: Array, *, entities: tuple[Array, Array], rng: np.random.Generator
) -> Membership:
    """How well scores, higher for who is accused of having been learned, tell training rows from held-out rows."""
    area, error = auc_with_error(training, held_out, entities)
    true_positives = TruePositives.of(np.concatenate([training, held_out]))
    numbered, held = _numbered(entities), len(np.unique(entities[1]))
    found = float(true_positives(np.arange(len(numbered)) >= len(training))[0])
    by_chance = np.concatenate(
        [true_positives(_other_draws(numbered, held, EXCHANGES // PORTIONS, rng)) for _ in range(PORTIONS)]
    )
    above = float(np.quantile(by_chance, 1 - LEVEL, method="higher")) - FALSE_POSITIVES
    return Membership(
        Bounded(area, error, area - ONE_SIDED_999 * error),
        Bounded(found, float(by_chance.std()), found - max(above, 0.0)),
    )


def _numbered(entities: tuple[Array, Array]) -> Array:
    """Entities of both sides, one after the other, numbered from 0."""
    first, second = (np.unique(e, return_inverse=True)[1] for e in entities)
    numbers: Array = np.concatenate([first, second + first.max(initial=-1) + 1])
    return numbers


def _other_draws(entities: Array, held: int, draws: int, rng: np.random.Generator) -> Array:
    """Which rows were held out had other entities, as many, been; bool of shape (draws, rows)."""
    count = int(entities.max()) + 1
    chosen = np.zeros((draws, count), dtype=np.bool_)
    np.put_along_axis(chosen, draws_of(count, held, draws, rng), values=True, axis=1)
    rows: Array = chosen[:, entities]
    return rows


def closer_share(
    training: Array,
    held_out: Array,
    synthetic: Array,
    *,
    entities: tuple[Array, Array],
    rng: np.random.Generator,
) -> Bounded | None:
    """Share of synthetic rows nearer to a training row than to a held-out row, as if both were as many; 0.5 is best.

    Each synthetic row has its nearest row among training and held-out rows together; how often that is one of either,
    per row of either, is compared. Rows in the same place share what is nearest to it.

    Args:
        training, held_out, synthetic: Rows as vectors, float32 of shape (rows, places).
        entities: Of training and held-out rows: rows of one entity count as one draw.

    Returns:
        None if the rows are of too few entities to tell anything.
    """
    points, entity = np.vstack([training, held_out]), np.concatenate(entities)
    is_held_out = np.arange(len(points)) >= len(training)
    if len(points) > ROWS_SEARCHED:
        chosen = np.sort(rng.choice(len(points), ROWS_SEARCHED, replace=False))
        points, entity, is_held_out = points[chosen], entity[chosen], is_held_out[chosen]
    if not len(points) or not len(synthetic):
        return None
    queries = synthetic[rng.choice(len(synthetic), min(ROWS_COMPARED, len(synthetic)), replace=False)]
    first, place, rows = _places(points)
    hits = np.bincount(_nearest(points[first], queries)[1], minlength=len(first))
    gains, sides = (hits / rows)[place], (~is_held_out, is_held_out)
    test = exchange_test(
        (gains[sides[0]], gains[sides[1]]),
        (np.ones(sides[0].sum()), np.ones(sides[1].sum())),
        (entity[sides[0]], entity[sides[1]]),
        rng=rng,
    )
    if test is None:
        return None
    both = 2 * (test.training + test.held_out)
    value = 0.5 + (test.training - test.held_out) / both
    return Bounded(value, test.error / both, value - test.by_chance / both)


@dataclass(frozen=True)
class Distances:
    """What the distances between rows tell; `closer` is None if the rows are of too few entities."""

    membership: Membership
    closer: Bounded | None


def measure_distances(
    training: pl.DataFrame,
    held_out: pl.DataFrame,
    synthetic: pl.DataFrame,
    *,
    columns: Sequence[str],
    everything: pl.DataFrame,
    entities: tuple[Array, Array],
    rng: np.random.Generator,
) -> Distances:
    """The membership attack and the closer share of frames, over `columns`; at least one row each.

    Args:
        everything: All source rows: their counts order the categories.
        entities: Of training and held-out rows: rows of one entity count as one draw.
    """
    # An attacker knows every category, however rare.
    known, unseen = (
        encode(part, synthetic, columns=columns, kept=frozenset(columns), min_group=1, everything=everything)
        for part in (training, held_out)
    )
    vectors = row_matrix(known.scales, known.source, [known.source, unseen.source, known.synthetic])
    attacked = [_attacked(rows, entity, rng) for rows, entity in zip(vectors[:2], entities, strict=True)]
    made = vectors[2]
    targets = made[rng.choice(len(made), min(len(made), ROWS_SEARCHED), replace=False)]
    membership = membership_attack(
        attacked[0][0], attacked[1][0], targets, entities=(attacked[0][1], attacked[1][1]), rng=rng
    )
    return Distances(membership, closer_share(vectors[0], vectors[1], made, entities=entities, rng=rng))


def _attacked(rows: Array, entities: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    chosen = rng.choice(len(rows), min(len(rows), ROWS_ATTACKED), replace=False)
    return rows[chosen], entities[chosen]


def _places(points: Array) -> tuple[Array, Array, Array]:
    """Of points that may lie in the same place: the first one of each place, each one's place, points a place."""
    # 64-bit keys: sorting whole rows would take longer than the search.
    factors = np.random.default_rng(0).integers(2**63, size=(points.shape[1],), dtype=np.uint64)
    odd = factors * np.uint64(2) + np.uint64(1)
    bits = (points + np.float32(0)).view(np.uint32)  # -0 becomes 0
    starts = range(0, len(bits), ROWS_AT_ONCE)
    keys = np.concatenate([bits[start : start + ROWS_AT_ONCE].astype(np.uint64) @ odd for start in starts])
    _, first, places, rows = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return first, places, rows
