"""The column that generated values must fit into."""

from dataclasses import dataclass

import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.model import Column, DataType, Kind

_MOST_DIGITS = {8: 2, 16: 4, 32: 9, 64: 18}


@dataclass(frozen=True)
class Target:
    """One column of one table.

    Attributes:
        dtype: The polars type of the column in the rows of the snapshot, which is what comes out.
        unique: No two rows may share a value.
        code_length: Characters of the source's longest value, where all are as short as codes; otherwise None.
    """

    table: str
    column: str
    type: DataType
    dtype: pl.DataType
    nullable: bool
    unique: bool
    code_length: int | None = None

    @classmethod
    def of(
        cls,
        column: Column,
        *,
        table: str,
        dtype: pl.DataType | None,
        unique: bool,
        code_length: int | None = None,
    ) -> "Target":
        return cls(
            table=table,
            column=column.name,
            type=column.type,
            dtype=polars_type(column.type) if dtype is None or dtype == pl.Null else dtype,
            nullable=column.nullable,
            unique=unique,
            code_length=code_length,
        )

    @property
    def length(self) -> int | None:
        """Most characters of a text; None if there is no bound."""
        return self.type.length if self.type.kind is Kind.TEXT else None

    @property
    def looks(self) -> int | None:
        """Most characters that a value should have: the column's length, or less where the source has codes."""
        return self.length if self.code_length is None else min(self.code_length, self.length or self.code_length)

    @property
    def is_numeric(self) -> bool:
        return self.dtype.is_numeric()

    @property
    def most_digits(self) -> int | None:
        """Most digits that any whole number of the column may have; None where it is no number."""
        if self.type.kind is Kind.DECIMAL and self.type.precision is not None:
            return self.type.precision - (self.type.scale or 0)
        if self.type.kind is Kind.FLOAT:
            return 6 if self.type.bits == 32 else 15
        return _MOST_DIGITS.get(self.type.bits or 64) if self.is_numeric else None

    def fit(self, texts: pl.Series) -> pl.Series:
        """Texts cut to the column: to its length, or to the digits of a number."""
        if self.is_numeric:
            digits = texts.str.replace_all(r"\D", "").str.tail(self.most_digits or 18).str.strip_chars_start("0")
            return digits.replace("", "0")
        if self.length is None:
            return texts
        return texts.str.head(self.length).str.strip_chars_end()

    def cast(self, values: pl.Series) -> pl.Series:
        """Fitted values as the column's own polars type."""
        if values.dtype == self.dtype:
            return values
        if self.dtype == pl.String and values.dtype == pl.Datetime:
            return values.dt.to_string("%Y-%m-%d %H:%M:%S")
        if self.dtype == pl.String and values.dtype == pl.Time:
            return values.dt.to_string("%H:%M:%S")
        if values.dtype == pl.Date and isinstance(self.dtype, pl.Datetime) and self.dtype.time_zone:
            return values.cast(pl.Datetime("us")).dt.replace_time_zone(self.dtype.time_zone)
        if isinstance(values.dtype, pl.Datetime) and isinstance(self.dtype, pl.Datetime) and self.dtype.time_zone:
            return values.dt.replace_time_zone(self.dtype.time_zone)
        return values.cast(self.dtype)
