"""What validation needs of the rows of a table: the shape of `synth_assets.store.tables.TableRows`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import polars as pl

Part = Literal["all", "training", "held_out"]


class Rows(Protocol):
    """The rows of one table, in a snapshot or as they were generated."""

    @property
    def rows(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def schema(self) -> pl.Schema: ...

    @property
    def formats(self) -> Mapping[str, str]: ...

    @property
    def computed(self) -> Sequence[str]: ...

    @property
    def reaches(self) -> Mapping[str, Sequence[Sequence[str]]]: ...

    def read(self, *, columns: Sequence[str] | None = None, part: Part = "all") -> pl.DataFrame: ...

    def source_rows(self) -> pl.Series | None: ...

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = 131_072) -> Iterator[pl.DataFrame]: ...


class Signer(Protocol):
    """Whoever signs a verdict: the store."""

    def sign(self, content: bytes) -> str: ...


def draw(frame: pl.DataFrame, most: int, rng: np.random.Generator) -> pl.DataFrame:
    """At most `most` rows of a frame, drawn without replacement, in their own order."""
    if frame.height <= most:
        return frame
    return frame[np.sort(rng.choice(frame.height, most, replace=False))]
