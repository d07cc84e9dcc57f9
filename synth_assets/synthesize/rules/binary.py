"""Binary columns: random bytes, about as many as the source's values have."""

from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.rules.patterns import Weighted
from synth_assets.synthesize.rules.texts import fit_lengths

MOST_BYTES = 4_096
_NO_LENGTHS = Weighted(values=(16,), weights=(1.0,))


class BinaryModel(Value):
    """Random bytes; longer values than MOST_BYTES come out cut to that."""

    type: Literal["binary"] = "binary"
    lengths: Weighted

    @classmethod
    def fit(cls, values: pl.Series, *, min_group: int) -> "BinaryModel":
        sizes = values.drop_nulls().bin.size().cast(pl.Int64).clip(0, MOST_BYTES)
        return cls(lengths=fit_lengths(sizes.to_numpy(), min_group) if len(sizes) else _NO_LENGTHS)

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        lengths = self.lengths.draw(n, rng)
        content = rng.bytes(int(lengths.sum()))
        ends = np.cumsum(lengths)
        pieces = [content[end - size : end] for end, size in zip(ends.tolist(), lengths.tolist(), strict=True)]
        return pl.Series(pieces, dtype=pl.Binary)
