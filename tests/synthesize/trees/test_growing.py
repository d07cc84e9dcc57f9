"""Trees grown here against scikit-learn's, which looks at every value."""

import numpy as np
import pytest

from synth_assets.synthesize.trees.growing import Nodes, Whole, grow_nodes
from synth_assets.synthesize.trees.scale import Codes


def entropy(counts: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    rows = counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -float(np.nansum(np.where(counts > 0, counts * np.log(counts / rows), 0.0)))


def sample(rows: int = 4_000) -> tuple[Codes, Whole]:
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, size, rows) for size in (40, 12, 3)]).astype(np.uint16)
    classes = (codes[0] // 10 + codes[1] // 6 + rng.integers(0, 2, rows)).astype(np.intp)
    return codes, classes


def grown(codes: Codes, classes: Whole, leaf: int, deepest: int = 24) -> Nodes:
    return grow_nodes(codes, np.array([40, 12, 3]), classes, smallest_leaf=leaf, deepest=deepest)


@pytest.mark.parametrize("leaf", [5, 60])
def test_leaves_are_as_pure_as_those_of_scikit_learn(leaf: int) -> None:
    codes, classes = sample()
    nodes = grown(codes, classes, leaf)
    from sklearn.tree import DecisionTreeClassifier

    other = DecisionTreeClassifier(criterion="entropy", min_samples_leaf=leaf, max_depth=24, random_state=0)
    tree = other.fit(codes.T, classes).tree_
    theirs = tree.value[tree.children_left < 0, 0] * tree.n_node_samples[tree.children_left < 0, None]
    assert entropy(nodes.counts[nodes.left < 0].astype(float)) == pytest.approx(entropy(theirs), rel=0.01)


def test_every_row_is_in_one_leaf_and_no_leaf_is_too_small() -> None:
    codes, classes = sample()
    nodes = grown(codes, classes, 30)
    leaves = nodes.counts[nodes.left < 0].sum(axis=1)
    assert leaves.sum() == len(classes)
    assert leaves.min() >= 30
    inner = np.flatnonzero(nodes.left >= 0)
    assert (nodes.left[inner] > inner).all()
    both = nodes.counts[nodes.left[inner]] + nodes.counts[nodes.right[inner]]
    assert np.array_equal(both, nodes.counts[inner])


def test_depth_is_bounded() -> None:
    codes, classes = sample()
    assert len(grown(codes, classes, 5, deepest=2).left) <= 7


def test_one_class_or_too_few_rows_are_one_leaf() -> None:
    codes, classes = sample()
    assert len(grown(codes, np.zeros_like(classes), 5).left) == 1
    assert len(grown(codes[:, :50], classes[:50], 30).left) == 1
