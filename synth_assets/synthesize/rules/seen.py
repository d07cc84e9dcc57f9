"""Which values the source holds, as keyed hashes: enough to never repeat one, useless without the key."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.rules.keyed_hashes import Hashes, keyed_hashes

Mask = npt.NDArray[np.bool_]


def normalize(values: pl.Series) -> pl.Series:
    """The form in which values are compared: without outer blanks, in lower case."""
    return values.cast(pl.String).str.strip_chars().str.to_lowercase()


def join(parts: Sequence[pl.Series]) -> pl.Series:
    """One text a row from several columns, so that a combination can be looked up like a value."""
    frame = pl.DataFrame([part.cast(pl.String).alias(str(position)) for position, part in enumerate(parts)])
    return frame.select(pl.concat_str(pl.all(), separator="\x1f").alias("joined"))["joined"]


class SeenValues:
    """The values of one source column. Null and blank values are no values.

    Attributes:
        hashes: Sorted 64-bit keyed SipHash-2-4 hashes of the distinct normalized values.
    """

    def __init__(self, hashes: Hashes, *, key: bytes) -> None:
        self.hashes = hashes
        self._key = key

    @classmethod
    def of(cls, values: pl.Series, *, key: bytes) -> "SeenValues":
        distinct = _keys(values).drop_nulls().unique()
        distinct = distinct.filter(~_is_blank(distinct))
        return cls(np.unique(keyed_hashes(distinct, key=key)), key=key)

    def __len__(self) -> int:
        return len(self.hashes)

    def holds(self, values: pl.Series) -> Mask:
        """For each value, whether the source holds it; False for null and blank values."""
        if not len(self.hashes):
            return np.zeros(len(values), dtype=np.bool_)
        keys = _keys(values)
        filled = (~_is_blank(keys)).fill_null(False).to_numpy()
        found = np.zeros(len(values), dtype=np.bool_)
        hashes = keyed_hashes(keys if filled.all() else keys.filter(pl.Series(filled)), key=self._key)
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self.hashes)] = 0
        found[filled] = self.hashes[places] == hashes
        return found


def _keys(values: pl.Series) -> pl.Series:
    return values if values.dtype == pl.Binary else normalize(values)


def _is_blank(keys: pl.Series) -> pl.Series:
    return (keys.bin.size() if keys.dtype == pl.Binary else keys.str.len_bytes()) == 0
