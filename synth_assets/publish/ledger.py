"""The ledger: what was published when, kept in the target and written in the same step as the rows."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import Field

from synth_assets.catalog.model import Catalog, Value
from synth_assets.publish.errors import NothingToRollBack
from synth_assets.publish.request import PublishRequest

SQLITE_TABLE = "synth_assets_ledger"
SHAPE_TABLE = "synth_assets_shape"  # in SQLite, MariaDB and MySQL
POSTGRES_TABLE = "ledger"
POSTGRES_SHAPE_TABLE = "shape"


class LedgerEntry(Value):
    """One publication or rollback."""

    publication: str = Field(description="Unique; tells whether a commit whose answer was lost came through.")
    dataset: str
    namespace: str = Field(description="The target's schema; empty in SQLite.")
    action: str = Field(description="'publish' or 'rollback'.")
    refresh: str = Field(description="Live from here on.")
    previous: str | None = Field(default=None, description="The refresh kept to roll back to.")
    fingerprint: str
    snapshot: str | None = Field(default=None, description="What the rows were learned from.")
    verdict: str = Field(description="Signature of the verdict that let the rows through.")
    published_at: datetime
    published_by: str = Field(description="The database's user, or the operating system's for a file.")
    counts: dict[str, int] = Field(description="Rows by table.")
    shape: str = Field(description="Fingerprint of the tables' definitions as they were made; kept beside the ledger.")

    @classmethod
    def of_texts(cls, values: Mapping[str, Any]) -> Self:
        """From columns of a database that keeps times and counts as text."""
        read = {
            "counts": json.loads(values["counts"]),
            "published_at": datetime.fromisoformat(values["published_at"]),
        }
        return cls(**{**values, **read})

    def as_texts(self) -> dict[str, Any]:
        """The columns for such a database."""
        return self.model_dump(mode="json") | {"counts": json.dumps(self.counts)}


COLUMNS = tuple(LedgerEntry.model_fields)


def published(request: PublishRequest, *, namespace: str, previous: str | None, by: str, shape: Catalog) -> LedgerEntry:
    """The entry of a publication that is about to become live.

    Args:
        previous: The refresh that it replaces and that is kept.
        by: Who publishes; a server puts its own user in its place.
        shape: The tables as they were made.
    """
    return LedgerEntry(
        publication=secrets.token_hex(16),
        dataset=request.dataset,
        namespace=namespace,
        action="publish",
        refresh=request.refresh,
        previous=previous,
        fingerprint=request.fingerprint,
        snapshot=request.snapshot,
        verdict=request.verdict,
        published_at=datetime.now(UTC),
        published_by=by,
        counts=request.counts,
        shape=shape.fingerprint,
    )


def to_roll_back(live: LedgerEntry | None, *, target: str, dataset: str) -> LedgerEntry:
    """The live entry, which names the refresh before.

    Raises:
        NothingToRollBack: nothing is live, or it was the first.
    """
    if live is None or live.previous is None:
        raise NothingToRollBack(target, dataset, "no earlier refresh is kept")
    return live


def rolled_back(live: LedgerEntry, entries: Sequence[LedgerEntry], *, by: str) -> LedgerEntry:
    """The entry that makes the refresh before the live one live again; `entries` stand with the newest first."""
    then = next(entry for entry in entries if entry.dataset == live.dataset and entry.refresh == live.previous)
    return then.model_copy(
        update={
            "publication": secrets.token_hex(16),
            "action": "rollback",
            "previous": live.refresh,
            "published_at": datetime.now(UTC),
            "published_by": by,
        }
    )


def live_entries(entries: Iterable[LedgerEntry]) -> dict[str, LedgerEntry]:
    """What is live of each dataset, from entries with the newest first."""
    live: dict[str, LedgerEntry] = {}
    for entry in entries:
        live.setdefault(entry.dataset, entry)
    return live


def made_by(entries: Iterable[LedgerEntry]) -> Mapping[str, str]:
    """The dataset whose refresh made a table, for every live table."""
    return {table: entry.dataset for entry in live_entries(entries).values() for table in entry.counts}
