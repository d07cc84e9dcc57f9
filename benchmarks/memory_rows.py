"""Frames where validation expects the rows of a store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from synth_assets.validate.rows import Part


@dataclass(frozen=True)
class MemoryRows:
    """A table's rows: validate.rows.Rows.

    Attributes:
        mask: True for rows that are held out; None if none is.
        real: Of generated rows, the row of the source that each is, NULL for a synthetic one; None if none is real.
    """

    frame: pl.DataFrame
    mask: pl.Series | None = None
    fingerprint: str = "f"
    formats: Mapping[str, str] = field(default_factory=dict)
    computed: Sequence[str] = ()
    reaches: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    real: pl.Series | None = None

    @property
    def rows(self) -> int:
        return self.frame.height

    @property
    def schema(self) -> pl.Schema:
        return self.frame.schema

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame:
        frame = self.frame if columns is None else self.frame.select(columns)
        if part == "all":
            return frame
        mask = self.mask if self.mask is not None else pl.repeat(False, frame.height, eager=True)
        return frame.filter(mask if part == "held_out" else ~mask)

    def source_rows(self) -> pl.Series | None:
        return self.real

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = 131_072) -> Iterator[pl.DataFrame]:
        yield from self.read(columns=columns).iter_slices(rows)
