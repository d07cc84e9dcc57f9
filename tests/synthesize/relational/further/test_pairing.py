import numpy as np

from synth_assets.synthesize.relational.further.pairing import Side, choose_parents
from synth_assets.synthesize.relational.matching import NO_ROW


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def zeros(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.int64)


def test_degrees_are_kept_exactly_when_they_add_up() -> None:
    degrees = np.array([0, 1, 2, 7])
    chosen = choose_parents(
        Side(zeros(10), zeros(10)), Side(zeros(4), zeros(4)), degrees=degrees, strict=False, rng=rng()
    )
    assert np.bincount(chosen, minlength=4).tolist() == degrees.tolist()


def test_children_find_a_parent_of_their_own_leaf() -> None:
    leaves = np.repeat([0, 1, 2], 40)
    parents = np.repeat([0, 1, 2], 4)
    chosen = choose_parents(
        Side(zeros(120), leaves), Side(zeros(12), parents), degrees=np.full(12, 10), strict=False, rng=rng()
    )
    assert (parents[chosen] == leaves).all()


def test_a_leaf_without_enough_places_spills_over_within_the_group() -> None:
    groups = np.array([1] * 6)
    parents = Side(np.array([1, 1, 2]), np.array([0, 1, 0]))
    chosen = choose_parents(
        Side(groups, np.array([0] * 6)), parents, degrees=np.array([2, 4, 6]), strict=False, rng=rng()
    )
    assert 2 not in chosen


def test_strict_children_whose_group_has_no_parent_get_none() -> None:
    children = Side(np.array([1, 3, 3]), zeros(3))
    parents = Side(np.array([1, 2]), zeros(2))
    strict = choose_parents(children, parents, degrees=np.array([1, 1]), strict=True, rng=rng())
    lenient = choose_parents(children, parents, degrees=np.array([1, 1]), strict=False, rng=rng())
    assert strict.tolist()[1:] == [NO_ROW, NO_ROW]
    assert (lenient >= 0).all()


def test_no_parents_at_all() -> None:
    chosen = choose_parents(
        Side(zeros(3), zeros(3)), Side(zeros(0), zeros(0)), degrees=zeros(0), strict=False, rng=rng()
    )
    assert chosen.tolist() == [NO_ROW] * 3


def test_parents_without_any_degree_are_chosen_evenly() -> None:
    chosen = choose_parents(
        Side(zeros(1000), zeros(1000)), Side(zeros(4), zeros(4)), degrees=zeros(4), strict=False, rng=rng()
    )
    assert np.bincount(chosen, minlength=4).min() > 180


def test_those_who_care_take_a_parent_near_them_and_the_others_what_is_left() -> None:
    near = np.repeat([0, 1, -1], [3, 3, 4])
    chosen = choose_parents(
        Side(zeros(10), zeros(10), near),
        Side(zeros(5), zeros(5), np.array([0, 0, 1, 1, 2])),
        degrees=np.full(5, 2),
        strict=False,
        rng=rng(),
    )
    assert set(chosen[:3].tolist()) <= {0, 1}
    assert set(chosen[3:6].tolist()) <= {2, 3}
    assert np.bincount(chosen).tolist() == [2] * 5


def test_whoever_finds_nobody_near_goes_elsewhere_in_the_group() -> None:
    chosen = choose_parents(
        Side(np.array([0, 0, 1]), zeros(3), np.array([7, 7, 7])),
        Side(np.array([0, 0, 1]), zeros(3), np.array([7, 3, 3])),
        degrees=np.array([1, 1, 1]),
        strict=True,
        rng=rng(),
    )
    assert sorted(chosen[:2].tolist()) == [0, 1]
    assert chosen[2] == 2
