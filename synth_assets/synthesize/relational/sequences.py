"""Rows of one parent as a sequence, for engines that learn sequences as a whole."""

from collections.abc import Sequence

import polars as pl

from synth_assets.synthesize.protocol import SequenceSynthesizer, TableSpec
from synth_assets.synthesize.relational.families import Arranged
from synth_assets.synthesize.relational.matching import Rows


def fit_sequences(
    model: SequenceSynthesizer,
    rows: pl.DataFrame,
    *,
    table: TableSpec,
    parents: Rows,
    candidates: Sequence[str],
    fallback: pl.Series | None,
    context: pl.DataFrame,
    seed: int,
) -> None:
    """Fit a model on the rows of each parent in their order.

    Args:
        model: The model to fit.
        rows: The learned columns.
        table: Their spec.
        parents: The parent of each row, a number of its own for a row without one.
        candidates: Columns that may order siblings, best first.
        fallback: Values to order by if no candidate is filled everywhere (a running key).
        context: The parent's columns for each row.
        seed: Of the model.
    """
    column = next((name for name in candidates if rows[name].null_count() == 0), None)
    order = Arranged.by(parents, rows[column] if column else fallback).order
    model.fit_sequences(
        rows[order], table=table, sequences=parents[order], order=column, context=context[order], seed=seed
    )
