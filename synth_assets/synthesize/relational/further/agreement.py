"""Further parents that share an ancestor with the row that refers to them: an order's address is its customer's."""

import numpy as np

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import Reference
from synth_assets.synthesize.relational.tables import Ancestor, LinkedTables

LEAST_SHARE = 0.95
MOST_BY_CHANCE = 0.5
FEWEST_ROWS = 20


class Agreement(Value):
    """The ancestor `child_level` keys above the child is the one `parent_level` keys above its further parent."""

    child_level: int
    parent_level: int


def find_agreement(tables: LinkedTables, reference: Reference, chosen: Rows) -> Agreement | None:
    """The closest ancestor that nearly all rows share with their further parent, if there is one.

    Args:
        tables: Real rows.
        reference: The further key.
        chosen: The parent row of each child row, NO_ROW where it is not to be looked at.
    """
    known = np.flatnonzero(chosen >= 0)
    if len(known) < FEWEST_ROWS:
        return None
    best: tuple[int, Agreement] | None = None
    for of_child in tables.ancestors(reference.child):
        for of_parent in tables.ancestors(reference.key.parent):
            if not _comparable(reference, of_child, of_parent):
                continue
            left, right = of_child.rows[known], of_parent.rows[chosen[known]]
            both = (left >= 0) & (right >= 0)
            distance = of_child.level + of_parent.level
            if both.sum() < FEWEST_ROWS or (best and best[0] <= distance):
                continue
            by_chance = float(((np.bincount(right[both]) / both.sum()) ** 2).sum())
            if (left[both] == right[both]).mean() >= LEAST_SHARE and by_chance <= MOST_BY_CHANCE:
                best = (distance, Agreement(child_level=of_child.level, parent_level=of_parent.level))
    return best[1] if best else None


def _comparable(reference: Reference, of_child: Ancestor, of_parent: Ancestor) -> bool:
    if of_child.table != of_parent.table:
        return False
    if reference.to_itself:
        return of_child.level == of_parent.level > 0
    return True
