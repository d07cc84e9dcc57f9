"""Frames as Parquet in a stream, in pieces. Equal rows make equal bytes, however they were cut when written."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 131_072
_ROW_GROUP_BYTES = 64 << 20
_UNIT_ROWS = 1024
# A column of many values is written faster and smaller without a dictionary: one that grows longer is given up.
_DICTIONARY_BYTES = 128 << 10


def arrow_schema(schema: pl.Schema) -> pa.Schema:
    """The Arrow schema of a polars schema."""
    return pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema


def strict_table(rows: pl.DataFrame | pa.RecordBatch | pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows in exactly this schema: columns by name, values cast without loss.

    Raises:
        ValueError: The columns are not those of the schema, or a value does not fit; names the column, no value.
    """
    if isinstance(rows, pl.DataFrame):
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    elif isinstance(rows, pa.RecordBatch):
        table = pa.Table.from_batches([rows])
    else:
        table = rows
    if sorted(table.column_names) != sorted(schema.names):
        raise ValueError(f"rows with the columns {table.column_names} do not fit the columns {schema.names}")
    columns = []
    for field in schema:
        column = table.column(field.name)
        try:
            columns.append(column if column.type == field.type else column.cast(field.type, safe=True))
        except pa.ArrowException:
            raise ValueError(
                f"column {field.name!r}: a value of type {column.type} does not fit {field.type}"
            ) from None
    return pa.Table.from_arrays(columns, schema=schema)


class FrameWriter:
    """Collects rows into row groups of 131,072, or fewer where texts are long.

    A full row group is encoded on the thread of `encoding` while the next one is collected: an error of the target then
    comes with a later row group, or on closing.

    Attributes:
        rows: Rows written so far.
    """

    def __init__(self, target: pa.NativeFile, schema: pl.Schema, *, encoding: ThreadPoolExecutor) -> None:
        self.rows = 0
        self._schema = arrow_schema(schema)
        self._writer = pq.ParquetWriter(
            target,
            self._schema,
            compression="zstd",
            compression_level=1,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
        )
        self._encoding = encoding
        self._encoded: Future[None] | None = None
        self._waiting: list[pa.Table] = []
        self._group: list[pa.Table] = []
        self._group_rows = 0
        self._group_bytes = 0

    def write(self, rows: pl.DataFrame | pa.RecordBatch | pa.Table) -> None:
        """Append rows; the columns may come in any order.

        Raises:
            ValueError: The columns are not those of the schema, or a value does not fit; names the column, no value.
        """
        table = strict_table(rows, self._schema)
        self.rows += table.num_rows
        whole = pa.concat_tables([*self._waiting, table])
        units = whole.num_rows // _UNIT_ROWS * _UNIT_ROWS
        grouped = 0
        # Only what the values themselves tell decides where a row group ends, never how they arrived.
        for end, size in zip(range(_UNIT_ROWS, units + 1, _UNIT_ROWS), self._unit_bytes(whole, units), strict=True):
            self._group_rows += _UNIT_ROWS
            self._group_bytes += size
            if self._group_rows >= ROW_GROUP_ROWS or self._group_bytes >= _ROW_GROUP_BYTES:
                group, grouped = [*self._group, whole.slice(grouped, end - grouped)], end
                self._wait()
                self._encoded = self._encoding.submit(self._encode, group)
                self._group, self._group_rows, self._group_bytes = [], 0, 0
        if grouped < units:
            self._group.append(whole.slice(grouped, units - grouped))
        self._waiting = [whole.slice(units)] if units < whole.num_rows else []

    def close(self) -> None:
        rest = [*self._group, *self._waiting]
        self._wait()
        if rest:
            self._encode(rest)
        self._writer.close()

    def _unit_bytes(self, rows: pa.Table, units: int) -> list[int]:
        """Bytes of texts and binaries in every 1,024 of the first `units` rows."""
        found = np.zeros(units, dtype=np.int64)
        for name, dtype in zip(self._schema.names, self._schema.types, strict=True):
            if pa.types.is_large_string(dtype) or pa.types.is_large_binary(dtype):
                found += pc.fill_null(pc.binary_length(rows.column(name).slice(0, units)), 0).to_numpy()
        return cast(list[int], found.reshape(-1, _UNIT_ROWS).sum(axis=1).tolist())

    def _encode(self, group: list[pa.Table]) -> None:
        # One contiguous chunk a column: the encoder's pages then do not depend on how the rows arrived.
        self._writer.write_table(pa.concat_tables(group).combine_chunks(), row_group_size=ROW_GROUP_ROWS)

    def _wait(self) -> None:
        if self._encoded is not None:
            self._encoded.result()


class FrameReader:
    """Reads the columns that are asked for."""

    def __init__(self, source: pa.NativeFile) -> None:
        self._file = pq.ParquetFile(source)

    @property
    def rows(self) -> int:
        return int(self._file.metadata.num_rows)

    @property
    def schema(self) -> pl.Schema:
        return _frame(self._file.schema_arrow.empty_table()).schema

    def read(self, columns: Sequence[str] | None) -> pl.DataFrame:
        table = self._file.read(columns=None if columns is None else self._known(columns), use_threads=True)
        frame = _frame(table)
        return frame if columns is None else frame.select(columns)

    def batches(self, columns: Sequence[str] | None, rows: int) -> Iterator[pl.DataFrame]:
        wanted = None if columns is None else self._known(columns)
        waiting: list[pa.RecordBatch] = []
        # pyarrow may cut a batch short at the end of a row group: collect until it is full.
        for batch in self._file.iter_batches(batch_size=rows, columns=wanted):
            waiting.append(batch)
            while sum(b.num_rows for b in waiting) >= rows:
                whole = pa.Table.from_batches(waiting).combine_chunks()
                yield self._select(whole.slice(0, rows), columns)
                waiting = whole.slice(rows).to_batches()
        if sum(b.num_rows for b in waiting):
            yield self._select(pa.Table.from_batches(waiting), columns)

    def _select(self, table: pa.Table, columns: Sequence[str] | None) -> pl.DataFrame:
        frame = _frame(table)
        return frame if columns is None else frame.select(columns)

    def _known(self, columns: Sequence[str]) -> list[str]:
        missing = [name for name in columns if name not in self._file.schema_arrow.names]
        if missing:
            raise KeyError(f"no such columns in the frame: {missing}")
        return list(columns)


def _frame(table: pa.Table) -> pl.DataFrame:
    return cast(pl.DataFrame, pl.from_arrow(table))
