"""What every reader of a database family promises: one transaction, one instant, all tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from synth_assets.catalog.model import Table

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class TableStream:
    """The rows of one table on their way.

    Attributes:
        schema: The types that the rows have: `catalog.frames.polars_type` where every value fits it exactly.
        batches: The rows, in frames of exactly this schema; to be read before the next table is asked for.
        formats: For columns whose database keeps times as text: the strftime format of every value.
    """

    schema: pl.Schema
    batches: Iterator[pl.DataFrame]
    formats: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """An open read of a database at one instant."""

    def read(self, table: Table) -> TableStream:
        """All rows of a table.

        Raises (here or while the batches are read):
            TableMissing: It is not in the database.
            SourceChanged: It is not what the catalog says.
            SourceUnreadable: The database failed, or forbids it.
            ValueUnreadable: A value cannot be taken over exactly.
        """
