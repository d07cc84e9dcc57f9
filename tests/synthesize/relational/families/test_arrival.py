"""The order of siblings that no column says."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arrival import arrival

FAMILIES = np.repeat(np.arange(200), 5)
RUNNING = pl.Series("id", np.arange(1_000))


def test_rows_without_a_key_come_in_no_order() -> None:
    rows = pl.DataFrame({"size": np.arange(1_000)})
    order = arrival(rows, FAMILIES, None, seed=0)
    assert sorted(order.to_list()) == list(range(1_000))
    assert order.to_list() != list(range(1_000))


def test_rows_of_which_nothing_is_learned_have_an_order_too() -> None:
    assert len(arrival(pl.DataFrame(), FAMILIES, None, seed=0)) == len(FAMILIES)


def test_a_running_key_is_the_order() -> None:
    rows = pl.DataFrame({"size": np.random.default_rng(0).random(1_000)})
    assert arrival(rows, FAMILIES, RUNNING, seed=0) is RUNNING


def test_a_running_key_of_rows_sorted_by_a_value_is_not() -> None:
    delay = pl.Series("delay", np.tile([1.0, 2.0, 5.0, 9.0, np.nan], 200)).fill_nan(None)
    assert arrival(pl.DataFrame([delay]), FAMILIES, RUNNING, seed=0) is not RUNNING
