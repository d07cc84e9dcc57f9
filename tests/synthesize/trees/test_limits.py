"""Numbers that never exceed others are drawn within what these leave."""

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer
from tests.synthesize.trees.made_tables import saved

ROWS = 2_000


def _houses(rng: np.random.Generator) -> pl.DataFrame:
    sold = rng.integers(2006, 2011, ROWS)
    return pl.DataFrame({"built": sold - rng.geometric(0.08, ROWS) + 1, "sold": sold})


def _table(orders: tuple[tuple[str, str], ...]) -> TableSpec:
    columns = tuple(ColumnSpec(name, ColumnKind.NUMBER, nullable=False) for name in ("built", "sold"))
    return TableSpec("houses", columns, min_group=1, orders=orders)


def test_the_order_holds_where_a_leaf_is_wide() -> None:
    rows = _houses(np.random.default_rng(0))
    free, held = (TreesSynthesizer(smallest_leaf=500) for _ in range(2))
    free.fit(rows, table=_table(()), context=None, seed=0)
    held.fit(rows, table=_table((("built", "sold"),)), context=None, seed=0)
    wrong, none = (
        model.sample(ROWS, context=None, given=None, rng=np.random.default_rng(1)).filter(
            pl.col("built") > pl.col("sold")
        )
        for model in (free, held)
    )
    assert none.height < 0.005 * ROWS < wrong.height
    again = TreesSynthesizer.load(saved(held))
    assert [part.limits for part in again.parts if part.limits]
    known, same = (
        model.sample(ROWS, context=None, given=None, rng=np.random.default_rng(1)) for model in (held, again)
    )
    assert same.equals(known)


def test_codes_between_others_are_drawn_by_their_shares() -> None:
    leaves = Leaves.of(np.array([[0.0, 1, 1, 2, 4], [0.0, 1, 0, 0, 0]]))
    leaf = np.repeat([0, 1], [30_000, 5])
    least, most = np.full(len(leaf), 2, np.uint16), np.full(len(leaf), 3, np.uint16)
    drawn = leaves.draw_between(leaf, least, most, np.random.default_rng(0).random(len(leaf)))
    assert set(drawn[:30_000].tolist()) == {2, 3}
    assert abs((drawn[:30_000] == 3).mean() - 2 / 3) < 0.01
    assert not drawn[30_000:].any()
