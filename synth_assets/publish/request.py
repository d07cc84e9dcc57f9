"""What a publisher is asked to publish."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from synth_assets.catalog.model import Catalog
from synth_assets.store.parquet import ROW_GROUP_ROWS

Progress = Callable[[str, int], None]


class Rows(Protocol):
    """The rows of one table, read as they are needed: see `synth_assets.store.tables.TableRows`."""

    @property
    def rows(self) -> int: ...

    @property
    def formats(self) -> Mapping[str, str]: ...

    @property
    def schema(self) -> pl.Schema: ...

    def batches(
        self, *, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS
    ) -> Iterator[pl.DataFrame]: ...


@dataclass(frozen=True)
class PublishRequest:
    """One dataset on its way into one target.

    Attributes:
        target: The target's name in resources/.
        catalog: What is to be made: the source's catalog, published tables and keys only; with `ddl: match` that of
            the target, whose keys may lead to tables that stay where they are.
        tables: The rows by table, exactly the catalog's tables.
        snapshot: What the rows were learned from, for the ledger.
        verdict: Signature of the verdict that lets these rows through, for the ledger.
        patience: Seconds to wait for locks that others hold.
        by_default: Columns by table that the target fills itself, by default or with NULL.
    """

    target: str
    dataset: str
    refresh: str
    fingerprint: str
    catalog: Catalog
    tables: Mapping[str, Rows]
    snapshot: str | None
    verdict: str
    patience: float
    by_default: Mapping[str, Collection[str]] = field(default_factory=dict)
    progress: Progress | None = field(default=None, compare=False)

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table that are sent, in its order; the target fills or computes the others."""
        left = self.by_default.get(table, ())
        return tuple(
            column.name
            for column in self.catalog.table(table).columns
            if column.generated is None and column.name not in left
        )

    @property
    def counts(self) -> dict[str, int]:
        return {name: self.tables[name].rows for name in self.catalog.table_names}
