"""Columns that the plan computes from other columns of the row, once these are there."""

import polars as pl

from synth_assets.plan.derived import in_order
from synth_assets.plan.row_expressions import compute
from synth_assets.synthesize.relational.generated import GenerationFailed
from synth_assets.synthesize.relational.structure import TableStructure


def with_derived_columns(rows: pl.DataFrame, structure: TableStructure) -> pl.DataFrame:
    """The rows with every derived column, each after those that it reads.

    Raises:
        GenerationFailed: An expression cannot be computed for every row, or is NULL where NULL may not be.
    """
    for decision in in_order(structure.decision.columns):
        try:
            values = compute(str(decision.options["expression"]), rows, table=structure.table, column=decision.name)
        except pl.exceptions.PolarsError:
            # The text of the error holds values of rows.
            raise GenerationFailed(
                structure.name,
                (decision.name,),
                "its expression cannot be computed for every row: a value cannot be converted, or divides by 0.",
                "Change the expression in the plan: TRY_CAST gives NULL where CAST fails, NULLIF(x, 0) where x is 0.",
            ) from None
        if values.null_count() and not structure.table.column(decision.name).nullable:
            raise GenerationFailed(
                structure.name,
                (decision.name,),
                "the column is NOT NULL, and its expression is NULL for some rows.",
                "Change the expression in the plan: COALESCE names what stands for NULL.",
            )
        rows = rows.with_columns(values)
    return rows
