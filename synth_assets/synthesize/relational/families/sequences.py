"""Rows of one parent as a sequence, for engines that learn sequences as a whole."""

import polars as pl

from synth_assets.synthesize.protocol import SequenceSynthesizer, TableSpec
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import Rows


def fit_sequences(
    model: SequenceSynthesizer,
    rows: pl.DataFrame,
    *,
    table: TableSpec,
    families: Rows,
    order_by: pl.Series,
    order_column: str | None,
    context: pl.DataFrame,
    seed: int,
) -> None:
    """Fit a model on the rows of each parent in their order.

    Args:
        model: The model to fit.
        rows: The learned columns.
        table: Their spec.
        families: The parent of each row, a number of its own for a row without one.
        order_by: Values in whose order siblings stand.
        order_column: The column of `rows` that these are, if any.
        context: The parent's columns for each row.
        seed: Of the model.
    """
    order = Arranged.by(families, order_by).order
    model.fit_sequences(
        rows[order], table=table, sequences=families[order], order=order_column, context=context[order], seed=seed
    )
