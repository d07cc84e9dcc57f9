"""What publishing asks of a database family."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

from synth_assets.catalog.model import Catalog
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.marker import Marker
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.staged_rows import StagedRows
from synth_assets.publish.state import TargetState


class Publisher(Protocol):
    """One open target. The steps are called in the order in which they stand here.

    Until `swap` no step changes what a reader of the target sees. Every method raises errors of
    `synth_assets.publish.errors` only, none of which holds a value of a row.
    """

    @property
    def notes(self) -> Sequence[str]:
        """What differs from the source, a line each, for people."""
        ...

    @property
    def keeps_others_away(self) -> bool:
        """Whether `lock` does what it says: not where a database has no locks that are known."""
        ...

    def state(self) -> TargetState:
        """What the target says about itself; writes nothing."""
        ...

    def mark(self, marker: Marker) -> None:
        """Write the mark of authorization."""
        ...

    def lock(self, dataset: str, *, patience: float) -> None:
        """Keep other publications away until `close`; waits at most `patience` seconds, then TargetBusy."""
        ...

    def clean(self) -> Sequence[str]:
        """Remove leftovers of publications that died: only what bears our naming and whose lock is free."""
        ...

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        """Every reason why the target cannot take the dataset; an empty sequence lets it pass to the steps below."""
        ...

    def warnings(self, tables: Collection[str]) -> Sequence[str]:
        """What rows may be refused for that schemas do not tell, a line each.

        Args:
            tables: Those to be published.
        """
        ...

    def live_catalog(self) -> Catalog:
        """The tables of the schema to be published, ours left out, as the database itself describes them."""
        ...

    def published_shape(self, fingerprint: str) -> Catalog | None:
        """What a publication left, by the fingerprint in its ledger entry; None if it is not known."""
        ...

    def stage(self) -> None:
        """Load all rows beside the live tables, then keys, indexes, constraints and sequences."""
        ...

    def audit(self) -> Sequence[str]:
        """What differs between the staged tables and what was sent, by the database's own word."""
        ...

    def staged_rows(self) -> AbstractContextManager[StagedRows | None]:
        """The staged tables for SQLAlchemy to read, by nothing that could write; None if their SQL is not known.

        Raises:
            DatabaseFailed: When the block ends, if the connection was lost within it.
        """
        ...

    def staged_catalog(self) -> Catalog:
        """The staged tables as the database itself describes them."""
        ...

    def swap(self, shape: Catalog) -> LedgerEntry:
        """Make the staged tables the live ones in one atomic step, together with the ledger's entry.

        Args:
            shape: What the staged tables are, to be known by the ledger's entry.
        """
        ...

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        """Make the kept tables of the previous refresh live again, in one atomic step."""
        ...

    def close(self) -> None:
        """Release the lock and the connection."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...
