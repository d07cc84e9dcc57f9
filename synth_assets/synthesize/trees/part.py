"""How one part of a column is drawn from what came before it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.direction import Direction
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.scale import Codes, Mask
from synth_assets.synthesize.trees.tree import Tree


@dataclass(frozen=True)
class Part:
    """One tree with its leaves.

    Attributes:
        place: Its row in the code matrix: the context's parts first, then the columns'.
        nulls: When it is NULL for certain, see dependencies.null_rules; the tree knows the other rows only.
        directions: What the tree may look at beside the parts before it.
    """

    place: int
    nulls: tuple[tuple[int, bool], ...]
    directions: tuple[Direction, ...]
    tree: Tree
    leaves: Leaves

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
        codes = self.leaves.draw(self.leaf(matrix), rng.random(int(matrix.shape[1])))
        if self.nulls:
            codes[self.certain_nulls(matrix)] = 0
        return codes
