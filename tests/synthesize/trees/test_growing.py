"""Trees grown here against scikit-learn's, which looks at every value."""

import numpy as np
import pytest

from synth_assets.synthesize.trees.growing import Nodes, Whole, grow_nodes
from synth_assets.synthesize.trees.scale import Codes
from synth_assets.synthesize.trees.tree import grow


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


@pytest.mark.parametrize(("labels", "classes", "rows"), [(5, 3, 2_000), (94, 12, 2_500), (300, 10, 5_000)])
@pytest.mark.parametrize("seed", range(5))
def test_labels_that_tell_nothing_split_nothing(labels: int, classes: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, labels, (1, rows)).astype(np.uint16)
    kinds = rng.integers(0, classes, rows).astype(np.intp)
    tree = grow(codes, kinds, sizes=np.array([labels]), ordered=np.array([False]), smallest_leaf=64)
    assert tree.leaves == 1


def test_labels_that_tell_something_split() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 94, (1, 2_500)).astype(np.uint16)
    # Half of the labels have the first class in a third of their rows, the others in a twelfth.
    often = rng.random(2_500) < np.where(codes[0] % 2 == 0, 0.3, 0.0)
    kinds = np.where(often, 0, rng.integers(0, 12, 2_500)).astype(np.intp)
    tree = grow(codes, kinds, sizes=np.array([94]), ordered=np.array([False]), smallest_leaf=64)
    assert tree.leaves >= 2
    even = tree.walk(np.arange(94, dtype=np.uint16)[None]) == tree.walk(np.zeros((1, 1), np.uint16))[0]
    assert (even == (np.arange(94) % 2 == 0)).mean() > 0.8
