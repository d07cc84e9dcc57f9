"""Draws without replacement, many at a time: which entities might have been held out."""

import numpy as np

from synth_assets.statistics.encoding import Array


def draws_of(count: int, held: int, draws: int, rng: np.random.Generator) -> Array:
    """`held` different numbers below `count` in each draw, all as probable; int64 of shape (draws, held)."""
    # Compiling takes half a second to load, which those who judge nothing are spared.
    from synth_assets.statistics.shuffling import first_of_shuffles

    drawn: Array = first_of_shuffles(count, rng.random((draws, held)))
    return drawn
