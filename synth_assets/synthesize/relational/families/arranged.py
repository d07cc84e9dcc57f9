"""Rows sorted by parent and order."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.matching import Rows, rank_within

POSITION = "#position"
LAST = "#last"


@dataclass(frozen=True)
class Arranged:
    """Rows sorted by parent and order.

    Attributes:
        order: Row numbers in the sorted order.
        position: Position among siblings of each sorted row.
    """

    order: Rows
    position: Rows

    @property
    def last(self) -> npt.NDArray[np.bool_]:
        """Whether no sibling comes after each sorted row."""
        last: npt.NDArray[np.bool_] = np.ones(len(self.position), dtype=np.bool_)
        last[:-1] = self.position[1:] == 0
        return last

    @classmethod
    def by(cls, parents: Rows, values: pl.Series) -> "Arranged":
        keys = values.to_physical().cast(pl.Int64).fill_null(np.iinfo(np.int64).min).to_numpy()
        order = np.lexsort((np.arange(len(parents)), keys, parents))
        return cls(order, rank_within(parents[order]))
