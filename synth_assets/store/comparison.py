"""What people look at of both sides: counts in bars, how columns go together, children of parents. No single value.

It is measured while the snapshot is there, and kept when the snapshot is gone: for the report, and for the next
refresh to see what has changed in the source since.
"""

from functools import cached_property

from pydantic import Field

from synth_assets.catalog.model import ForeignKey, Value
from synth_assets.store.digest import digest
from synth_assets.store.store import Artifact, ArtifactKey, Store

STAGE = "comparison"
_FILE = "comparison.json"


class Bar(Value):
    """One bar of a distribution, on both sides."""

    label: str = Field(description="A range, or a value that at least min_group source rows share.")
    source: float = Field(description="Share of the source's rows; at least min_group rows, or none.")
    synthetic: float = Field(description="Share of the synthetic rows.")


class Bins(Value):
    """How rows are sorted into bars, so that those of the next refresh can be sorted in the same way."""

    edges: tuple[float, ...] = Field(default=(), description="Inner edges of ranges, ascending; each opens its range.")
    values: tuple[str, ...] = Field(default=(), description="Values with a bar of their own.")


class ColumnComparison(Value):
    """The distribution of one learned column."""

    column: str
    bars: tuple[Bar, ...]
    bins: Bins
    moved: float | None = Field(
        default=None, description="Share of the source's rows in another bar than at the last refresh; None: not known."
    )


class PairComparison(Value):
    """How strongly each pair of columns goes together: Cramér's V, 0 to 1; matrices in the columns' order."""

    columns: tuple[str, ...]
    source: tuple[tuple[float, ...], ...]
    synthetic: tuple[tuple[float, ...], ...]


class KeyComparison(Value):
    """How many rows refer to each parent row by one key."""

    key: ForeignKey
    check: str = Field(description="What the names of this key's checks end in.")
    bars: tuple[Bar, ...] = Field(
        description="Shares of parent rows by their number of children; empty where the two sides are not compared."
    )


class TableComparison(Value):
    """One published table."""

    table: str
    source_rows: int | None = Field(description="None where the source's rows are not read, or must not be looked at.")
    synthetic_rows: int
    columns: tuple[ColumnComparison, ...] = ()
    pairs: PairComparison | None = None
    keys: tuple[KeyComparison, ...] = ()

    def column(self, name: str) -> ColumnComparison | None:
        return self._columns.get(name)

    @cached_property
    def _columns(self) -> dict[str, ColumnComparison]:
        return {column.column: column for column in self.columns}


class Comparison(Value):
    """All published tables of one dataset at one refresh."""

    dataset: str
    refresh: str
    tables: tuple[TableComparison, ...]

    def table(self, name: str) -> TableComparison | None:
        return self._tables.get(name)

    @cached_property
    def _tables(self) -> dict[str, TableComparison]:
        return {table.table: table for table in self.tables}


def save_comparison(store: Store, comparison: Comparison, *, fingerprint: str) -> Artifact:
    """Keep a comparison.

    Args:
        fingerprint: Of the synthetic rows compared.
    """
    key = ArtifactKey(comparison.dataset, STAGE, None, digest(comparison.refresh, fingerprint))
    with store.create(key, refresh=comparison.refresh) as draft:
        draft.folder.write_json(_FILE, comparison.model_dump(mode="json"))
    return draft.artifact


def load_comparison(store: Store, dataset: str, *, refresh: str) -> Comparison | None:
    """The newest kept comparison of a refresh; None if there is none."""
    own = [artifact for artifact in store.artifacts(dataset, stage=STAGE) if artifact.refresh == refresh]
    return _read(own[-1]) if own else None


def comparison_before(store: Store, dataset: str, *, refresh: str) -> Comparison | None:
    """The newest kept comparison of another refresh; None if there is none."""
    others = [artifact for artifact in store.artifacts(dataset, stage=STAGE) if artifact.refresh != refresh]
    return _read(others[-1]) if others else None


def _read(artifact: Artifact) -> Comparison:
    return Comparison.model_validate(artifact.folder.read_json(_FILE))
