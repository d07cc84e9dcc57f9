"""What an attacker gains of training rows beyond what the same attack gains of held-out rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_assets.statistics.encoding import Array
from synth_assets.statistics.exchange import exchange_test


@dataclass(frozen=True)
class Attempts:
    """An attack on rows.

    Attributes:
        gains: What it got of each row, float64 of shape (rows,).
        claims: What it could have got, of the same shape; 0 for rows that it does not concern.
    """

    gains: Array
    claims: Array

    def take(self, rows: Array) -> "Attempts":
        return Attempts(self.gains[rows], self.claims[rows])

    @classmethod
    def together(cls, attacks: Sequence["Attempts"]) -> "Attempts":
        """Several attacks on the same rows as one; at least one."""
        return cls(np.sum([a.gains for a in attacks], axis=0), np.sum([a.claims for a in attacks], axis=0))


@dataclass(frozen=True)
class Advantage:
    """How much better an attack does on training rows than on held-out rows.

    Attributes:
        training, held_out: The attack's success on either side, 0 to 1.
        lower, upper: Interval of the difference. An honest engine is above `lower` = 0 once in a thousand times.
    """

    training: float
    held_out: float
    lower: float
    upper: float

    @property
    def value(self) -> float:
        return self.training - self.held_out


def advantage(
    training: Attempts, held_out: Attempts, entities: tuple[Array, Array], *, rng: np.random.Generator
) -> Advantage | None:
    """Compare the success on both sides.

    Args:
        entities: Of training and held-out rows: rows of one entity count as one draw.

    Returns:
        None if the attack concerns no row of a side, or rows of too few entities to tell anything.
    """
    test = exchange_test((training.gains, held_out.gains), (training.claims, held_out.claims), entities, rng=rng)
    if test is None:
        return None
    difference = test.training - test.held_out
    return Advantage(test.training, test.held_out, difference - test.by_chance, difference + test.by_chance)
