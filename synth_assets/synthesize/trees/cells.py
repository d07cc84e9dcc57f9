"""Trees with a leaf for each combination of codes of a few columns: airline, destination and the number of the flight.

A tree that tells groups of codes apart splits in two at a time and sees no single code of hundreds. Where what a part
may be is a matter of which combination of labels comes before it, each combination that enough rows share has a leaf of
its own. Whether that says more is measured on rows that the distributions were not counted on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.refining import joined
from synth_assets.synthesize.trees.scale import MOST_CODES, Codes, Floats
from synth_assets.synthesize.trees.tree import STUMP, Tree, lookup

Whole = npt.NDArray[np.intp]
_MOST_COLUMNS = 3
_MOST_ROWS = 20_000
_MOST_CODES = 1_000  # of a column whose codes are told apart
_LEAST_GAIN = 0.02  # nats a row, for each further column and against another tree
_LEAST_LOST = 0.01
_BORROWED = 5.0  # rows of the cell before that a cell counts with its own


def find_cells(
    codes: Codes,
    target: Codes,
    *,
    classes: Whole | None,
    among: Whole,
    sizes: Whole,
    smallest_leaf: int,
    rather: Tree,
    split_on: Callable[[Tree], Tree],
    seed: int,
) -> Tree | None:
    """A tree of cells, if it says clearly more of the target than another tree; None otherwise.

    Args:
        codes: (columns, rows) of the rows to learn from, as both trees walk over them.
        target: The code of each row that is to be told.
        classes: The class of each code of a number; cells that say more of codes must not say less of classes, since
            numbers of one class are about as good as each other. None for labels.
        among: The columns whose combinations may be cells; those of over 1,000 codes may not.
        sizes: The number of codes of each column.
        smallest_leaf: Fewest rows of a leaf.
        rather: The other tree.
        split_on: The tree with the leaves that it can split further.
        seed: Of the rows that are looked at, and of those of them that distributions are counted on: half.
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(len(target))
    if len(rows) > _MOST_ROWS:
        rows = np.sort(rng.choice(rows, _MOST_ROWS, replace=False))
    few = np.ascontiguousarray(codes[:, rows])
    counted = rng.random(len(rows)) < 0.5
    fewest = max(2, round(smallest_leaf * len(rows) / len(target) / 2))
    judge = _Judge(target[rows], counted)
    cells, known, chosen = np.zeros(len(rows), np.intp), judge.alone(), list[int]()
    usable = [column for column in among.tolist() if 2 <= sizes[column] <= _MOST_CODES]
    while len(chosen) < _MOST_COLUMNS:
        left = [column for column in usable if column not in chosen]
        tried = {c: judge.likelihood(cells * int(sizes[c]) + few[c], known, fewest=fewest) for c in left}
        best = max(tried, key=lambda column: (judge.score(tried[column]), -column), default=None)
        if best is None or judge.score(tried[best]) < judge.score(known) + _LEAST_GAIN:
            break
        chosen.append(best)
        cells, known = np.unique(cells * int(sizes[best]) + few[best], return_inverse=True)[1], tried[best]
    if not chosen:
        return None
    tree = split_on(_tree_of(codes, np.arange(len(target)), chosen, sizes, smallest_leaf))
    leaf, other = tree.walk(few), rather.walk(few)
    if judge.of_leaves(leaf) - judge.of_leaves(other) < _LEAST_GAIN:
        return None
    if classes is None:
        return tree
    coarsely = _Judge(classes[target[rows]], counted)
    return tree if coarsely.of_leaves(leaf) - coarsely.of_leaves(other) >= -_LEAST_LOST else None


@dataclass(frozen=True)
class _Judge:
    """How likely the other half of the rows is by what half of them says.

    Attributes:
        target: The code or class of each row.
        counted: The rows that are counted.
    """

    target: Codes | Whole
    counted: npt.NDArray[np.bool_]

    def alone(self) -> Floats:
        """The likelihood of each row's code when nothing is known of the row."""
        same = np.full(len(self.target), 1.0 / (int(self.target.max()) + 1))
        return self.likelihood(np.zeros(len(self.target), np.intp), same)

    def likelihood(self, cells: Whole, before: Floats, *, fewest: int = 1) -> Floats:
        """Of each row's code in its cell, given its likelihood in the cell before: that of cells of fewer rows."""
        numbers = np.unique(cells, return_inverse=True)[1]
        rows = np.bincount(numbers[self.counted], minlength=int(numbers.max()) + 1)[numbers]
        pairs = np.unique(numbers * MOST_CODES + self.target, return_inverse=True)[1]
        alike = np.bincount(pairs[self.counted], minlength=int(pairs.max()) + 1)[pairs]
        return np.where(rows >= fewest, (alike + _BORROWED * before) / (rows + _BORROWED), before)

    def of_leaves(self, leaf: Whole) -> float:
        """The score of the leaves of a tree."""
        return self.score(self.likelihood(leaf, self.alone()))

    def score(self, likelihood: Floats) -> float:
        """The mean logarithm over the rows that were not counted."""
        return float(np.log(likelihood[~self.counted]).mean())


def _tree_of(codes: Codes, rows: Whole, columns: list[int], sizes: Whole, smallest_leaf: int) -> Tree:
    """A leaf for each combination that enough of the rows share, one for what is left of each step."""
    if not columns:
        return STUMP
    column, size = columns[0], int(sizes[columns[0]])
    own = codes[column][rows]
    counts = np.bincount(own, minlength=size)
    large = np.flatnonzero(counts >= smallest_leaf)
    if not len(large):
        return STUMP
    groups = np.full(size, len(large), np.intp)
    groups[large] = np.arange(len(large))
    left = len(rows) - int(counts[large].sum())
    if left < smallest_leaf:  # too few to have a leaf: they go with the smallest of the others
        groups[groups == len(large)] = int(np.argmin(counts[large]))
    if groups.max() == 0:
        return _tree_of(codes, rows, columns[1:], sizes, smallest_leaf)
    group = groups[own]
    below = {
        number: sub
        for number in range(len(large))
        if (sub := _tree_of(codes, rows[group == number], columns[1:], sizes, smallest_leaf)).depth
    }
    return joined(lookup(column, groups), below)
