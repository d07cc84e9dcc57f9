"""Rows as 64-bit keys: equal rows have equal keys, and so have rows equal but for one column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import Array, as_text


def column_keys(frames: Sequence[pl.DataFrame], columns: Sequence[str]) -> list[Array]:
    """A key of every value, uint64 of shape (columns, rows) for each frame; NULL equals NULL.

    A column whose type is not the same in all frames is compared as text. Keys of one call go together.
    """
    keys = [np.empty((len(columns), frame.height), dtype=np.uint64) for frame in frames]
    for place, name in enumerate(columns):
        alike = len({frame.schema[name] for frame in frames}) == 1
        for key, frame in zip(keys, frames, strict=True):
            key[place] = (frame[name] if alike else as_text(frame[name])).hash(seed=place + 1).to_numpy()
    return keys


def row_keys(values: Array) -> Array:
    """Keys of rows from those of their values: their sum, from which any column can be taken away again."""
    keys: Array = values.sum(axis=0, dtype=np.uint64)
    return keys


def times(keys: Array, among: Array) -> Array:
    """How often each key occurs among others, int64 of the shape of `keys`."""
    known, counts = np.unique(among, return_counts=True)
    if not len(known):
        return np.zeros(len(keys), dtype=np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    found: Array = np.where(known[place] == keys, counts[place], 0)
    return found


@dataclass(frozen=True)
class Families:
    """Families of rows, each with one key for all of its rows, in whatever order.

    Attributes:
        keys: uint64 of shape (families,).
        rows: Of each family.
        entities: That each family hangs on.
    """

    keys: Array
    rows: Array
    entities: Array

    @classmethod
    def of(cls, rows: Array, parents: Array, entities: Array) -> "Families":
        """From the keys of rows, of their parents, and the rows' entities; each of shape (rows,)."""
        _, first, family, count = np.unique(parents, return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(family, kind="stable")
        starts = np.cumsum(count) - count
        keys = np.add.reduceat(_scrambled(rows)[order], starts) if len(rows) else rows
        return cls(keys, count, entities[first])

    def of_several(self) -> "Families":
        """The families of two rows and more."""
        several = self.rows > 1
        return Families(self.keys[several], self.rows[several], self.entities[several])


def _scrambled(keys: Array) -> Array:
    """Keys whose sums differ when the keys do: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""
    mixed = keys
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    scrambled: Array = mixed ^ (mixed >> np.uint64(31))
    return scrambled
