"""Publishing into PostgreSQL: a new schema beside the live one, whose tables change places in one transaction."""

import contextlib
import time
from collections.abc import Sequence
from typing import Self

from synth_assets.catalog.errors import DatabaseError
from synth_assets.catalog.identity import server_identity
from synth_assets.failpoints import reached
from synth_assets.publish import postgres_schema
from synth_assets.publish.errors import DatabaseFailed, NothingToRollBack, OutcomeUnknown, PublishError, TargetBusy
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, live_entries, published, rolled_back
from synth_assets.publish.marker import Marker
from synth_assets.publish.naming import dropped_schema, leftover_key, lock_key, previous_schema
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import outside_dependents
from synth_assets.publish.postgres_ledger import read_ledger, read_marker, write_marker
from synth_assets.publish.postgres_preflight import preflight
from synth_assets.publish.postgres_schema import Standing, drop_schema, schema_exists, schemas, standing
from synth_assets.publish.postgres_stage import PostgresStage
from synth_assets.publish.postgres_swap import swap
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.state import TargetState

DEFAULT_NAMESPACE = "public"
SETTLE_SECONDS = 30.0


class PostgresPublisher:
    """One PostgreSQL database as a target. See `synth_assets.publish.protocol.Publisher`."""

    def __init__(self, url: str, *, namespace: str | None) -> None:
        self._url = url
        self._connection = PostgresConnection(url)
        self._namespace = namespace or DEFAULT_NAMESPACE
        self._key: int | None = None
        self._stage: PostgresStage | None = None
        self._notes: list[str] = []

    @property
    def notes(self) -> Sequence[str]:
        return tuple(self._notes)

    def state(self) -> TargetState:
        return TargetState(
            identity=server_identity(self._connection.sqlalchemy_connection),
            marker=read_marker(self._connection),
            tables=postgres_schema.tables(self._connection, self._namespace),
            all_tables=postgres_schema.all_tables(self._connection),
            entries=tuple(read_ledger(self._connection, self._namespace, step="guard")),
        )

    def mark(self, marker: Marker) -> None:
        write_marker(self._connection, marker)

    def lock(self, dataset: str, *, patience: float) -> None:
        key = lock_key(dataset, self._namespace)
        began = time.monotonic()
        while not self._try_lock(key):
            if time.monotonic() - began > patience:
                raise TargetBusy(self._namespace, "another publication of this dataset", patience)
            time.sleep(min(0.5, patience / 10))
        self._key = key

    def clean(self) -> Sequence[str]:
        removed = []
        for schema in schemas(self._connection, step="clean"):
            key = leftover_key(schema)
            if key is None or (key != self._key and not self._try_lock(key)):
                continue
            try:
                drop_schema(self._connection, schema, step="clean")
                removed.append(schema)
            except DatabaseFailed as failure:
                if self._connection.is_lost:
                    raise
                self._notes.append(f"The leftover schema {schema} could not be removed: {failure.meaning}.")
            finally:
                if key != self._key and not self._connection.is_lost:
                    self._connection.rows("SELECT pg_advisory_unlock(%s)", [key], step="clean")
        return removed

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        self._stage = PostgresStage(self._connection, request, key=self._locked_key(), namespace=self._namespace)
        return preflight(self._connection, self._stage, self._outgoing(request.dataset, request.counts))

    def stage(self) -> None:
        stage = self._prepared()
        request = stage.request
        stage.load()
        stage.finish(self._outgoing(request.dataset, request.counts))
        self._notes += stage.notes

    def audit(self) -> Sequence[str]:
        return self._prepared().differences()

    def swap(self) -> LedgerEntry:
        request = self._prepared().request
        live = self._live(request.dataset, step="swap")
        outgoing = self._outgoing(request.dataset, request.counts)
        previous = live.refresh if live is not None and outgoing.tables else None
        entry = published(request, namespace=self._namespace, previous=previous, by="")
        self._swap(self._prepared().schema, outgoing, entry, request.target, request.patience)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        live = self._live(dataset, step="rollback")
        previous = previous_schema(self._locked_key())
        if live is None or live.previous is None:
            raise NothingToRollBack(target, dataset, "no earlier refresh is kept")
        if not schema_exists(self._connection, previous, step="rollback"):
            raise NothingToRollBack(target, dataset, f"the schema {previous} that held the earlier refresh is gone")
        entries = read_ledger(self._connection, self._namespace, step="rollback")
        entry = rolled_back(live, entries, by="")
        self._swap(previous, self._outgoing(dataset, {}), entry, target, patience)
        return entry

    def close(self) -> None:
        # After a swap nothing is left to clean; a lost connection leaves it to the next run.
        if self._stage is not None and not self._connection.is_lost:
            with contextlib.suppress(DatabaseFailed):
                self.clean()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _swap(self, incoming: str, outgoing: Standing, entry: LedgerEntry, target: str, patience: float) -> None:
        self._refuse_dependents(outgoing)
        dropped = dropped_schema(self._locked_key())
        try:
            swap(
                self._connection,
                incoming=incoming,
                outgoing=outgoing,
                previous=previous_schema(self._locked_key()),
                dropped=dropped,
                entry=entry,
                target=target,
                patience=patience,
            )
        except DatabaseFailed:
            if not self._connection.is_lost or not self._came_through(entry, target):
                raise
        reached("publication.swap.committed")
        self.clean()
        reached("publication.swap.done")

    def _refuse_dependents(self, outgoing: Standing) -> None:
        """Whatever was made on the live tables since preflight stops the swap, too."""
        found = outside_dependents(self._connection, outgoing, step="swap")
        if found:
            table, what = found[0]
            raise DatabaseFailed(
                step="swap",
                code="2BP01",
                meaning=f"{what} depends on it",
                table=table,
                remedy="Drop what depends on the tables, or move it into another database, and publish again.",
            )

    def _came_through(self, entry: LedgerEntry, target: str) -> bool:
        """Whether a commit whose answer was lost took place: the ledger knows, once the lost session is over."""
        key = self._locked_key()
        began = time.monotonic()
        while True:
            try:
                self._connection = PostgresConnection(self._url)
                if self._try_lock(key):
                    entries = read_ledger(self._connection, self._namespace, step="swap")
                    return any(known.publication == entry.publication for known in entries)
                self._connection.close()
            except (DatabaseError, PublishError):
                # Not back yet: asked again until the time is over.
                pass
            if time.monotonic() - began > SETTLE_SECONDS:
                raise OutcomeUnknown(target, entry.refresh) from None
            time.sleep(0.5)

    def _outgoing(self, dataset: str, tables: dict[str, int]) -> Standing:
        """The live tables that a publication replaces: those of its own names, and what the last refresh made."""
        live = self._live(dataset, step="preflight")
        names = set(tables) | (set(live.counts) if live is not None else set())
        return standing(self._connection, self._namespace, names, step="preflight")

    def _live(self, dataset: str, *, step: str) -> LedgerEntry | None:
        return live_entries(read_ledger(self._connection, self._namespace, step=step)).get(dataset)

    def _try_lock(self, key: int) -> bool:
        return bool(self._connection.value("SELECT pg_try_advisory_lock(%s)", [key], step="lock"))

    def _locked_key(self) -> int:
        if self._key is None:
            raise RuntimeError("lock() comes before every step that writes")
        return self._key

    def _prepared(self) -> PostgresStage:
        if self._stage is None:
            raise RuntimeError("preflight() comes before every step that writes")
        return self._stage
