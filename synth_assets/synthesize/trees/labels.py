"""Codes of categories: labels that enough rows share; all others are one code, which never comes out."""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.trees.scale import Codes

_MOST_INVENTED = 50
_FEW = 2_000
_ALPHABET = np.array(list("abcdefghijklmnopqrstuvwxyz"))


@dataclass(frozen=True)
class LabelCodes:
    """The coding of one column of texts: 0 NULL, 1 .. len(labels) the labels, then `buckets` codes for all others.

    Attributes:
        labels: Texts that may come out, in order of their number of rows; shared by at least min_group rows each.
        buckets: Codes behind the labels. 1 for a learned column (it never comes out); more for context, where other
            texts are told apart by a hash.
        invented: Texts that stand in where no label may come out at all: those that the schema names, or made-up ones.
    """

    labels: tuple[str, ...]
    buckets: int = 1
    invented: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.labels) + self.buckets

    @property
    def allowed(self) -> int:
        """Codes 1 .. allowed may be drawn."""
        return len(self.labels) or self.count

    @classmethod
    def fit(
        cls, series: pl.Series, *, min_group: int, keep: bool = False, declared: tuple[str, ...] = (), seed: int = 0
    ) -> "LabelCodes":
        """From a column of texts, NULLs allowed; `declared` are all that the schema lets them be, if it says so."""
        counted = _counted(series)
        labels = tuple(counted.filter(counted["count"] >= (1 if keep else min_group)).to_series().to_list()[:60_000])
        if labels:
            return cls(labels)
        return cls((), 1, declared or _invent(counted.to_series().to_list(), seed))

    @classmethod
    def fit_context(cls, series: pl.Series, *, min_group: int, most: int) -> "LabelCodes":
        """The same for a context column, of which at most `most` labels matter."""
        counted = _counted(series)
        labels = tuple(counted.filter(counted["count"] >= min_group).to_series().to_list()[:most])
        return cls(labels, 1 if len(labels) == len(counted) else 32)

    @cached_property
    def _enum(self) -> pl.Enum:
        return pl.Enum(self.labels)

    @cached_property
    def texts(self) -> list[str | None]:
        """What comes out: NULL and the labels, or made-up texts where there are none."""
        return [None, *(self.labels or self.invented)]

    @cached_property
    def _places(self) -> dict[str | None, int]:
        return {None: 0, **{text: place for place, text in enumerate(self.labels, start=1)}}

    @cached_property
    def _texts(self) -> pl.Series:
        return pl.Series(self.texts, dtype=pl.String)

    def encode(self, series: pl.Series) -> Codes:
        """The code of each text."""
        if len(series) < _FEW and self.buckets == 1:
            return np.array([self._places.get(text, len(self.labels) + 1) for text in series.to_list()], np.uint16)
        known = series.cast(self._enum, strict=False).to_physical().cast(pl.UInt32) + 1
        codes = known.fill_null(0).to_numpy().astype(np.uint16)
        other = np.flatnonzero((codes == 0) & ~series.is_null().to_numpy())
        if len(other):
            codes[other] = len(self.labels) + 1
            if self.buckets > 1:
                texts = series.gather(other)
                different = texts.unique()
                hashes = [zlib.crc32(t.encode()) % self.buckets for t in different.to_list()]
                codes[other] += texts.replace_strict(different, hashes, return_dtype=pl.UInt16).to_numpy()
        return codes

    def places(self, codes: Codes, rng: np.random.Generator) -> npt.NDArray[np.intp]:
        """The place in `texts` of each code's text."""
        if self.labels or not self.invented:
            return np.where(codes > len(self.labels), 0, codes).astype(np.intp)
        return rng.integers(1, len(self.invented) + 1, len(codes)) * (codes > 0)

    def decode(self, name: str, codes: Codes, rng: np.random.Generator) -> pl.Series:
        """The text of each code."""
        places = self.places(codes, rng)
        if len(codes) < _FEW:  # a series of few texts is built faster than it is gathered
            texts = self.texts
            return pl.Series(name, [texts[place] for place in places.tolist()], dtype=pl.String)
        return self._texts[places].alias(name)


def _counted(series: pl.Series) -> pl.DataFrame:
    """(text, count), most frequent first, ties by text."""
    counted = series.drop_nulls().value_counts(name="count")
    return counted.sort(["count", counted.columns[0]], descending=[True, False])


def _invent(real: list[str], seed: int) -> tuple[str, ...]:
    """As many random texts of up to 8 letters, no longer than the longest real one and none of them."""
    rng = np.random.default_rng(seed)
    size = max(1, min(8, max(map(len, real), default=1)))
    count = min(max(len(real), 1), _MOST_INVENTED)
    made = {"".join(rng.choice(_ALPHABET, size)) for _ in range(count)}
    return tuple(sorted(made - set(real))) or ("?" * size,)
