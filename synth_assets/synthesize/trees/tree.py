"""One decision tree as flat arrays, pruned and walked."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.growing import Nodes, grow_nodes
from synth_assets.synthesize.trees.scale import Codes
from synth_assets.synthesize.trees.walking import walk

Whole = npt.NDArray[np.intp]
_PENALTY = 0.8
_STRICT = 2.5  # for a split that leaves fewer rows on a side than a leaf usually has
_DEEPEST = 24


@dataclass(frozen=True)
class Tree:
    """A binary tree over coded columns.

    Children stand after their parent, side by side; leaves point at themselves.

    Attributes:
        column: The column that each node looks at (a row of the code matrix).
        left: First child of each node.
        table: Where in `right` the node's answers start; the answer to a code says whether to go right.
        right: 0 or 1 for each code of each node.
        leaf: Leaf number of each node, -1 for inner ones.
        depth: Most steps from the root to a leaf.
    """

    column: Whole
    left: Whole
    table: Whole
    right: npt.NDArray[np.uint8]
    leaf: Whole
    depth: int

    @property
    def leaves(self) -> int:
        return int(self.leaf.max()) + 1

    def walk(self, codes: Codes, more: Codes | None = None) -> npt.NDArray[np.intp]:
        """The leaf of each row. `codes` is (columns, rows); `more` holds the columns that follow them, if any."""
        out = np.zeros(codes.shape[1], np.intp)
        if self.depth:
            more = codes[:0] if more is None else more
            walk(codes, more, self.column, self.left, self.table, self.right, self.leaf, out)
        return out


STUMP = Tree(
    np.zeros(1, np.intp), np.zeros(1, np.intp), np.zeros(1, np.intp), np.zeros(1, np.uint8), np.zeros(1, np.intp), 0
)


def grow(
    codes: Codes,
    classes: npt.NDArray[np.intp],
    *,
    sizes: npt.NDArray[np.intp],
    ordered: npt.NDArray[np.bool_],
    smallest_leaf: int,
    usual_leaf: int = 0,
) -> Tree:
    """A tree that tells `classes` apart.

    Args:
        codes: (columns, rows) of the rows to learn from, with what the tree may look at.
        classes: The class of each row, 0 .. few.
        sizes: The number of codes (NULL counted) of each column.
        ordered: Whether the codes of each column stand in a meaningful order; others are put in the order of
            the first principal component of their classes (Coppersmith, Hong and Hosking 1999).
        smallest_leaf: Fewest rows of a leaf.
        usual_leaf: A leaf of fewer rows is split off only if that tells much.
    """
    few = int(classes.max()) + 1 if len(classes) else 0
    if few < 2 or len(classes) < 2 * smallest_leaf or not len(codes):
        return STUMP
    ranks = [
        np.arange(sizes[c], dtype=np.uint16) if ordered[c] else class_ranks(codes[c], classes, int(sizes[c]), few)
        for c in range(len(codes))
    ]
    matrix = np.stack([codes[c] if ordered[c] else rank[codes[c]] for c, rank in enumerate(ranks)])
    nodes = grow_nodes(matrix, sizes, classes, smallest_leaf=smallest_leaf, deepest=_DEEPEST)
    inner = _prune(nodes, usual_leaf, _chance(codes, sizes, ordered, few))
    return _flatten(nodes, inner, ranks)


def lookup(column: int, groups: Whole) -> Tree:
    """A tree with one leaf for each group of the codes of one column, numbered alike.

    Args:
        groups: The group of each code, 0 .. without a gap.
    """
    # A chain of splits would be as deep as there are groups; a balanced tree over them is not.
    count = int(groups.max()) + 1
    todo = [(0, count)]
    spans: list[tuple[int, int]] = []
    left: list[int] = []
    while todo:
        low, high = todo.pop(0)
        spans.append((low, high))
        if high - low > 1:
            left.append(len(spans) + len(todo))
            middle = (low + high) // 2
            todo += [(low, middle), (middle, high)]
        else:
            left.append(len(spans) - 1)
    size = len(groups)
    right = [
        (groups >= (low + high) // 2).astype(np.uint8) if high - low > 1 else np.zeros(size, np.uint8)
        for low, high in spans
    ]
    leaf = np.array([low if high - low == 1 else -1 for low, high in spans], np.intp)
    return Tree(
        np.full(len(spans), column, np.intp),
        np.array(left, np.intp),
        (np.arange(len(spans)) * size).astype(np.intp),
        np.concatenate(right),
        leaf,
        int(np.ceil(np.log2(count))) if count > 1 else 0,
    )


def class_ranks(codes: Codes, classes: npt.NDArray[np.intp], size: int, few: int) -> Codes:
    """The place of each code when codes with alike classes stand side by side."""
    table = np.bincount(codes.astype(np.intp) * few + classes, minlength=size * few).reshape(size, few).astype(float)
    rows = table.sum(axis=1)
    overall = table.sum(axis=0) / max(rows.sum(), 1)
    away = (table + overall) / (rows[:, None] + 1) - overall
    _, vectors = np.linalg.eigh((away * rows[:, None]).T @ away)
    axis = vectors[:, -1]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])  # eigh leaves the sign open
    score = away @ axis
    ranks = np.empty(size, np.uint16)
    ranks[np.argsort(score, kind="stable")] = np.arange(size)
    return ranks


def _chance(
    codes: Codes, sizes: npt.NDArray[np.intp], ordered: npt.NDArray[np.bool_], classes: int
) -> npt.NDArray[np.float64]:
    """By how much the best cut of each column raises the log-likelihood where it tells nothing; 0 if it is ordered.

    Codes without an order are put in the one that tells most, so that a cut finds what sets apart one half of them by
    chance. Of a table of codes by classes in which there is nothing, the leading component makes up (sqrt(codes - 1) +
    sqrt(classes - 1)) ** 2 of twice the log-likelihood (Johnstone 2001), and a cut in two keeps 2 / pi of it.
    """
    seen = np.array([np.count_nonzero(np.bincount(c, minlength=s)) for c, s in zip(codes, sizes, strict=True)])
    whole = (np.sqrt(np.maximum(seen - 1, 0)) + np.sqrt(classes - 1)) ** 2 / 2
    return np.where(ordered | (seen < 2), 0.0, whole)


def _prune(nodes: Nodes, usual_leaf: int, chance: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which nodes stay inner ones: those whose splits raise the log-likelihood by more than chance would.

    A split that means nothing raises it by (classes - 1) / 2 on average, more when it is the best of many. Kept is what
    raises it by _PENALTY times (classes - 1) for each split below; Akaike's criterion would be 1. Small leaves hand on
    more of their rows, so a split that makes one has to raise it by _STRICT times as many. A split of codes that were
    put in order has to raise it by its share of what that order raises by chance.
    """
    left, right, counts = nodes.left, nodes.right, nodes.counts
    rows = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = np.where(counts > 0, counts * np.log(counts / rows[:, None]), 0.0).sum(axis=1)
    small = np.minimum(rows[left], rows[right]) < usual_leaf
    price = np.where(small, _STRICT, _PENALTY) * (np.count_nonzero(counts > 0, axis=1) - 1)
    price = np.maximum(price, chance[nodes.column] * rows / rows[0])
    best = likelihood.tolist()
    inner = left >= 0
    for node in np.flatnonzero(inner)[::-1].tolist():  # children come after their parent
        below = best[left[node]] + best[right[node]] - price[node]
        if below > best[node]:
            best[node] = below
        else:
            inner[node] = False
    return inner


def _flatten(nodes: Nodes, inner: npt.NDArray[np.bool_], ranks: list[Codes]) -> Tree:
    level, order, starts, depth = [0], [], [], -1
    done = 0
    while level:
        depth += 1
        following: list[int] = []
        for node in level:
            order.append(node)
            if inner[node]:
                starts.append(done + len(level) + len(following))
                following += [int(nodes.left[node]), int(nodes.right[node])]
            else:
                starts.append(len(order) - 1)
        done += len(level)
        level = following
    widest = max(map(len, ranks))
    answers: list[npt.NDArray[np.uint8]] = [np.zeros(widest, np.uint8)]
    column, table, at = np.zeros(len(order), np.intp), np.zeros(len(order), np.intp), widest
    leaf, leaves = np.full(len(order), -1, np.intp), 0
    for number, node in enumerate(order):
        if not inner[node]:
            leaf[number] = leaves
            leaves += 1
            continue
        place = int(nodes.column[node])
        answer = (ranks[place] > nodes.threshold[node]).astype(np.uint8)
        column[number], table[number] = place, at
        answers.append(answer)
        at += len(answer)
    return Tree(column, np.array(starts, np.intp), table, np.concatenate(answers), leaf, depth)
