"""The engine `rules`."""

import numpy as np
import polars as pl

from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.registry import synthesizer_class

SPEC = TableSpec("t", (ColumnSpec("a", ColumnKind.NUMBER), ColumnSpec("b", ColumnKind.CATEGORY)))


def test_columns_keep_their_distribution_and_lose_what_ties_them() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 50, 4000)
    rows = pl.DataFrame({"a": a, "b": np.where(a < 25, "low", "high")})
    model = synthesizer_class("rules")()
    model.fit(rows, table=SPEC, context=None, seed=0)
    store = Store("memory://independent", key=bytes(32))
    with store.create(ArtifactKey("d", "synthesizer", "t", "1"), refresh="r") as draft:
        model.save(draft.folder)
    loaded = synthesizer_class("rules").load(draft.artifact.folder)
    made = loaded.sample(4000, context=None, given=None, rng=np.random.default_rng(1))
    assert made.schema == rows.schema
    assert abs(made["a"].mean() - rows["a"].mean()) < 1.5  # type: ignore[operator]
    share = made.filter(pl.col("a") < 25)["b"].eq("low").mean()
    assert abs(share - (rows["b"] == "low").mean()) < 0.06  # type: ignore[operator]
    assert made.equals(model.sample(4000, context=None, given=None, rng=np.random.default_rng(1)))


def test_given_columns_come_out_as_they_are() -> None:
    rows = pl.DataFrame({"a": range(100), "b": ["x", "y"] * 50})
    model = synthesizer_class("rules")()
    model.fit(rows, table=SPEC, context=None, seed=0)
    given = pl.DataFrame({"b": ["y"] * 7})
    assert model.sample(7, context=None, given=given, rng=np.random.default_rng(0))["b"].to_list() == ["y"] * 7
