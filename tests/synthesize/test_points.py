"""Values that nearly all rows of families have in common."""

import numpy as np

from synth_assets.synthesize.points import find_points, nearest_points, next_points

POINTS = np.array([10, 20, 50], np.int64)


def test_few_values_that_families_share_are_points() -> None:
    rng = np.random.default_rng(0)
    values, families = rng.choice(POINTS, 3_000), rng.integers(0, 200, 3_000)
    assert find_points(values, families, unit=1, min_group=10) == (10, 20, 50)
    # Nothing lies between them: they say nothing.
    assert find_points(values // 10, families, unit=1, min_group=10) != ()
    assert find_points(rng.integers(0, 50, 3_000), families, unit=1, min_group=10) == ()


def test_a_value_of_few_families_is_no_point_however_many_rows_they_have() -> None:
    rng = np.random.default_rng(0)
    values, families = rng.choice(POINTS, 20_000), np.arange(20_000) // 100
    values[:90] = 33  # of one family
    assert find_points(values, families, unit=1, min_group=10) == (10, 20, 50)
    values[: 20 * 100] = 33
    assert 33 in find_points(values, families, unit=1, min_group=10)
    values[: 20 * 100] = np.arange(20 * 100) + 100
    assert find_points(values, families, unit=1, min_group=10) == ()


def test_the_next_point_is_behind_the_one_before_where_the_value_is() -> None:
    assert POINTS[nearest_points(np.array([-5, 14, 16, 34, 36, 90]), POINTS)].tolist() == [10, 10, 20, 20, 50, 50]
    before = np.array([10, 10, 10, 20, 50])
    assert next_points(np.array([10, 11, 36, 22, 70]), before, POINTS).tolist() == [10, 20, 50, 50, 70]
