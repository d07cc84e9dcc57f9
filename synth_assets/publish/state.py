"""What a target says about itself before anything is written to it."""

from dataclasses import dataclass

from synth_assets.catalog.identity import ServerIdentity
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.marker import Marker


@dataclass(frozen=True)
class TargetState:
    """Read on the publishing connection itself.

    Attributes:
        tables: Tables of the schema to be published, our own bookkeeping left out.
        all_tables: Tables of every schema of the database, `schema.table` where there are schemas.
        entries: The ledger of this schema, newest first.
    """

    identity: ServerIdentity
    marker: Marker | None
    tables: frozenset[str]
    all_tables: frozenset[str]
    entries: tuple[LedgerEntry, ...]
