"""Tables that have been generated, and why one cannot be."""

from dataclasses import dataclass

import polars as pl

from synth_assets.errors import SynthAssetsError
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import TableStructure


class GenerationFailed(SynthAssetsError):
    """Rows of a table cannot be made so that they fit the target's constraints."""

    def __init__(self, table: str, columns: tuple[str, ...], problem: str, next_step: str) -> None:
        self.table = table
        self.columns = columns
        super().__init__(
            f"{table}({', '.join(columns)}): {problem}",
            untouched="No target was touched.",
            next_step=next_step,
        )


def check_filled(structure: TableStructure, rows: pl.DataFrame) -> None:
    """Nothing if the rows have a value wherever the table must have one.

    Raises:
        GenerationFailed: They have not.
    """
    for column in structure.published_columns:
        if not structure.table.column(column).nullable and rows[column].null_count():
            raise GenerationFailed(
                structure.name,
                (column,),
                "the column is NOT NULL, and no value could be made for every row.",
                f"Give it a treatment in the plan, e.g. tables.{structure.name}.columns.{column}: {{constant: ...}}, "
                "or exclude the table.",
            )


@dataclass(frozen=True)
class GeneratedTable:
    """The rows of one table as they will be published, and what its children know of them.

    Attributes:
        rows: Published columns in catalog order, with the types of the catalog.
        features: One row each, as in `SourceFeatures`; nothing if no table refers to the rows.
        dropped: Rows given up because no unique combination of keys was left for them.
        source_rows: Of a hybrid table, the row of the source that each is; NO_ROW for a synthetic one.
    """

    rows: pl.DataFrame
    features: pl.DataFrame
    dropped: int = 0
    source_rows: Rows | None = None


@dataclass(frozen=True)
class Finished:
    """A table generated earlier: readers of its rows and features."""

    rows: TableRows
    features: pl.DataFrame
