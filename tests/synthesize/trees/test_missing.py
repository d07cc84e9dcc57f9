"""Columns that were added one day: NULL before, filled since."""

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer


def rows_since_1950(rows: int, *, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(context, rows): the year and what the row before had; hits, filled since 1950."""
    rng = np.random.default_rng(seed)
    year = rng.integers(1900, 2000, rows)
    hits = [int(hit) if filled else None for hit, filled in zip(rng.poisson(40, rows), year >= 1950, strict=True)]
    before = [None if when < 1951 else 40 for when in year]
    return pl.DataFrame({"previous hits": before, "year": year}), pl.DataFrame({"hits": hits})


def test_when_a_column_was_added_is_learned_to_the_year() -> None:
    context, rows = rows_since_1950(3000)
    model = TreesSynthesizer()
    spec = TableSpec("seasons", (ColumnSpec("hits", ColumnKind.NUMBER),))
    model.fit(rows, table=spec, context=context, seed=1)
    assert [part.missing is not None for part in model.parts] == [True]
    # A row that follows a NULL, as after an error in drawing, is filled as any of its year.
    context, _ = rows_since_1950(3000, seed=1)
    wrong = context.with_columns(pl.lit(None, dtype=pl.Int64).alias("previous hits"))
    made = model.sample(3000, context=wrong, given=None, rng=np.random.default_rng(0))["hits"]
    assert made.is_null().equals(context["year"] < 1950)


def test_what_the_row_before_lacks_says_nothing_unless_it_says_nearly_all() -> None:
    # Divisions exist since 1970, steals are counted since 1950: no row without the one before has a division.
    rng = np.random.default_rng(0)
    year = rng.integers(1900, 2000, 3000)
    context = pl.DataFrame({"previous steals": [None if when < 1951 else 40 for when in year], "year": year})
    rows = pl.DataFrame({"division": [None if when < 1970 else "EW"[when % 2] for when in year]})
    spec = TableSpec("seasons", (ColumnSpec("division", ColumnKind.CATEGORY),), before={"previous steals": "steals"})
    model = TreesSynthesizer()
    model.fit(rows, table=spec, context=context, seed=1)
    forgotten = context.with_columns(pl.lit(None, dtype=pl.Int64).alias("previous steals"))
    made = model.sample(3000, context=forgotten, given=None, rng=np.random.default_rng(0))["division"]
    assert made.is_null().equals(context["year"] < 1970)
