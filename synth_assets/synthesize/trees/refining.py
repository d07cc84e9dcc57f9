"""Splitting the leaves of a tree further, by classes of their own.

A tree tells a few classes of codes apart. Once it has led to a leaf, few of its codes may be left, which one class of
all rows' held together: the four prices of one product among those of a hundred.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.scale import Codes
from synth_assets.synthesize.trees.tree import Tree, grow

Whole = npt.NDArray[np.intp]
_ROWS_A_CLASS = 40  # what tells classes of fewer rows apart is mostly chance, and those rows would come out again


def refined(
    tree: Tree,
    codes: Codes,
    target: Codes,
    *,
    sizes: Whole,
    ordered: npt.NDArray[np.bool_],
    in_order: bool,
    classes: int,
    smallest_leaf: int,
) -> Tree:
    """The tree with leaves split on as long as that tells codes apart.

    Args:
        codes, sizes, ordered: As for `grow`.
        target: The code of each row that the tree is to tell.
        in_order: Whether these codes stand in a meaningful order.
        classes: Most classes of codes in a leaf.
        smallest_leaf: Fewest rows of a leaf that is split off.
    """
    leaf = tree.walk(codes)
    order = np.argsort(leaf, kind="stable")
    bounds = np.searchsorted(leaf[order], np.arange(tree.leaves + 1))
    below = {}
    for number in np.flatnonzero(np.diff(bounds) >= 2 * smallest_leaf).tolist():
        rows = order[bounds[number] : bounds[number + 1]]
        few, wanted = np.ascontiguousarray(codes[:, rows]), target[rows]
        most = max(min(classes, len(rows) // _ROWS_A_CLASS), 2)
        kinds = coarse(np.bincount(wanted), ordered=in_order, most=most)[wanted]
        sub = grow(few, kinds, sizes=sizes, ordered=ordered, smallest_leaf=smallest_leaf)
        if sub.depth:
            below[number] = refined(
                sub,
                few,
                wanted,
                sizes=sizes,
                ordered=ordered,
                in_order=in_order,
                classes=classes,
                smallest_leaf=smallest_leaf,
            )
    return joined(tree, below) if below else tree


def joined(tree: Tree, below: Mapping[int, Tree]) -> Tree:
    """The tree with other trees in the place of some leaves, by their numbers."""
    column, left, table, leaf = ([values] for values in (tree.column, tree.left, tree.table, tree.leaf.copy()))
    right, steps = [tree.right], _steps(tree)
    first = {int(number): node for node, number in enumerate(tree.leaf) if number >= 0}
    heads = [values[0].copy() for values in (column, left, table)]
    nodes, answers, leaves, depth = len(tree.column), len(tree.right), 0, tree.depth
    for number in range(tree.leaves):
        at, sub = first[number], below.get(number)
        if sub is None:
            leaf[0][at] = leaves
            leaves += 1
            continue
        # The root of `sub` takes the leaf's place; its other nodes come after all that are there.
        moved = sub.left + nodes - 1
        for head, values in zip(heads, (sub.column, moved, sub.table + answers), strict=True):
            head[at] = values[0]
        numbers = np.where(sub.leaf >= 0, sub.leaf + leaves, -1)
        leaf[0][at] = numbers[0]
        for joint, values in zip(
            (column, left, table, leaf), (sub.column, moved, sub.table + answers, numbers), strict=True
        ):
            joint.append(values[1:])
        right.append(sub.right)
        nodes, answers, leaves = nodes + len(sub.column) - 1, answers + len(sub.right), leaves + sub.leaves
        depth = max(depth, int(steps[at]) + sub.depth)
    column[0], left[0], table[0] = heads
    return Tree(
        np.concatenate(column),
        np.concatenate(left),
        np.concatenate(table),
        np.concatenate(right),
        np.concatenate(leaf),
        depth,
    )


def _steps(tree: Tree) -> Whole:
    """How many steps each node is from the root; children stand after their parent."""
    steps = np.zeros(len(tree.left), np.intp)
    for node in np.flatnonzero(tree.leaf < 0).tolist():
        steps[tree.left[node] : tree.left[node] + 2] = steps[node] + 1
    return steps
