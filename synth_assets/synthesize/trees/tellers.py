"""What rows are told of those before them in their family, beyond the values of the one before."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.months import Side, in_month
from synth_assets.synthesize.trees.columns import ColumnCodes, Numbers
from synth_assets.synthesize.trees.scale import Codes, Floats

Rows = npt.NDArray[np.int64]


class Teller(Protocol):
    """What tells of rows before."""

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        """The codes under which a column of the context knows these rows."""


class _Plain(Protocol):
    def plain(self, at: Rows) -> Floats: ...


class _Labels(Protocol):
    def by_label(self, number_of: Callable[[pl.Series], Floats]) -> Callable[[Rows], Floats]: ...


class _Steps(Protocol):
    def days(self, at: Rows) -> Rows: ...

    def since(self, at: Rows) -> Rows: ...


class MonthBefore:
    """Where in its month a date of the row before lies."""

    def __init__(self, column: _Steps, side: Side) -> None:
        self._column, self._side = column, side

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        assert isinstance(context.coding, Numbers)  # noqa: S101 (of a number)
        days = in_month(self._column.days(at), self._side).astype(np.float64)
        return context.coding.encode_values(days, np.zeros(len(at), np.bool_))


class GapBefore:
    """How far the row before is from the one before that; not known of second rows."""

    def __init__(self, column: _Steps, starts: Rows, rows: int) -> None:
        self._column, self._first = column, np.zeros(rows, np.bool_)
        self._first[starts] = True

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        assert isinstance(context.coding, Numbers)  # noqa: S101 (of a number)
        first = self._first[at]
        return context.coding.encode_values(np.where(first, 0, self._column.since(at)).astype(np.float64), first)


class ShareBefore:
    """Which rows have a label, as a number."""

    def __init__(self, labels: _Labels, label: str) -> None:
        self.plain = labels.by_label(lambda labels: labels.eq(label).fill_null(value=False).cast(pl.Float64).to_numpy())


class MeanBefore:
    """The mean of a column over all rows of a family so far."""

    def __init__(self, column: _Plain, starts: Rows, rows: int) -> None:
        self._column = column
        self._sums, self._counts = np.zeros(rows), np.zeros(rows)
        self._add(starts)

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        assert isinstance(context.coding, Numbers)  # noqa: S101 (a mean is a number)
        counts = self._counts[at]
        return context.coding.encode_values(self._sums[at] / np.maximum(counts, 1), counts == 0)

    def add(self, at: Rows) -> None:
        """Take in rows just drawn."""
        self._sums[at], self._counts[at] = self._sums[at - 1], self._counts[at - 1]
        self._add(at)

    def _add(self, at: Rows) -> None:
        values = self._column.plain(at)
        there = ~np.isnan(values)
        self._sums[at] += np.where(there, values, 0.0)
        self._counts[at] += there
