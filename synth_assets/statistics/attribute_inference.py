"""Guessing a column of a row from its other columns, by the nearest synthetic row."""

from collections.abc import Sequence

import numpy as np

from synth_assets.statistics.advantage import Attempts
from synth_assets.statistics.encoding import Array

ROWS_SEARCHED = 20_000
ROWS_AT_ONCE = 256
# Ranks this near count as guessed: a fiftieth of all rows lie between.
GUESSED = 0.02


def guess(
    attacked: Sequence[Array], synthetic: Sequence[Array], asked: Sequence[int], *, rng: np.random.Generator
) -> list[Attempts]:
    """Guess each of the asked columns of the attacked rows, knowing all others.

    Rows that have the commonest value of a column are left out: whoever knows nothing guesses that.

    Args:
        attacked, synthetic: Rows as vectors, one array of shape (rows, places) for each column.
        asked: Which columns to guess.

    Returns:
        An attack for each column asked, 1 for each row guessed.
    """
    rows = len(synthetic[0])
    chosen = np.sort(rng.choice(rows, min(rows, ROWS_SEARCHED), replace=False))
    known = [column[chosen] for column in synthetic]
    whole = np.hstack(known)
    guessed = np.zeros((len(asked), len(attacked[0])), dtype=np.bool_)
    for start in range(0, guessed.shape[1], ROWS_AT_ONCE):
        block = [column[start : start + ROWS_AT_ONCE] for column in attacked]
        all_columns = _squares(np.hstack(block), whole)
        for place, column in enumerate(asked):
            nearest = np.argmin(all_columns - _squares(block[column], known[column]), axis=1)
            away = np.abs(known[column][nearest] - block[column]).max(axis=1)
            guessed[place, start : start + ROWS_AT_ONCE] = away <= GUESSED
    return [_attempts(guessed[place], attacked[column]) for place, column in enumerate(asked)]


def _attempts(guessed: Array, values: Array) -> Attempts:
    _, place, count = np.unique(values, axis=0, return_inverse=True, return_counts=True)
    claims = (place.reshape(-1) != int(np.argmax(count))).astype(np.float64)
    return Attempts(guessed * claims, claims)


def _squares(rows: Array, points: Array) -> Array:
    """Squared distances of each row to each point."""
    squares: Array = (rows**2).sum(axis=1)[:, None] + (points**2).sum(axis=1)[None, :] - 2 * (rows @ points.T)
    return squares
