"""What a publisher is asked to publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from synth_assets.catalog.model import Catalog
from synth_assets.store.tables import TableRows

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class PublishRequest:
    """One dataset on its way into one target.

    Attributes:
        target: The target's name in resources/.
        catalog: The source's catalog, published tables and keys only.
        tables: The rows by table, exactly the catalog's tables.
        snapshot: What the rows were learned from, for the ledger.
        verdict: Signature of the verdict that lets these rows through, for the ledger.
        patience: Seconds to wait for locks that others hold.
    """

    target: str
    dataset: str
    refresh: str
    fingerprint: str
    catalog: Catalog
    tables: Mapping[str, TableRows]
    snapshot: str | None
    verdict: str
    patience: float
    progress: Progress | None = field(default=None, compare=False)

    @property
    def counts(self) -> dict[str, int]:
        return {name: self.tables[name].rows for name in self.catalog.table_names}
