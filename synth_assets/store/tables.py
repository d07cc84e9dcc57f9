"""The rows of one table in a snapshot or synthetic artifact."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

import polars as pl

from synth_assets.store.parquet import ROW_GROUP_ROWS
from synth_assets.store.store import Artifact

ROWS_FILE = "rows.parquet"
HELD_OUT_FILE = "held_out.parquet"
HELD_OUT_COLUMN = "held_out"
REAL_FILE = "real.parquet"
REAL_COLUMN = "source_row"

Part = Literal["all", "training", "held_out"]


class TableRows:
    """The rows of one table, read from the store as they are needed.

    Attributes:
        table: The table's name.
        rows: How many rows there are, held-out ones included.
        fingerprint: The artifact's.
        formats: For columns whose database keeps times as text: the strftime format (chrono's, as polars takes it)
            by which every value prints exactly as it stands in the source.
        computed: Of synthetic rows: the columns that follow from other synthetic columns.
        reaches: Of synthetic rows, by column: [table, column, "above" or "below"] of all that it may be as late
            or large as, or as early or small as, since it never lies on the other side of it.
    """

    def __init__(self, artifact: Artifact) -> None:
        if artifact.key.table is None:
            raise ValueError("the artifact is not one of a single table")
        self.table: str = artifact.key.table
        self.fingerprint: str = artifact.fingerprint
        self._folder = artifact.folder
        self.rows: int = self._folder.frame_rows(ROWS_FILE)
        self.formats: Mapping[str, str] = cast(dict[str, str], artifact.facts.get("formats", {}))
        self.computed: Sequence[str] = cast(list[str], artifact.facts.get("computed", []))
        self.reaches: Mapping[str, Sequence[Sequence[str]]] = cast(
            dict[str, list[list[str]]], artifact.facts.get("reaches", {})
        )

    @property
    def schema(self) -> pl.Schema:
        """The types as they were extracted: text where a column did not fit its declared type exactly."""
        return self._folder.frame_schema(ROWS_FILE)

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame:
        """All rows of one part in the source's order; without a hold-out, all rows are for training.

        Raises:
            KeyError: There is no such column.
            ArtifactDamaged: The rows are not what was written.
        """
        rows = self._folder.read_frame(ROWS_FILE, columns=columns)
        if part == "all":
            return rows
        held_out = self.held_out()
        return rows.filter(held_out if part == "held_out" else ~held_out)

    def held_out(self) -> pl.Series:
        """For each row whether it is held out of training."""
        if not self._folder.exists(HELD_OUT_FILE):
            return pl.repeat(False, self.rows, dtype=pl.Boolean, eager=True).alias(HELD_OUT_COLUMN)
        return self._folder.read_frame(HELD_OUT_FILE)[HELD_OUT_COLUMN]

    def source_rows(self) -> pl.Series | None:
        """For each generated row the row of the source that it is, Int64, NULL for a synthetic one.

        None where no generated row is real. That a row is real is known beside the rows, and never in a target.
        """
        if not self._folder.exists(REAL_FILE):
            return None
        return self._folder.read_frame(REAL_FILE)[REAL_COLUMN]

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS) -> Iterator[pl.DataFrame]:
        """All rows, at most `rows` at a time, in the source's order."""
        return self._folder.frame_batches(ROWS_FILE, columns=columns, rows=rows)
