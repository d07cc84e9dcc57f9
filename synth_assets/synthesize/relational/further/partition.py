"""Groups of parent rows that are alike in what their children look like.

A further parent is not generated for its children, so a child must pick one. Which of them would fit is learned as one
more category of the child: the leaf, in a tree over the parent's columns that predicts the child's columns, of the row
that it refers to. Picking any parent of that leaf then keeps how the columns of both sides go together.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.matching import Rows

Matrix = npt.NDArray[np.float32]
MOST_ROWS = 20_000
MOST_OUTCOMES = 40
MOST_CATEGORIES = 12
MISSING = np.float32(-3e38)


@dataclass(frozen=True)
class Coding:
    """How one column becomes a number: itself, or the rank of its category by frequency."""

    column: str
    categories: tuple[str, ...] | None

    @classmethod
    def of(cls, values: pl.Series, *, min_group: int) -> Self:
        if values.dtype != pl.String:
            return cls(values.name, None)
        counts = values.drop_nulls().value_counts(sort=True).filter(pl.col("count") >= min_group)
        return cls(values.name, tuple(counts[values.name].head(200)))

    def apply(self, frame: pl.DataFrame) -> npt.NDArray[np.float32]:
        values = frame[self.column]
        if self.categories is not None:
            ranks = {category: at for at, category in enumerate(self.categories)}
            coded = values.replace_strict(ranks, default=len(ranks), return_dtype=pl.Float32)
            coded = coded.set(values.is_null(), None)
        elif values.dtype.is_temporal():
            coded = values.to_physical().cast(pl.Float32)
        else:
            coded = values.cast(pl.Float32, strict=False)
        numbers = coded.fill_null(float(MISSING)).to_numpy().astype(np.float32)
        return np.where(np.isnan(numbers), MISSING, numbers)


@dataclass(frozen=True)
class Partition:
    """A fitted tree over a parent table's columns; its leaves are numbered from 0.

    Attributes:
        codings: The columns that the tree looks at, in the order of its features.
        feature, threshold, left, right: The tree's nodes, the root first; feature is -1 at a leaf.
        leaf: Leaf number by node.
    """

    codings: tuple[Coding, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    leaf: tuple[int, ...]

    @classmethod
    def fit(
        cls,
        parent: pl.DataFrame,
        rows: Rows,
        outcomes: pl.DataFrame,
        *,
        groups: Rows | None = None,
        min_group: int,
        most_leaves: int,
        seed: int,
    ) -> Self:
        """Learn the groups.

        Args:
            parent: Features of the parent table, a row each.
            rows: The parent row of each child row that has one.
            outcomes: The child rows' columns, as many rows as `rows`.
            groups: The group within which each child row's parent is chosen anyhow (its year); what groups differ in
                need not be told apart. None: all rows are one group.
            min_group: Fewest child rows in a leaf.
            most_leaves: Most leaves of the tree.
            seed: Of the rows that are looked at in a big table.
        """
        rng = np.random.default_rng(seed)
        chosen = np.arange(len(rows))
        if len(rows) > MOST_ROWS:
            chosen = np.sort(rng.choice(len(rows), MOST_ROWS, replace=False))
        wanted = _outcome_matrix(outcomes[chosen], min_group)
        if groups is not None and wanted.shape[1]:
            wanted = _within(wanted, groups[chosen])
        codings = tuple(Coding.of(parent[name], min_group=min_group) for name in parent.columns)
        if not codings or not wanted.shape[1] or len(chosen) < 2 * min_group:
            return cls(codings, (-1,), (0.0,), (0,), (0,), (0,))
        from sklearn.tree import DecisionTreeRegressor

        # Rows of one parent always end in one leaf: their mean says to a split what they would say one by one.
        looked_at, means, counts = _by_parent(rows[chosen], wanted)
        features = np.column_stack([coding.apply(parent[looked_at]) for coding in codings])
        tree: Any = DecisionTreeRegressor(
            max_leaf_nodes=max(2, most_leaves),
            min_weight_fraction_leaf=(max(1, min_group) - 0.5) / len(chosen),
            random_state=seed % 2**32,
        )
        tree = tree.fit(features, means, sample_weight=counts).tree_
        is_leaf = tree.children_left < 0
        return cls(
            codings=codings,
            feature=tuple(int(f) for f in np.where(is_leaf, -1, tree.feature)),
            threshold=tuple(float(t) for t in tree.threshold),
            left=tuple(int(n) for n in tree.children_left),
            right=tuple(int(n) for n in tree.children_right),
            leaf=tuple(int(n) for n in np.cumsum(is_leaf) - 1),
        )

    @property
    def leaves(self) -> int:
        return sum(f < 0 for f in self.feature)

    def apply(self, parent: pl.DataFrame) -> Rows:
        """The leaf number of every parent row."""
        if self.leaves == 1:
            return np.zeros(parent.height, dtype=np.int64)
        features = np.column_stack([coding.apply(parent) for coding in self.codings])
        feature, threshold = np.asarray(self.feature), np.asarray(self.threshold)
        left, right = np.asarray(self.left), np.asarray(self.right)
        node = np.zeros(parent.height, dtype=np.int64)
        active = np.arange(parent.height)
        while len(active):
            at = node[active]
            goes_left = features[active, feature[at]] <= threshold[at]
            node[active] = np.where(goes_left, left[at], right[at])
            active = active[feature[node[active]] >= 0]
        return np.asarray(self.leaf, dtype=np.int64)[node]


def _outcome_matrix(frame: pl.DataFrame, min_group: int) -> Matrix:
    """Columns as standardised ranks, categories as indicators, at most MOST_OUTCOMES of them."""
    parts: list[npt.NDArray[np.float32]] = []
    if not frame.height:
        return np.zeros((0, 0), dtype=np.float32)
    for values in frame.iter_columns():
        if values.dtype in (pl.String, pl.Boolean):
            text = values.cast(pl.String)
            counts = text.drop_nulls().value_counts(sort=True).filter(pl.col("count") >= min_group)
            for category in counts[values.name].head(MOST_CATEGORIES):
                share = (text == category).fill_null(value=False).to_numpy().astype(np.float32)
                parts.append(share - share.mean())
        else:
            ranks = values.to_physical().rank("average").fill_null(values.len() / 2).to_numpy()
            spread = ranks.std()
            if spread > 0:
                parts.append(((ranks - ranks.mean()) / spread / 2).astype(np.float32))
    return np.column_stack(parts[:MOST_OUTCOMES]) if parts else np.zeros((frame.height, 0), dtype=np.float32)


def _by_parent(rows: Rows, outcomes: Matrix) -> tuple[Rows, Matrix, npt.NDArray[np.float64]]:
    """Each parent row that is referred to, the mean outcomes of its children, and their number."""
    parents, at, counts = np.unique(rows, return_inverse=True, return_counts=True)
    sums = np.column_stack([np.bincount(at, weights=column) for column in outcomes.T])
    return parents, (sums / counts[:, None]).astype(np.float32), counts.astype(np.float64)


def _within(outcomes: Matrix, groups: Rows) -> Matrix:
    """What is left of the outcomes beside the mean of each group."""
    _, numbers = np.unique(groups, return_inverse=True)
    sizes = np.bincount(numbers)[:, None]
    sums = np.column_stack([np.bincount(numbers, weights=column) for column in outcomes.T])
    return (outcomes - (sums / sizes)[numbers]).astype(np.float32)
