"""The order in which columns are drawn."""

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.trees.order import drawing_order
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer


def test_columns_of_little_entropy_come_first_rare_ones_last() -> None:
    entropy = np.array([2.0, 0.5, 0.01, 0.02, 1.0])
    blocks = [range(number, number + 1) for number in range(5)]
    assert drawing_order(entropy, blocks=blocks, determinants={}, rare={2, 3}) == [1, 4, 0, 3, 2]
    assert drawing_order(entropy, blocks=blocks, determinants={4: [0]}, leading=[3]) == [3, 2, 1, 0, 4]
    assert drawing_order(entropy, blocks=blocks, determinants={}, after={2: [0]}) == [3, 1, 4, 0, 2]


def test_a_column_that_few_rows_have_is_drawn_by_what_they_are_like() -> None:
    rng = np.random.default_rng(0)
    rows = 6000
    born, kind = rng.integers(1850, 2000, rows), rng.choice(["a", "b", "c"], rows)
    won = (born > 1980) & (kind == "a") & (rng.random(rows) < 0.5)
    frame = pl.DataFrame({"won": won, "kind": kind, "born": born})
    spec = TableSpec(
        "people",
        (
            ColumnSpec("won", ColumnKind.BOOLEAN),
            ColumnSpec("kind", ColumnKind.CATEGORY),
            ColumnSpec("born", ColumnKind.NUMBER),
        ),
    )
    model = TreesSynthesizer()
    model.fit(frame, table=spec, context=None, seed=0)
    assert model.parts[-1].place == 0
    made = model.sample(rows, context=None, given=None, rng=np.random.default_rng(1)).filter(pl.col("won"))
    assert 0.5 * won.sum() < made.height < 1.5 * won.sum()
    assert (made["kind"] == "a").sum() > 0.9 * made.height
    assert (made["born"] > 1975).sum() > 0.9 * made.height


def test_the_column_that_its_context_tells_most_about_is_drawn_first() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(100, 30, 4000)
    frame = pl.DataFrame({"state": rng.choice(["x", "y"], 4000), "level": before + rng.normal(0, 3, 4000)})
    spec = TableSpec("steps", (ColumnSpec("state", ColumnKind.CATEGORY), ColumnSpec("level", ColumnKind.NUMBER)))
    model = TreesSynthesizer()
    model.fit(frame, table=spec, context=pl.DataFrame({"before": before}), seed=0)
    assert [part.place for part in model.parts] == [2, 1]
