"""The beginnings of shuffles, compiled."""

import numpy as np

from synth_assets.statistics.compiled import compiled
from synth_assets.statistics.encoding import Array


@compiled  # type: ignore[untyped-decorator]
def first_of_shuffles(count: int, uniform: Array) -> Array:
    """The first numbers of shuffles of 0 to `count` - 1, after Fisher and Yates as Durstenfeld does it (1964).

    A shuffle goes on from where the last one ended, which leaves it as random.

    Args:
        uniform: Numbers in [0, 1), float64 of shape (shuffles, first numbers wanted).

    Returns:
        int64 of the shape of `uniform`.
    """
    shuffles, wanted = uniform.shape
    order = np.arange(count)
    first = np.empty((shuffles, wanted), dtype=np.int64)
    for shuffle in range(shuffles):
        for at in range(wanted):
            other = at + int(uniform[shuffle, at] * (count - at))
            order[at], order[other] = order[other], order[at]
            first[shuffle, at] = order[at]
    return first
