"""What was sent: rows, NULLs and extremes of a table, to be compared with what the database then holds."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import polars as pl

from synth_assets.catalog.sql_text import quoted

Extreme = int | Decimal | datetime.date


@dataclass
class TableMeasure:
    """Filled batch by batch while rows are sent.

    Attributes:
        nulls: NULLs by column.
        extremes: Least and greatest value by column, for integers, decimals and dates: what reads back exactly.
    """

    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    extremes: dict[str, tuple[Extreme, Extreme]] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame) -> None:
        self.rows += frame.height
        for column in frame.iter_columns():
            self.nulls[column.name] = self.nulls.get(column.name, 0) + column.null_count()
            if not (column.dtype.is_integer() or column.dtype.is_decimal() or column.dtype == pl.Date):
                continue
            # Years that Python's dates do not have make an OverflowError of an ordinary minimum.
            if column.dtype == pl.Date and not _python_dates(column):
                self.extremes.pop(column.name, None)
                continue
            least, greatest = cast(Any, column.min()), cast(Any, column.max())
            if least is None or greatest is None:
                continue
            known = self.extremes.get(column.name, (least, greatest))
            self.extremes[column.name] = (min(known[0], least), max(known[1], greatest))

    @property
    def asked(self) -> list[str]:
        """What a SELECT of the loaded table must name, so that `differences` can compare its one row."""
        return [
            "count(*)",
            *(f"count({quoted(column)})" for column in self.nulls),
            *(f"{word}({quoted(column)})" for column in self.extremes for word in ("min", "max")),
        ]

    def differences(self, table: str, answer: Sequence[Any], *, expected: int) -> list[str]:
        """What is there otherwise than it was sent, a line each, by the answer to what was `asked`.

        Args:
            expected: Rows that were to be published.
        """
        there, rest = answer[0], answer[1:]
        found = []
        if not there == self.rows == expected:
            found.append(f"{table}: {expected} rows to publish, {self.rows} sent, {there} there.")
        for (column, nulls), filled in zip(self.nulls.items(), rest, strict=False):
            if there - filled != nulls:
                found.append(f"{table}.{column}: {nulls} NULLs sent, {there - filled} there.")
        ends = rest[len(self.nulls) :]
        for position, (column, sent) in enumerate(self.extremes.items()):
            pair = tuple(ends[2 * position : 2 * position + 2])
            # A column that is declared as text turns numbers into texts, whose order is another.
            if not any(isinstance(value, str) for value in pair) and pair != sent:
                found.append(f"{table}.{column}: the least or the greatest value there is not the one sent.")
        return found


def _python_dates(column: pl.Series) -> bool:
    days = column.to_physical()
    least, greatest = cast(int | None, days.min()), cast(int | None, days.max())
    first, last = ((day - datetime.date(1970, 1, 1)).days for day in (datetime.date.min, datetime.date.max))
    return least is None or greatest is None or (least >= first and greatest <= last)
