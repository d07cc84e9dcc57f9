"""Frames where validation expects the rows of a store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from synth_assets.validate.rows import Part


@dataclass(frozen=True)
class InMemory:
    """A table's rows: validate.rows.Rows, all of them training rows."""

    frame: pl.DataFrame
    fingerprint: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.frame.height

    @property
    def schema(self) -> pl.Schema:
        return self.frame.schema

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame:
        chosen = self.frame if columns is None else self.frame.select(columns)
        return chosen.clear() if part == "held_out" else chosen

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = 131_072) -> Iterator[pl.DataFrame]:
        yield from self.read(columns=columns).iter_slices(rows)
