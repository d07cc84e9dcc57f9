"""Labels of polymorphic keys for which the plan names no table."""

import polars as pl

from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resolved import Mode
from synth_assets.synthesize.relational.structure import TableStructure


class LabelsUnknown(SynthAssetsError):
    """Rows refer to tables that the plan does not name, in columns that must not be empty."""

    def __init__(self, table: str, column: str, rows: int, *, empty: str) -> None:
        self.table = table
        self.column = column
        self.rows = rows
        super().__init__(
            f"{table}.{column} says of {rows} rows in no label that the plan names to which table they refer, and "
            f"{empty} must not be NULL.",
            untouched="No target was touched.",
            next_step=f"See its labels with SELECT DISTINCT {column} FROM {table}, and name the table of each under "
            "`parents` in `polymorphic_keys` of the plan; or exclude the table.",
        )


def without_unknown_labels(rows: pl.DataFrame, structure: TableStructure) -> pl.DataFrame:
    """Real rows in which type columns hold NULL instead of a label for which the plan names no table.

    Their references are then learned as empty.

    Raises:
        LabelsUnknown: The type column or the reference must not be NULL.
    """
    if structure.decision.mode is not Mode.SYNTHETIC:
        return rows
    for column, labels in structure.labelled.items():
        values = rows[column]
        known = values.cast(pl.String).is_in(labels).fill_null(value=False)
        keys = [r.key for r in structure.further if r.key.branch and r.key.branch.column == column]
        filled = dict.fromkeys((column, *(name for key in keys for name in key.columns)))
        fixed = [name for name in filled if not structure.table.column(name).nullable]
        if fixed and not known.all():
            raise LabelsUnknown(structure.name, column, int((~known).sum()), empty=" and ".join(fixed))
        rows = rows.with_columns(values.set(~known, None))
    return rows
