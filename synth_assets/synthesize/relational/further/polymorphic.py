"""Labels of polymorphic keys for which the plan names no table."""

import polars as pl

from synth_assets.errors import SynthAssetsError
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
    if not structure.decision.is_generated:
        return rows
    for column, labels in structure.labelled.items():
        values = rows[column]
        leading = {column: set(labels)}
        for branch, key in ((r.key.branch, r.key) for r in structure.further):
            if branch and branch.column == column:
                leading.setdefault(key.columns[0], set()).update(branch.labels)
        for name, known in leading.items():
            lost = int((~values.is_in(known).fill_null(value=False)).sum())
            if lost and not structure.table.column(name).nullable:
                raise LabelsUnknown(structure.name, column, lost, empty=name)
        rows = rows.with_columns(values.set(~values.is_in(labels), None))
    return rows
