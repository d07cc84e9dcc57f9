"""Cramér's V."""

import numpy as np
import pytest

from synth_assets.statistics.association import cramers_v


def test_it_is_one_where_a_column_tells_the_other_and_nought_where_it_tells_nothing() -> None:
    one, other = np.repeat([0, 1, 2], 4), np.tile([0, 1], 6)
    assert cramers_v(one, one + 7) == pytest.approx(1.0)
    assert cramers_v(one, other) == pytest.approx(0.0)
    assert cramers_v(one, np.zeros(12, dtype=np.int64)) == 0.0
    assert cramers_v(one[:0], other[:0]) == 0.0


def test_it_is_that_of_a_table_worked_out_by_hand() -> None:
    # 30 and 10 against 10 and 30 of 80 rows: chi-square 20, V = sqrt(20 / 80).
    one = np.repeat([0, 0, 1, 1], [30, 10, 10, 30])
    other = np.repeat([0, 1, 0, 1], [30, 10, 10, 30])
    assert cramers_v(one, other) == pytest.approx(0.5)
