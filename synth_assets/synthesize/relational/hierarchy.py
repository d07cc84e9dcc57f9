"""Tables that refer to themselves: how deep a row lies below its root."""

import numpy as np

from synth_assets.synthesize.relational.matching import NO_ROW, Rows

IN_CYCLE = -1


def level_name(reference: str) -> str:
    """The hidden column that holds a row's depth in the hierarchy of a self-referencing key."""
    return f"level {reference}"


def levels(parents: Rows) -> Rows:
    """The depth of each row: 0 for a root (no parent, or its own), IN_CYCLE for rows in or below a cycle.

    Args:
        parents: The parent's row number of each row, NO_ROW for none.
    """
    rows = np.arange(len(parents))
    result = np.where((parents == NO_ROW) | (parents == rows), 0, IN_CYCLE)
    depth = 0
    while True:
        below = (result == IN_CYCLE) & (result[np.maximum(parents, 0)] == depth) & (parents >= 0)
        if not below.any():
            return result
        depth += 1
        result[below] = depth


def parent_levels(own: Rows) -> Rows:
    """The level at which a row of each level looks for its parent; roots look at level -2, where nobody is."""
    return np.where(own == IN_CYCLE, IN_CYCLE, np.where(own <= 0, IN_CYCLE - 1, own - 1))
