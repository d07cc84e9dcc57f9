"""Combinations of labels have leaves of their own where that tells clearly more than splits in two do."""

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.cells import find_cells
from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.scale import Codes
from synth_assets.synthesize.trees.tree import STUMP, Tree, grow, lookup

ROWS, SMALLEST = 12_000, 25


def _cells(codes: Codes, target: Codes, *, in_order: bool, rather: Tree | None = None) -> Tree | None:
    sizes = codes.max(axis=1).astype(np.intp) + 1
    classes = coarse(np.bincount(target), ordered=in_order, most=24)
    if rather is None:
        ordered = np.zeros(len(codes), np.bool_)
        rather = grow(codes, classes[target], sizes=sizes, ordered=ordered, smallest_leaf=SMALLEST)
    return find_cells(
        codes,
        target,
        classes=classes,
        among=np.arange(len(codes)),
        sizes=sizes,
        smallest_leaf=SMALLEST,
        rather=rather,
        split_on=lambda tree: tree,
        seed=1,
    )


def _routes(rng: np.random.Generator) -> tuple[Codes, npt.NDArray[np.uint16]]:
    """Airline and destination of each row, and a number that belongs to one route: routes have three each."""
    airline, destination = rng.integers(1, 9, ROWS), rng.integers(1, 31, ROWS)
    first = rng.permutation(8 * 30)[(airline - 1) * 30 + destination - 1]
    number = 1 + 3 * first + rng.integers(0, 3, ROWS)
    return np.stack([airline, destination]).astype(np.uint16), number.astype(np.uint16)


def test_each_combination_that_enough_rows_share_tells_its_own_codes() -> None:
    codes, number = _routes(np.random.default_rng(3))
    tree = _cells(codes, number, in_order=True)
    assert tree is not None
    leaf = tree.walk(codes)
    assert np.bincount(leaf).min() >= SMALLEST
    each = [len(np.unique(number[leaf == one])) for one in range(tree.leaves)]
    assert np.median(each) == 3


def test_codes_that_were_never_seen_lead_to_a_leaf() -> None:
    codes, number = _routes(np.random.default_rng(4))
    some = codes[1] != 30
    tree = _cells(codes[:, some], number[some], in_order=True)
    assert tree is not None
    unseen = np.stack([np.zeros(5), np.full(5, 29)]).astype(np.uint16)
    assert (tree.walk(unseen) < tree.leaves).all()


def test_chance_makes_no_cells() -> None:
    rng = np.random.default_rng(5)
    codes, _ = _routes(rng)
    assert _cells(codes, rng.integers(1, 200, ROWS).astype(np.uint16), in_order=False, rather=STUMP) is None


def test_another_tree_that_tells_as_much_is_kept() -> None:
    rng = np.random.default_rng(6)
    place = rng.integers(1, 65, ROWS)
    near = np.clip(place * 3 + rng.integers(-6, 7, ROWS), 1, 200).astype(np.uint16)
    codes = np.stack([place, rng.integers(1, 4, ROWS)]).astype(np.uint16)
    assert _cells(codes, near, in_order=True, rather=STUMP) is not None
    assert _cells(codes, near, in_order=True, rather=lookup(0, np.arange(65))) is None
