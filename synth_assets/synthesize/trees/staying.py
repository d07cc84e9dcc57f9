"""Labels that are mostly those of the row before: whether one stays, and what it becomes where it does not.

Rows whose label changes are few, and each label is begun a few times only: what goes with which label (a team with its
park) is said by all rows. Where that tells more of the labels that are begun than the rows do that begin one, the new
label is learned from all rows, without a look at the row before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.scale import Codes, Mask

CHANGES, STAYS = 1, 2
REDRAWN = 4  # times at most that a label is drawn again which is to change and is the one before


@dataclass(frozen=True)
class StayingLabels:
    """The coding of a column of labels, two parts: 0 NULL, 1 another label than before, 2 the same; and the label.

    Attributes:
        previous: The column of the context that holds the label of the row before.
    """

    labels: LabelCodes
    previous: str

    def encode(self, series: pl.Series, before: pl.Series) -> list[Codes]:
        """The codes of labels, with those of the rows before them."""
        state = pl.select(pl.when(series.eq(before).fill_null(value=False)).then(STAYS).otherwise(CHANGES)).to_series()
        state = state.cast(pl.UInt16).set(series.is_null(), 0)
        return [state.to_numpy(), self.labels.encode(series)]

    def decode(self, name: str, codes: Sequence[Codes], before: pl.Series, rng: np.random.Generator) -> pl.Series:
        """The label of each row, given those of the rows before them."""
        stays = self.stay(codes, self.labels.encode(before))
        return before.zip_with(pl.Series(stays), self.labels.decode(name, codes[1], rng)).alias(name)

    def stay(self, codes: Sequence[Codes], before: npt.NDArray[np.integer[Any]]) -> Mask:
        """Which rows have the label before, whose codes are given; -1 for one that has no code."""
        state, labels = codes
        # Where another column decides the label, it is what that one says, whatever the state.
        stays: Mask = (state == STAYS) & ((labels == before) | (labels > len(self.labels.labels)))
        return stays

    def codes_of(self, context: LabelCodes) -> Codes:
        """The code of the label that each code of the context's column stands for; that of no label if for none."""
        known = self._places
        unknown = len(self.labels.labels) + 1
        table = np.full(context.count + 1, unknown, np.uint16)
        table[0] = 0
        table[1 : len(context.labels) + 1] = [known.get(label, unknown) for label in context.labels]
        return table

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: place for place, label in enumerate(self.labels.labels, start=1)}


@dataclass(frozen=True)
class Staying:
    """How a part of labels follows the row before.

    Attributes:
        state: The part that says whether it does.
        previous: The part of the context that holds the label before.
        labels: The part's own code for each code of that one; 0 for NULL, the highest for labels that have none.
        told_by_all: Whether what it becomes is learned from all rows; a label then stays only where some have it.
    """

    state: int
    previous: int
    labels: Codes
    told_by_all: bool = False

    @property
    def unknown(self) -> int:
        """The code of labels that have none of their own."""
        return int(self.labels.max())

    def of_places(self, to: npt.NDArray[np.intp]) -> "Staying":
        """The same when the parts have other places."""
        return replace(self, state=int(to[self.state]), previous=int(to[self.previous]))

    def before(self, matrix: Codes) -> Codes:
        """The part's code for the label before each row of the (columns, rows) matrix."""
        codes: Codes = self.labels.take(matrix[self.previous])
        return codes
