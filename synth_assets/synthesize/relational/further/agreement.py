"""Further parents that share an ancestor with the row that refers to them: an order's address is its customer's."""

from collections.abc import Collection

import numpy as np

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import Ancestor, LinkedTables

LEAST_SHARE = 0.95
MOST_BY_CHANCE = 0.5
FEWEST_ROWS = 20
MOST_ROWS = 20_000


class Agreement(Value):
    """What the child's keys lead to is what the keys of its further parent lead to; each path names keys."""

    child_path: tuple[str, ...]
    parent_path: tuple[str, ...]


def find_agreement(
    tables: LinkedTables, reference: Reference, chosen: Rows, *, filled: Collection[str]
) -> Agreement | None:
    """The closest ancestor that nearly all rows share with their further parent, if there is one.

    Args:
        tables: Real rows.
        reference: The further key.
        chosen: The parent row of each child row, NO_ROW where it is not to be looked at.
        filled: Names of the child's keys that are filled before this one.
    """
    known = np.flatnonzero(chosen >= 0)
    if len(known) < FEWEST_ROWS:
        return None
    known = known[np.linspace(0, len(known) - 1, min(len(known), MOST_ROWS)).astype(np.intp)]
    best: tuple[int, Agreement] | None = None
    of_parents = tables.ancestors(reference.key.parent)
    for of_child in tables.ancestors(reference.child, first=filled):
        for of_parent in of_parents:
            if not _comparable(reference, of_child, of_parent):
                continue
            left, right = of_child.rows[known], of_parent.rows[chosen[known]]
            both = (left >= 0) & (right >= 0)
            distance = len(of_child.path) + len(of_parent.path)
            if both.sum() < FEWEST_ROWS or (best and best[0] <= distance):
                continue
            by_chance = float(((np.bincount(right[both]) / both.sum()) ** 2).sum())
            if (left[both] == right[both]).mean() >= LEAST_SHARE and by_chance <= MOST_BY_CHANCE:
                best = (distance, Agreement(child_path=of_child.path, parent_path=of_parent.path))
    return best[1] if best else None


def _comparable(reference: Reference, of_child: Ancestor, of_parent: Ancestor) -> bool:
    if of_child.table != of_parent.table:
        return False
    if reference.to_itself:
        return of_child.path == of_parent.path != ()
    return True


def filled_before(reference: Reference, structure: TableStructure) -> tuple[str, ...]:
    """The keys of the child that are filled when this one is."""
    in_order = sorted(structure.further, key=lambda r: (r.deferred, r not in structure.referring_first))
    names = [r.name for r in ([structure.driving] if structure.driving else []) + in_order]
    return tuple(names[: names.index(reference.name)])
