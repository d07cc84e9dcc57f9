"""A request without rows: what is asked of a target before there are any."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from synth_assets.catalog.frames import MOST_DECIMAL_DIGITS, polars_type
from synth_assets.catalog.model import Catalog, Column, Kind, Table
from synth_assets.publish.request import PublishRequest
from synth_assets.store.parquet import ROW_GROUP_ROWS

# Decimals whose digits only rows tell: no target refuses these.
_ANY_DECIMAL = pl.Decimal(MOST_DECIMAL_DIGITS, 0)


class NoRows:
    """A table without rows, whose columns have the types that its schema tells."""

    rows = 0
    formats: Mapping[str, str] = {}

    def __init__(self, table: Table) -> None:
        self.schema = pl.Schema({column.name: _dtype(column) for column in table.columns if column.generated is None})

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS) -> Iterator[pl.DataFrame]:
        del columns, rows
        return iter(())


def request_without_rows(*, target: str, dataset: str, catalog: Catalog) -> PublishRequest:
    """What preflight is asked with before anything was read. It is never staged.

    Args:
        target: The target's name in resources/.
        catalog: The source's; published tables and the keys among them only.
    """
    return PublishRequest(
        target=target,
        dataset=dataset,
        refresh="",
        fingerprint="",
        catalog=catalog,
        tables={table.name: NoRows(table) for table in catalog.tables},
        snapshot=None,
        verdict="",
        patience=0.0,
    )


def _dtype(column: Column) -> pl.DataType:
    dtype = polars_type(column.type)
    return _ANY_DECIMAL if column.type.kind is Kind.DECIMAL and dtype == pl.String else dtype
