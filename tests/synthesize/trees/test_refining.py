"""Leaves split on by classes of their own."""

import numpy as np

from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.refining import joined, refined
from synth_assets.synthesize.trees.tree import STUMP, grow

CLASSES = 24
LEAST = 50


def prices() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(product and year of each row, its price code, sizes): a price for each of 60 products and 4 years."""
    rng = np.random.default_rng(3)
    codes = np.stack([rng.integers(0, 60, 40_000), rng.integers(0, 4, 40_000)]).astype(np.uint16)
    price = rng.permutation(240).astype(np.uint16)[codes[0] * 4 + codes[1]]
    return codes, price, np.array([60, 4], np.intp)


def test_what_two_columns_decide_among_many_values_is_told() -> None:
    codes, price, sizes = prices()
    ordered = np.array([False, True])
    kinds = coarse(np.bincount(price), ordered=True, most=CLASSES)[price]
    first = grow(codes, kinds, sizes=sizes, ordered=ordered, smallest_leaf=LEAST)
    tree = refined(
        first, codes, price, sizes=sizes, ordered=ordered, in_order=True, classes=CLASSES, smallest_leaf=LEAST
    )
    leaf = tree.walk(codes)
    assert np.bincount(leaf, minlength=tree.leaves).min() >= LEAST
    assert _told(leaf, price) > _told(first.walk(codes), price)
    assert _told(leaf, price) > 0.95


def test_trees_in_the_place_of_leaves_are_walked_as_one() -> None:
    codes, _, sizes = prices()
    ordered = np.array([False, True])
    year, half = codes[1].astype(np.intp), (codes[0] >= 30).astype(np.intp)
    by_year = grow(codes, year, sizes=sizes, ordered=ordered, smallest_leaf=LEAST)
    by_half = grow(codes, half, sizes=sizes, ordered=ordered, smallest_leaf=LEAST)
    tree = joined(by_year, {0: by_half, 2: by_half})
    leaf = tree.walk(codes)
    assert tree.leaves == by_year.leaves + 2
    assert len(np.unique(leaf)) == tree.leaves
    first = by_year.walk(codes)
    for number in range(by_year.leaves):
        there = first == number
        assert len(np.unique(leaf[there])) == (2 if number in (0, 2) else 1)
        assert len(np.unique(leaf[there & (half == 1)])) == 1
    assert tree.depth >= by_year.depth + 1


def test_a_tree_takes_the_place_of_a_stump() -> None:
    codes, _, sizes = prices()
    half = (codes[0] >= 30).astype(np.intp)
    by_half = grow(codes, half, sizes=sizes, ordered=np.array([False, True]), smallest_leaf=LEAST)
    tree = joined(STUMP, {0: by_half})
    assert np.array_equal(tree.walk(codes), by_half.walk(codes))


def _told(leaf: np.ndarray, codes: np.ndarray) -> float:
    """The share of rows that have the most frequent code of their leaf."""
    table = np.zeros((leaf.max() + 1, codes.max() + 1))
    np.add.at(table, (leaf, codes), 1)
    return float(table.max(axis=1).sum() / len(leaf))
