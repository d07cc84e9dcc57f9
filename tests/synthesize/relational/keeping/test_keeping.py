"""Rows that are changed so that dependencies hold, without breaking what held before."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from synth_assets.dependencies.null_by import wrongly_null
from synth_assets.plan.dependencies import NullBy
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.keeping.keeping import Keeping
from synth_assets.synthesize.relational.named_columns import NamedColumns
from synth_assets.synthesize.relational.tables import LinkedTables

ROWS = 400


def test_times_put_in_place_of_null_keep_their_distance_from_those_before() -> None:
    rng = np.random.default_rng(0)
    state = rng.choice(["open", "sent", "back"], ROWS)
    ordered = [date(2024, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 900, ROWS)]
    shipped = [
        None if s == "open" else d + timedelta(days=int(g))
        for s, d, g in zip(state, ordered, rng.integers(1, 9, ROWS), strict=True)
    ]
    real = pl.DataFrame({"state": state, "ordered": ordered, "shipped": shipped})
    gaps = Gaps.find(real, min_group=10)
    assert [(gap.column, gap.since) for gap in gaps.steps] == [("shipped", "ordered")]
    one = NullBy(by="state", column="shipped")
    drawn = real.with_columns(real["shipped"].set(pl.Series(rng.random(ROWS) < 0.2), None))
    assert wrongly_null(drawn, one).sum() > 30
    keeping = Keeping("orders", [one], (), declared=frozenset(), free=frozenset(real.columns), known={}, gaps=gaps)
    names = NamedColumns({}, LinkedTables({}, lambda _: drawn), lambda _: drawn)
    kept = keeping.apply(drawn, names, rng)
    assert not wrongly_null(kept, one).any()
    days = (kept["shipped"] - kept["ordered"]).dt.total_days().drop_nulls()
    # Days before the earliest that may come out give way to it.
    assert (days >= 0).all() and (days <= 8).mean() > 0.99
    assert (kept["state"] != drawn["state"]).sum() < 20
    untouched = ~wrongly_null(drawn, one)
    assert kept.filter(untouched).equals(drawn.filter(untouched))
