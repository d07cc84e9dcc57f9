"""Further parents that share an ancestor with the row that refers to them: an order's address is its customer's.

Of some only most rows share it: clients have their accounts where they live, as a rule.
"""

from collections.abc import Collection

import numpy as np

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import Ancestor, LinkedTables

LEAST_SHARE = 0.95
OFTEN = 0.2  # of the rows, beyond those that share an ancestor by chance
MOST_BY_CHANCE = 0.5
FEWEST_ROWS = 20
MOST_ROWS = 20_000
_FAR = 1_000.0  # further than any path leads


class Agreement(Value):
    """What the child's keys lead to is what the keys of its further parent lead to; each path names keys.

    Attributes:
        share: Of the rows for which it is; those for which it is by chance are not counted, unless all are.
    """

    child_path: tuple[str, ...]
    parent_path: tuple[str, ...]
    share: float = 1.0

    @property
    def always(self) -> bool:
        """Whether a parent is never taken from elsewhere."""
        return self.share == 1.0


def find_agreement(
    tables: LinkedTables, reference: Reference, chosen: Rows, *, filled: Collection[str]
) -> Agreement | None:
    """The closest ancestor that nearly all rows share with their further parent, else that which most share.

    None if there is neither.

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
    best: tuple[float, Agreement] | None = None
    of_parents = tables.ancestors(reference.key.parent)
    for of_child in tables.ancestors(reference.child, first=filled):
        for of_parent in of_parents:
            if not _comparable(reference, of_child, of_parent):
                continue
            left, right = of_child.rows[known], of_parent.rows[chosen[known]]
            share = _share(left, right)
            if share < OFTEN or (reference.to_itself and share < 1):
                continue
            # All rows' ancestor is better than that of many, and of those the closest; else what more of them share.
            rank = len(of_child.path) + len(of_parent.path) if share == 1 else _FAR - share
            if best is None or rank < best[0]:
                best = (rank, Agreement(child_path=of_child.path, parent_path=of_parent.path, share=share))
    return best[1] if best else None


def _share(left: Rows, right: Rows) -> float:
    """Of the rows that share an ancestor otherwise than by chance; 1 if nearly all share it."""
    both = (left >= 0) & (right >= 0)
    if both.sum() < FEWEST_ROWS:
        return 0.0
    left, right = left[both], right[both]
    same, most = float((left == right).mean()), int(max(left.max(), right.max())) + 1
    shares = [np.bincount(side, minlength=most) / len(side) for side in (left, right)]
    if float((shares[1] ** 2).sum()) > MOST_BY_CHANCE:
        return 0.0
    if same >= LEAST_SHARE:
        return 1.0
    by_chance = float(shares[0] @ shares[1])
    return (same - by_chance) / (1 - by_chance)


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
