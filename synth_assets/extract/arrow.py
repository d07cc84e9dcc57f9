"""From the Arrow batches of a driver to frames of exactly the types that were foreseen."""

from typing import cast

import polars as pl
import pyarrow as pa

from synth_assets.extract.errors import ValueUnreadable


def frame_of(batch: pa.RecordBatch, *, table: str, schema: pl.Schema) -> pl.DataFrame:
    """The rows of a batch whose columns are those of the schema, in its order.

    Raises:
        ValueUnreadable: A value is none of its column's type.
    """
    columns = []
    for (name, dtype), array in zip(schema.items(), batch.columns, strict=True):
        values = cast(pl.Series, pl.from_arrow(array))
        try:
            columns.append(values.cast(dtype, strict=True).alias(name))
        except pl.exceptions.PolarsError:
            raise ValueUnreadable(table, name, f"it is no {dtype}") from None
    return pl.DataFrame(columns)
