"""Drawing rows with given values from an engine that cannot be told them: draw many, keep those that fit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from synth_assets.errors import SynthAssetsError
from synth_assets.synthesize.sdv.frames import Known

if TYPE_CHECKING:
    import pandas as pd

MOST_ROUNDS = 100  # as often as SDV itself tries
FEWEST_DRAWN = 1_000
PARTS = 20

Keys = npt.NDArray[np.int64]


def draw_and_reject(
    n: int,
    known: Known,
    *,
    draw: Callable[[int], "pd.DataFrame"],
    bins: Callable[["pd.DataFrame", int], dict[str, Keys]],
    failed: Callable[[int], SynthAssetsError],
) -> "pd.DataFrame":
    """`n` coded rows that agree with what is known of each.

    Args:
        n: Rows.
        known: What is given, a row each.
        draw: Draws so many rows.
        bins: The whole numbers by which rows are compared (FrameCoding.bins).
        failed: The error if so many rows are still missing after MOST_ROUNDS.
    """
    import pandas as pd

    given = list(known.known)
    wanted = np.stack([bins(known.frame, PARTS)[column] for column in given], axis=1)
    mask = np.stack([known.known[column] for column in given], axis=1)
    patterns, which = np.unique(mask, axis=0, return_inverse=True)
    chosen: list[pd.DataFrame] = []
    places: list[Keys] = []
    missing = np.arange(n)
    for _ in range(MOST_ROUNDS):
        if not len(missing):
            break
        drawn = draw(max(FEWEST_DRAWN, 2 * len(missing)))
        found = bins(drawn[given], PARTS)
        offered = np.stack([found[column] for column in given], axis=1)
        left = np.arange(len(drawn))
        for number, pattern in enumerate(patterns):
            asked = missing[which.ravel()[missing] == number]
            rows, taken = _pair(
                wanted[np.ix_(asked, np.flatnonzero(pattern))], offered[np.ix_(left, np.flatnonzero(pattern))]
            )
            places.append(asked[rows])
            chosen.append(drawn.iloc[left[taken]])
            left = np.delete(left, taken)
        missing = np.setdiff1d(missing, np.concatenate(places))
    if len(missing):
        raise failed(len(missing))
    together = pd.concat(chosen, ignore_index=True)
    return together.iloc[np.argsort(np.concatenate(places))].reset_index(drop=True)


def _pair(wanted: Keys, offered: Keys) -> tuple[Keys, Keys]:
    """Pairs (row of `wanted`, row of `offered`) of equal rows; each row is in one pair at most."""
    both = np.concatenate([wanted, offered])
    if not both.shape[1]:
        count = min(len(wanted), len(offered))
        return np.arange(count), np.arange(count)
    _, keys = np.unique(both, axis=0, return_inverse=True)
    keys = keys.ravel()
    left, right = _numbered(keys[: len(wanted)]), _numbered(keys[len(wanted) :])
    _, at_left, at_right = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    return at_left, at_right


def _numbered(keys: Keys) -> Keys:
    """Each key with its place among equal ones, as one number."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.searchsorted(ordered, ordered)
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys)) - first
    return keys * (1 << 32) + place
