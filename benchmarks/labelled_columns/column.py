"""One labelled column, as the product would meet it."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from synth_assets.catalog.model import Column, DataType, Kind

ROWS = 300
MEANINGLESS_TABLE = "t_0815"
TEXT = DataType(kind=Kind.TEXT, native="text")
BIGINT = DataType(kind=Kind.INTEGER, native="bigint", bits=64)
DATE = DataType(kind=Kind.DATE, native="date")
DOUBLE = DataType(kind=Kind.FLOAT, native="double precision", bits=64)


@dataclass(frozen=True)
class LabelledColumn:
    """A column and what it holds.

    Attributes:
        kind: A key of PERSONAL_KINDS; None where it holds nothing personal.
        path: Of a JSON column, the path that the label is of.
    """

    table: str
    column: Column
    values: pl.Series
    kind: str | None
    path: str | None = None

    @property
    def shown(self) -> str:
        return f"{self.table}.{self.column.name}{self.path or ''}"


def labelled(
    kind: str | None,
    name: str,
    make: Callable[[], object],
    *,
    table: str = MEANINGLESS_TABLE,
    data_type: DataType = TEXT,
    comment: str | None = None,
    rows: int = ROWS,
) -> LabelledColumn:
    """A column of `rows` values of `make`."""
    made = [make() for _ in range(rows)]
    texts = made if data_type is not TEXT else [None if value is None else str(value) for value in made]
    return LabelledColumn(table, Column(name=name, type=data_type, comment=comment), pl.Series(name, texts), kind)
