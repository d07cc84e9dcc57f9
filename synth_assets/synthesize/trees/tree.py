"""One decision tree as flat arrays: grown by scikit-learn, pruned and walked here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.scale import Codes

Whole = npt.NDArray[np.intp]
_BLOCK = 16_384  # rows walked at a time, so that they stay in the processor's cache
_PENALTY = 0.8
_FEW = 1_024  # so many rows are walked to the end together; of more, those that have arrived are set aside


@dataclass(frozen=True)
class Tree:
    """A binary tree over coded columns.

    Nodes are numbered breadth first, children side by side; leaves point at themselves.

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
        rows = codes.shape[1]
        out = np.zeros(rows, np.intp)
        if self.depth == 0:
            return out
        for start in range(0, rows, _BLOCK):
            block = codes[:, start : start + _BLOCK]
            if more is not None:
                block = np.concatenate([block, more[:, start : start + _BLOCK]])
            out[start : start + _BLOCK] = self._walk(block)
        return out

    def _walk(self, codes: Codes) -> npt.NDArray[np.intp]:
        # `take` on flat arrays is several times quicker than indexing, most of all for few rows.
        rows = codes.shape[1]
        flat, starts = codes.ravel(), self.column * rows
        place, node = np.arange(rows), np.zeros(rows, np.intp)
        done: npt.NDArray[np.intp] | None = None  # where the walked rows stand among all, once some have arrived
        leaf = np.empty(0, np.intp)
        for step in range(1, self.depth + 1):
            seen = flat.take(starts.take(node) + place)
            node = self.left.take(node) + self.right.take(self.table.take(node) + seen)
            if rows > _FEW and step % 4 == 0:
                arrived = self.leaf.take(node)
                if done is None:
                    leaf, done = arrived, place
                else:
                    leaf[done] = arrived
                on = np.flatnonzero(arrived < 0)
                if not len(on):
                    return leaf
                place, node, done = place.take(on), node.take(on), done.take(on)
        if done is None:
            return self.leaf.take(node)
        leaf[done] = self.leaf.take(node)
        return leaf


STUMP = Tree(
    np.zeros(1, np.intp), np.zeros(1, np.intp), np.zeros(1, np.intp), np.zeros(1, np.uint8), np.zeros(1, np.intp), 0
)


def grow(
    codes: Codes,
    classes: npt.NDArray[np.intp],
    *,
    columns: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.intp],
    ordered: npt.NDArray[np.bool_],
    smallest_leaf: int,
    seed: int,
) -> Tree:
    """A tree that tells `classes` apart.

    Args:
        codes: (columns, rows) of the rows to learn from.
        classes: The class of each row, 0 .. few.
        columns: Rows of `codes` that the tree may look at.
        sizes: The number of codes (NULL counted) of every row of `codes`.
        ordered: Whether the codes of every row of `codes` stand in a meaningful order; others are put in the order of
            the first principal component of their classes (Coppersmith, Hong and Hosking 1999).
    """
    from sklearn.tree import DecisionTreeClassifier

    few = int(classes.max()) + 1 if len(classes) else 0
    if few < 2 or len(classes) < 2 * smallest_leaf or not len(columns):
        return STUMP
    ranks = [
        np.arange(sizes[c], dtype=np.float32) if ordered[c] else class_ranks(codes[c], classes, int(sizes[c]), few)
        for c in columns
    ]
    matrix = np.empty((len(classes), len(columns)), np.float32, order="F")
    for place, (column, rank) in enumerate(zip(columns, ranks, strict=True)):
        matrix[:, place] = rank[codes[column]]
    grown = DecisionTreeClassifier(
        criterion="entropy", min_samples_leaf=smallest_leaf, max_depth=24, random_state=seed
    ).fit(matrix, classes, check_input=False)
    built = grown.tree_
    left, right = built.children_left, built.children_right
    counts = built.value[:, 0, :] * built.n_node_samples[:, None]
    inner = _prune(left, right, counts)
    return _flatten(left, right, built.feature, built.threshold, inner, columns, sizes, ranks)


