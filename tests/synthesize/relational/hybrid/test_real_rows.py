"""Where real rows stand in a hybrid table."""

import numpy as np
import pytest

from synth_assets.synthesize.relational.hybrid.real_rows import (
    GeneratedParents,
    SourceRows,
    arrange,
    choose,
    without_parents,
)
from synth_assets.synthesize.relational.matching import NO_ROW, Rows

NOBODY = np.empty(0, dtype=np.int64)


def families(sizes: Rows, there: Rows = NOBODY) -> SourceRows:
    """Families of these sizes; parents of many children are in group 1, others in group 0."""
    parents = np.repeat(np.arange(len(sizes)), sizes)
    return SourceRows(parents, (sizes > 3).astype(np.int64)[parents], there)


def generated(counts: Rows, *, most: int | None = None) -> GeneratedParents:
    return GeneratedParents(counts, (counts > 3).astype(np.int64), np.zeros(len(counts), dtype=np.bool_), most)


def test_rows_without_parents_are_real_in_the_stated_number_and_at_random_places() -> None:
    arranged = without_parents(1_000, 300, 800, rng=np.random.default_rng(0))
    real = arranged.source_rows[arranged.source_rows >= 0]
    assert (len(arranged.source_rows), len(real), len(set(real.tolist()))) == (1_000, 300, 300)
    assert np.flatnonzero(arranged.source_rows >= 0).mean() == pytest.approx(500, abs=50)


def test_families_stay_together_below_a_parent_of_as_many_children_of_the_same_group() -> None:
    rng = np.random.default_rng(1)
    sizes, counts = rng.integers(0, 7, 400), rng.integers(0, 7, 400)
    source = families(sizes)
    arranged = arrange(source, generated(counts), wanted=300, lonely=5, rng=rng)
    assert len(arranged.parents) == counts.sum() + 5
    assert (np.diff(arranged.parents[:-5]) >= 0).all()
    assert (arranged.parents[-5:] == NO_ROW).all()
    real = arranged.source_rows >= 0
    assert real.sum() == 300
    for family in np.unique(source.parents[arranged.source_rows[real]]):
        members = np.flatnonzero(real & (source.parents[np.maximum(arranged.source_rows, 0)] == family))
        (parent,) = np.unique(arranged.parents[members])
        assert len(members) == sizes[family]
        # No synthetic child beside them, and the parent was to have as many.
        assert (arranged.parents == parent).sum() == len(members)
        assert counts[parent] == sizes[family]


def test_children_of_parents_that_were_taken_over_come_first_and_stay_with_them() -> None:
    rng = np.random.default_rng(2)
    sizes = np.full(200, 3)
    there = np.where(np.arange(200) < 60, 199 - np.arange(200), NO_ROW)
    source, counts = families(sizes, there), np.full(200, 3)
    assert set(source.parents[choose(source, 150, rng=rng)]) <= set(range(60))
    parents = GeneratedParents(counts, np.zeros(200, dtype=np.int64), np.arange(200) >= 140, None)
    arranged = arrange(source, parents, wanted=300, lonely=0, rng=rng)
    real = arranged.source_rows >= 0
    above = source.parents[arranged.source_rows[real]]
    assert real.sum() == 300
    kept = above < 60
    assert kept.sum() == 180
    assert (arranged.parents[real][kept] == there[above[kept]]).all()
    assert (arranged.parents[real][~kept] < 140).all()
    assert len(arranged.parents) == 600


def test_a_one_to_one_key_gives_no_parent_a_second_child() -> None:
    rng = np.random.default_rng(3)
    source = families(np.ones(80, dtype=np.int64))
    arranged = arrange(source, generated(rng.integers(0, 2, 100), most=1), wanted=30, lonely=0, rng=rng)
    assert np.bincount(arranged.parents).max() == 1
    assert (arranged.source_rows >= 0).sum() == 30


def test_a_family_too_big_for_the_share_is_taken_in_part() -> None:
    source = families(np.array([500, 500]))
    arranged = arrange(source, generated(np.array([400, 600])), wanted=300, lonely=0, rng=np.random.default_rng(4))
    assert (arranged.source_rows >= 0).sum() == 300
    assert (np.bincount(arranged.parents) == [400, 600]).all()


def test_where_a_row_stands_does_not_tell_that_it_is_real() -> None:
    rng = np.random.default_rng(4)
    source = families(np.array([500, 500]))
    arranged = arrange(source, generated(np.array([400, 600])), wanted=300, lonely=0, rng=rng)
    for parent in (0, 1):
        family = arranged.source_rows[arranged.parents == parent]
        real = np.flatnonzero(family >= 0)
        assert 0.4 <= real.mean() / len(family) <= 0.6
        # Real siblings follow each other as they did.
        assert (np.diff(family[real]) > 0).all()
