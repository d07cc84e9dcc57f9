"""What held-out rows tell of an engine: had it not seen who was held out, any other entities might have been.

Which entities are held out is drawn at random. An engine that knows the distribution and no single row treats both
sides alike, so any other draw of as many entities gives as good a held-out side: a permutation test over entities
(Fisher, 1935), exact whatever the entities' sizes and however alike their rows are.
"""

from dataclasses import dataclass
from math import comb

import numpy as np

from synth_assets.statistics.draws import draws_of
from synth_assets.statistics.encoding import Array

DRAWS, PORTIONS = 4_000, 8
# Of a database's many tables each has this test, so one in a thousand honest ones is what a table may cost.
LEVEL = 0.001
ROUNDING = 1e-9
# More entities are bundled at random within their side, which leaves the test exact.
MOST_UNITS, FEWEST_HELD_OUT_UNITS = 1_000, 50


@dataclass(frozen=True)
class Exchange:
    """How much more the training side got than the held-out side.

    Attributes:
        training, held_out: Gains per claim of either side.
        error: Standard deviation of training - held_out over other draws.
        by_chance: What training - held_out exceeds with a probability of LEVEL if the engine treats both alike.
    """

    training: float
    held_out: float
    error: float
    by_chance: float


def exchange_test(
    gains: tuple[Array, Array],
    claims: tuple[Array, Array],
    entities: tuple[Array, Array],
    *,
    rng: np.random.Generator,
    level: float = LEVEL,
) -> Exchange | None:
    """Compare gains per claim of training and held-out rows.

    Args:
        gains, claims: Of the training rows and of the held-out rows, float64 of shape (rows,).
        entities: Of the same rows; the numbers of one side mean nothing on the other.

    Returns:
        None if a side has no claim, or so few entities that no draw of them is improbable enough.
    """
    sides = [_units(g, c, e, rng) for g, c, e in zip(gains, claims, entities, strict=True)]
    most = sum(len(s) for s in sides) / MOST_UNITS
    size = int(np.ceil(max(1, min(most, len(sides[1]) / FEWEST_HELD_OUT_UNITS))))
    sides = [_bundled(s, size) for s in sides]
    units, held = np.vstack(sides), len(sides[1])
    if any(not s[:, 1].sum() for s in sides) or comb(len(units), held) < 1 / level:
        return None
    training, held_out = (float(s[:, 0].sum() / s[:, 1].sum()) for s in sides)
    differences = np.concatenate([_differences(units, held, DRAWS // PORTIONS, rng) for _ in range(PORTIONS)])
    # A draw that is as good as the true one must not fall short of it by the rounding of sums.
    by_chance = float(np.quantile(differences, 1 - level, method="higher")) + ROUNDING
    return Exchange(training, held_out, float(differences.std()), by_chance)


def _differences(units: Array, held: int, draws: int, rng: np.random.Generator) -> Array:
    """Training - held-out gain per claim for other draws of the held-out units; float64 of shape (draws,)."""
    out = units[draws_of(len(units), held, draws, rng)].sum(axis=1)
    rest = units.sum(axis=0) - out
    with np.errstate(divide="ignore", invalid="ignore"):
        differences: Array = rest[:, 0] / rest[:, 1] - out[:, 0] / out[:, 1]
    # A side without a claim tells nothing either way.
    return np.nan_to_num(differences, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _units(gains: Array, claims: Array, entities: Array, rng: np.random.Generator) -> Array:
    """Gain and claim of each entity that has a claim, in random order; float64 of shape (entities, 2)."""
    _, codes = np.unique(entities, return_inverse=True)
    count = int(codes.max(initial=-1)) + 1
    sums = np.column_stack([np.bincount(codes, weights=w, minlength=count) for w in (gains, claims)])
    sums = sums[sums[:, 1] > 0]
    shuffled: Array = sums[rng.permutation(len(sums))]
    return shuffled


def _bundled(units: Array, size: int) -> Array:
    """Sums over `size` units each; what is left over, fewer than `size`, is left out."""
    if size == 1:
        return units
    bundles = len(units) // size
    bundled: Array = units[: bundles * size].reshape(bundles, size, 2).sum(axis=1)
    return bundled