def lookup(column: int, size: int) -> Tree:
    """A tree with one leaf for each code of one column."""
    # A chain of splits would be as deep as there are codes; a balanced tree over the codes is not.
    todo = [(0, size)]
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
    codes = np.arange(size)
    right = [
        (codes >= (low + high) // 2).astype(np.uint8) if high - low > 1 else np.zeros(size, np.uint8)
        for low, high in spans
    ]
    leaf = np.array([low if high - low == 1 else -1 for low, high in spans], np.intp)
    return Tree(
        np.full(len(spans), column, np.intp),
        np.array(left, np.intp),
        (np.arange(len(spans)) * size).astype(np.intp),
        np.concatenate(right),
        leaf,
        int(np.ceil(np.log2(size))) if size > 1 else 0,
    )


def class_ranks(codes: Codes, classes: npt.NDArray[np.intp], size: int, few: int) -> npt.NDArray[np.float32]:
    """The place of each code when codes with alike classes stand side by side."""
    table = np.bincount(codes.astype(np.intp) * few + classes, minlength=size * few).reshape(size, few).astype(float)
    rows = table.sum(axis=1)
    overall = table.sum(axis=0) / max(rows.sum(), 1)
    away = (table + overall) / (rows[:, None] + 1) - overall
    _, vectors = np.linalg.eigh((away * rows[:, None]).T @ away)
    axis = vectors[:, -1]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])  # eigh leaves the sign open
    score = away @ axis
    ranks = np.empty(size, np.float32)
    ranks[np.argsort(score, kind="stable")] = np.arange(size)
    return ranks


def _prune(
    left: npt.NDArray[np.intp], right: npt.NDArray[np.intp], counts: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which nodes stay inner ones: those whose splits raise the log-likelihood by more than chance would.

    A split that means nothing raises it by (classes - 1) / 2 on average, more when it is the best of many. Kept is what
    raises it by _PENALTY times (classes - 1) for each split below; Akaike's criterion would be 1.
    """
    rows = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = np.where(counts > 0, counts * np.log(counts / rows[:, None]), 0.0).sum(axis=1)
    price = _PENALTY * (np.count_nonzero(counts > 0, axis=1) - 1)
    best = likelihood.tolist()
    inner = left >= 0
    for node in np.flatnonzero(inner)[::-1].tolist():  # children come after their parent
        below = best[left[node]] + best[right[node]] - price[node]
        if below > best[node]:
            best[node] = below
        else:
            inner[node] = False
    return inner


def _flatten(
    left: npt.NDArray[np.intp],
    right: npt.NDArray[np.intp],
    feature: npt.NDArray[np.intp],
    threshold: npt.NDArray[np.float64],
    inner: npt.NDArray[np.bool_],
    columns: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.intp],
    ranks: list[npt.NDArray[np.float32]],
) -> Tree:
    level, order, starts, depth = [0], [], [], -1
    done = 0
    while level:
        depth += 1
        following: list[int] = []
        for node in level:
            order.append(node)
            if inner[node]:
                starts.append(done + len(level) + len(following))
                following += [int(left[node]), int(right[node])]
            else:
                starts.append(len(order) - 1)
        done += len(level)
        level = following
    widest = int(sizes.max())
    answers: list[npt.NDArray[np.uint8]] = [np.zeros(widest, np.uint8)]
    column, table, at = np.zeros(len(order), np.intp), np.zeros(len(order), np.intp), widest
    leaf, leaves = np.full(len(order), -1, np.intp), 0
    for number, node in enumerate(order):
        if not inner[node]:
            leaf[number] = leaves
            leaves += 1
            continue
        place = int(feature[node])
        answer = (ranks[place] > threshold[node]).astype(np.uint8)
        column[number], table[number] = columns[place], at
        answers.append(answer)
        at += len(answer)
    return Tree(column, np.array(starts, np.intp), table, np.concatenate(answers), leaf, depth)
