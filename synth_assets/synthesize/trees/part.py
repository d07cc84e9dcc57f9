"""How one part of a column is drawn from what came before it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.direction import Direction
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.limits import Limit, of_places, within
from synth_assets.synthesize.trees.scale import Codes, Floats, Mask
from synth_assets.synthesize.trees.staying import CHANGES, REDRAWN, STAYS, Staying
from synth_assets.synthesize.trees.tree import Tree
from synth_assets.synthesize.trees.walking import spread


@dataclass(frozen=True)
class Missing:
    """How often a part is NULL by the codes of one earlier part: a column that was added one day, and is NULL before.

    Attributes:
        column: The earlier part.
        share: The probability of NULL for each of its codes.
    """

    column: int
    share: Floats


@dataclass(frozen=True)
class Part:
    """One tree with its leaves.

    Attributes:
        place: Its row in the code matrix: the context's parts first, then the columns'.
        nulls: When it is NULL for certain, see dependencies.null_rules; the tree knows the other rows only.
        directions: What the tree may look at beside the parts before it.
        missing: How often it is NULL elsewhere, where one part says that; the tree then knows no NULLs at all.
        staying: How it follows the row before, if it does; the tree then says what it becomes where it changes.
        limits: Earlier parts that it never lies beyond.
    """

    place: int
    nulls: tuple[tuple[int, bool], ...]
    directions: tuple[Direction, ...]
    tree: Tree
    leaves: Leaves
    missing: Missing | None = None
    staying: Staying | None = None
    limits: tuple[Limit, ...] = ()

    def looked_at(self) -> set[int]:
        """The places that it is drawn by."""
        around = set(self.tree.column[self.tree.leaf < 0].tolist())
        for direction in self.directions:
            around |= set(direction.tables)
        around |= {self.missing.column} if self.missing else set()
        around |= {self.staying.state, self.staying.previous} if self.staying else set()
        around |= {limit.place for limit in self.limits}
        return around | {column for column, _ in self.nulls}

    def without(self, unused: npt.NDArray[np.bool_]) -> "Part":
        """The same when some places, which it is not drawn by, are left out of the code matrix (True for those)."""
        left = np.cumsum(~unused) - 1
        # What lies behind the matrix are directions.
        to = np.r_[np.maximum(left, 0), int(left[-1]) + 1 + np.arange(len(self.directions))]
        return replace(
            self,
            place=int(to[self.place]),
            nulls=tuple((int(to[column]), state) for column, state in self.nulls),
            directions=tuple(direction.of_places(to) for direction in self.directions),
            tree=replace(self.tree, column=to[self.tree.column]),
            missing=self.missing and Missing(int(to[self.missing.column]), self.missing.share),
            staying=self.staying and self.staying.of_places(to),
            limits=of_places(self.limits, to),
        )

    def leaf(self, matrix: Codes) -> npt.NDArray[np.intp]:
        """The leaf of each row of the (columns, rows) matrix."""
        if not self.directions:
            return self.tree.walk(matrix)
        return self.tree.walk(matrix, np.stack([direction.codes(matrix) for direction in self.directions]))

    def certain_nulls(self, matrix: Codes) -> Mask:
        """Which rows are NULL by rule."""
        where = np.zeros(matrix.shape[1], np.bool_)
        for column, state in self.nulls:
            where |= (matrix[column] == 0) == state
        return where

    def draw(self, matrix: Codes, rng: np.random.Generator) -> Codes:
        """A code for each row."""
        leaf = self.leaf(matrix)
        codes = self.leaves.draw(leaf, spread_evenly(leaf, rng))
        if self.staying:
            codes = self._stayed(self.staying, codes, leaf, matrix, rng)
        if self.limits:
            codes = within(self.limits, codes, leaf, matrix, self.leaves, rng)
        if self.missing:
            share = self.missing.share.take(matrix[self.missing.column])
            codes[spread_evenly(matrix[self.missing.column].astype(np.intp), rng) < share] = 0
        if self.nulls:
            codes[self.certain_nulls(matrix)] = 0
        return codes

    def _stayed(
        self,
        staying: Staying,
        codes: Codes,
        leaf: npt.NDArray[np.intp],
        matrix: Codes,
        rng: np.random.Generator,
    ) -> Codes:
        """The codes drawn, with those of the rows before where they stay; others where they are to change."""
        before, state = staying.before(matrix), matrix[staying.state]
        if staying.told_by_all:
            # No row like these has the label before: it has changed with what tells it.
            gone = (state == STAYS) & (before < staying.unknown) & ~self.leaves.knows(leaf, before)
            state = np.where(gone, CHANGES, state)
        for _ in range(REDRAWN):
            same = np.flatnonzero((codes == before) & (state == CHANGES))
            if not len(same):
                break
            codes[same] = self.leaves.draw(leaf[same], rng.random(len(same)))
        return np.where(state == STAYS, before, codes)


def spread_evenly(groups: npt.NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """A uniform number for each row; those of one group fill (0, 1) evenly, in random order (systematic sampling).

    The rows of a leaf then have every code nearly as often as its distribution says, instead of as often as chance
    has it: the noise of drawing few rows is left out.
    """
    sizes = np.bincount(groups)
    uniform = np.empty(len(groups))
    spread(groups, rng.permutation(len(groups)), rng.random(len(sizes)), sizes, uniform)
    return uniform
