"""Bounded contributions: at most so many rows of one entity are looked at."""

import os

import numpy as np

from synth_assets.synthesize.relational.matching import Rows, rank_within


def bounded(entities: Rows, most: int) -> Rows:
    """The numbers of the rows that are looked at: of each entity at most `most`, chosen at random.

    Which rows of an entity are chosen depends on no other entity, so that one entity more or less changes at most
    `most` of the rows chosen.

    Args:
        entities: The entity of each row; a negative number is an entity of that row alone.
    """
    shuffled = np.argsort(np.frombuffer(os.urandom(8 * len(entities)), dtype=np.uint64), kind="stable")
    owners = entities[shuffled]
    alone = owners < 0
    chosen = alone.copy()
    chosen[~alone] = rank_within(owners[~alone]) < most
    return np.sort(shuffled[chosen])
