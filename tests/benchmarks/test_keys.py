"""Figures of keys: what was broken on purpose is counted."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.figures.keys import duplicate_keys, key_figures, orphans, with_aggregates
from synth_assets.catalog.model import ForeignKey

KEY = ForeignKey(columns=("owner",), parent="owners", parent_columns=("id",))
SCHEMA: dict[str, Any] = {
    "tables": {
        "owners": {"primary_key": ["id"], "columns": {"id": "id", "rich": "boolean"}},
        "cars": {"primary_key": ["id"], "columns": {"id": "id", "owner": "id", "price": "numerical"}},
    },
    "foreign_keys": [{"table": "cars", "columns": ["owner"], "parent": "owners", "parent_columns": ["id"]}],
}


def dataset(seed: int, *, owners: int = 400) -> dict[str, pl.DataFrame]:
    """The rich have more cars and dearer ones."""
    rng = np.random.default_rng(seed)
    rich = rng.random(owners) < 0.3
    owner = np.repeat(np.arange(owners), rng.poisson(1 + 4 * rich))
    price = np.exp(rng.normal(size=len(owner)) * 0.2 + 2 * rich[owner])
    return {
        "owners": pl.DataFrame({"id": np.arange(owners), "rich": rich}),
        "cars": pl.DataFrame({"id": np.arange(len(owner)), "owner": owner, "price": price}),
    }


def test_another_draw_is_alike() -> None:
    found = key_figures("cars", KEY, dataset(1), dataset(2), SCHEMA, rng=np.random.default_rng(0))
    assert found.orphans == 0
    assert found.cardinality == pytest.approx(1, abs=0.1)
    assert found.trend_1hop == pytest.approx(1, abs=0.1)
    assert found.c2st_agg == pytest.approx(0.5, abs=0.1)


def test_cars_dealt_out_anew_are_not() -> None:
    made = dataset(2)
    owner = np.random.default_rng(3).integers(0, 400, made["cars"].height)
    made["cars"] = made["cars"].with_columns(pl.Series("owner", owner))
    found = key_figures("cars", KEY, dataset(1), made, SCHEMA, rng=np.random.default_rng(0))
    assert found.cardinality is not None
    assert found.cardinality < 0.85
    assert found.trend_1hop is not None
    assert found.trend_1hop < 0.85
    assert found.c2st_agg is not None
    assert found.c2st_agg > 0.7


def test_orphans_are_counted_and_empty_references_are_none() -> None:
    child = pl.DataFrame({"owner": [1, 2, None, 9]})
    assert orphans(child, pl.DataFrame({"id": [1, 2, 3]}), KEY) == 1


def test_doubles_and_empty_keys_are_counted() -> None:
    assert duplicate_keys(pl.DataFrame({"a": [1, 1, 2, None]}), ["a"]) == 2
    assert duplicate_keys(pl.DataFrame({"a": [1, 1]}), []) == 0


def test_aggregates_are_those_of_the_own_children() -> None:
    parent = pl.DataFrame({"id": [1, 2, 3]})
    child = pl.DataFrame({"owner": [1, 1, 3], "price": [2.0, 4.0, 7.0], "colour": ["red", "red", "blue"]})
    wide = with_aggregates(parent, child, KEY, {"price": "numerical", "colour": "categorical"}).sort("id")
    assert wide.rows() == [(1, 2, 3.0, 1), (2, 0, None, None), (3, 1, 7.0, 1)]
