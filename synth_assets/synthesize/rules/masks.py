"""Masks: all characters of a value covered but the first or last few."""

from collections.abc import Mapping

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Value


class Mask(Value):
    """How to mask. A value that is no longer than what would be kept is covered as a whole."""

    keep_first: int = 0
    keep_last: int = 0
    cover: str = "*"

    @classmethod
    def of(cls, options: Mapping[str, JsonValue]) -> "Mask":
        known = {"with": "cover"}
        return cls.model_validate({known.get(name, name): value for name, value in options.items()})

    def apply(self, values: pl.Series) -> pl.Series:
        """Masked texts of the same lengths; null stays null."""
        text = pl.col("text")
        length = text.str.len_chars().cast(pl.Int64)
        kept = self.keep_first + self.keep_last
        is_long = length > kept
        first = pl.when(is_long).then(text.str.head(self.keep_first)).otherwise(pl.lit(""))
        last = pl.when(is_long).then(text.str.tail(self.keep_last)).otherwise(pl.lit(""))
        covered = pl.when(is_long).then(length - kept).otherwise(length)
        cover = pl.lit(self.cover).repeat_by(covered).list.join("")
        masked = pl.when(text.is_not_null()).then(pl.concat_str(first, cover, last))
        return values.cast(pl.String).alias("text").to_frame().select(masked.alias("masked"))["masked"]
