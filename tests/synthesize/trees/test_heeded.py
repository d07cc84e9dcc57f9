"""What a column may be drawn by of the rows before."""

import numpy as np
import polars as pl

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

ROWS = 4_000


def looked_at(rows: pl.DataFrame, context: pl.DataFrame, *, step: str | None = None) -> dict[str, set[str]]:
    """The columns of the context that each column of `rows` is drawn by, where "previous x" tells of the row before."""
    kinds = {
        name: ColumnKind.NUMBER if dtype.is_numeric() else ColumnKind.CATEGORY for name, dtype in rows.schema.items()
    }
    table = TableSpec(
        "seasons",
        tuple(ColumnSpec(name, kind) for name, kind in kinds.items()),
        before={name: name.removeprefix("previous ") for name in context.columns},
        step=step,
    )
    model = TreesSynthesizer()
    model.fit(rows, table=table, context=context, seed=0)
    around = [column.name for column in model.context]
    names = [column.name for column in (*model.context, *model.columns)]
    return {names[part.place]: {around[at] for at in part.looked_at() if at < len(around)} for part in model.parts}


def seasons() -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows, context): hits and walks, each as in the season before, and both more in good ones."""
    rng = np.random.default_rng(0)
    good = rng.normal(0, 1, ROWS)
    hits, walks = rng.normal(40 * good, 30), rng.normal(40 * good, 30)
    context = pl.DataFrame({"previous hits": hits, "previous walks": walks})
    return pl.DataFrame({"hits": rng.normal(hits, 20), "walks": rng.normal(walks, 20)}), context


def test_a_number_heeds_what_it_was_before_and_not_what_others_were() -> None:
    found = looked_at(*seasons())
    assert found["hits"] == {"previous hits"}
    assert found["walks"] == {"previous walks"}


def test_what_says_more_than_all_else_is_heeded() -> None:
    rows, context = seasons()
    crossed = rows.select(hits="walks", walks="hits")
    found = looked_at(crossed, context)
    assert "previous walks" in found["hits"]
    assert "previous hits" in found["walks"]


def test_when_the_next_row_is_and_labels_hang_on_all_that_was() -> None:
    rows, context = seasons()
    rng = np.random.default_rng(1)
    named = rows.with_columns(
        state=pl.when(context["previous hits"] + context["previous walks"] + rng.normal(0, 10, ROWS) > 0)
        .then(pl.lit("up"))
        .otherwise(pl.lit("down"))
    )
    assert looked_at(named, context)["state"] == {"previous hits", "previous walks"}
    gaps = rows.with_columns(hits=np.rint(np.exp((context["previous hits"] + context["previous walks"]) / 60)))
    assert looked_at(gaps, context, step="hits")["hits"] == {"previous hits", "previous walks"}
