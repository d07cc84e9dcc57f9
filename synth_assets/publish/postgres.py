"""Publishing into PostgreSQL: a new schema beside the live one, whose tables change places in one transaction."""

import contextlib
from collections.abc import Collection, Iterator, Sequence

from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish import postgres_schema
from synth_assets.publish.errors import DatabaseFailed, NothingToRollBack, PreflightFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, published, rolled_back, to_roll_back
from synth_assets.publish.marker import Marker
from synth_assets.publish.naming import dropped_schema, previous_schema
from synth_assets.publish.postgres_anew import Anew, make_anew
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_ledger import read_ledger, read_marker, read_shape, write_marker, write_shape
from synth_assets.publish.postgres_leftovers import drop_schema
from synth_assets.publish.postgres_partitions import read_partitioning
from synth_assets.publish.postgres_preflight import preflight
from synth_assets.publish.postgres_schema import Standing, schema_exists, schemas, standing
from synth_assets.publish.postgres_stage import PostgresStage
from synth_assets.publish.postgres_swap import swap
from synth_assets.publish.postgres_trial import examine
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.server import ServerPublisher
from synth_assets.publish.staged_rows import StagedRows
from synth_assets.publish.state import TargetState

DEFAULT_NAMESPACE = "public"


class PostgresPublisher(ServerPublisher[PostgresConnection, PostgresStage]):
    """One PostgreSQL database as a target. See `synth_assets.publish.protocol.Publisher`."""

    def __init__(self, url: str, *, namespace: str | None) -> None:
        self._url = url
        super().__init__(self._connect(), namespace or DEFAULT_NAMESPACE)

    def state(self) -> TargetState:
        return TargetState(
            identity=server_identity(self._connection.sqlalchemy_connection),
            marker=read_marker(self._connection),
            tables=postgres_schema.tables(self._connection, self._namespace),
            all_tables=postgres_schema.all_tables(self._connection),
            entries=tuple(self._ledger(step="guard")),
        )

    def mark(self, marker: Marker) -> None:
        write_marker(self._connection, marker)

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        outgoing = self._outgoing(request.dataset, request.counts)
        self._stage = PostgresStage(
            self._connection,
            request,
            key=self._locked_key(),
            namespace=self._namespace,
            partitioning=read_partitioning(self._connection, outgoing, step="preflight"),
        )
        return preflight(self._connection, self._stage, outgoing, key=self._locked_key())

    def stage(self) -> None:
        stage = self._prepared()
        request = stage.request
        stage.load()
        stage.finish(self._outgoing(request.dataset, request.counts))
        self._notes += stage.notes

    def warnings(self, tables: Collection[str]) -> Sequence[str]:
        live = standing(self._connection, self._namespace, tables, step="preflight")
        return [
            f"{table}: {place} is partitioned by {key} and has no partition for other rows. One that none takes stops "
            f"the publication; to be sure: CREATE TABLE ... PARTITION OF {quoted(place)} DEFAULT."
            for table, place, key in read_partitioning(self._connection, live, step="preflight").gaps
        ]

    def live_catalog(self) -> Catalog:
        return self._connection.reflect(self._namespace, step="preflight")

    def published_shape(self, fingerprint: str) -> Catalog | None:
        return read_shape(self._connection, fingerprint, step="preflight")

    @contextlib.contextmanager
    def staged_rows(self) -> Iterator[StagedRows]:
        stage = self._prepared()
        with self._connection.reading() as engine:
            yield StagedRows(engine, "postgresql", stage.schema, stage.request)

    def staged_catalog(self) -> Catalog:
        return self._connection.reflect(self._prepared().schema, step="audit")

    def swap(self, shape: Catalog) -> LedgerEntry:
        stage = self._prepared()
        request = stage.request
        live = self._live_entry(request.dataset, step="swap")
        outgoing = self._outgoing(request.dataset, request.counts)
        previous = live.refresh if live is not None and outgoing.tables else None
        entry = published(request, namespace=self._namespace, previous=previous, by="", shape=shape)
        write_shape(self._connection, shape, step="swap")
        self._swap(stage.schema, outgoing, stage.anew, entry, request.target, request.patience)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        live = to_roll_back(self._live_entry(dataset, step="rollback"), target=target, dataset=dataset)
        previous = previous_schema(self._locked_key())
        if not schema_exists(self._connection, previous, step="rollback"):
            raise NothingToRollBack(target, dataset, f"the schema {previous} that held the earlier refresh is gone")
        entry = rolled_back(live, self._ledger(step="rollback"), by="")
        outgoing = self._outgoing(dataset, {})
        anew = self._made_anew(previous, outgoing, target)
        self._swap(previous, outgoing, anew, entry, target, patience)
        return entry

    def close(self) -> None:
        # After a swap nothing is left to clean; a lost connection leaves it to the next run.
        if self._stage is not None and not self._connection.is_lost:
            with contextlib.suppress(DatabaseFailed):
                self.clean()
        super().close()

    def _made_anew(self, previous: str, outgoing: Standing, target: str) -> Anew:
        """What leans on the live tables, made over those of the refresh before."""
        key = self._locked_key()
        examined = examine(self._connection, outgoing, incoming=previous, key=key)
        if examined.findings:
            raise PreflightFailed(target, examined.findings)
        anew = make_anew(self._connection, outgoing, incoming=previous, forced=examined.anew, key=key)
        if anew.findings:
            raise PreflightFailed(target, anew.findings)
        return anew

    def _swap(
        self, incoming: str, outgoing: Standing, anew: Anew, entry: LedgerEntry, target: str, patience: float
    ) -> None:
        dropped = dropped_schema(self._locked_key())
        try:
            swap(
                self._connection,
                incoming=incoming,
                outgoing=outgoing,
                anew=anew,
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

    def _outgoing(self, dataset: str, tables: dict[str, int]) -> Standing:
        """The live tables that a publication replaces: those of its own names, and what the last refresh made."""
        live = self._live_entry(dataset, step="preflight")
        names = set(tables) | (set(live.counts) if live is not None else set())
        return standing(self._connection, self._namespace, names, step="preflight")

    def _connect(self) -> PostgresConnection:
        return PostgresConnection(self._url)

    def _ledger(self, *, step: str) -> Sequence[LedgerEntry]:
        return read_ledger(self._connection, self._namespace, step=step)

    def _namespaces(self) -> Sequence[str]:
        return schemas(self._connection, step="clean")

    def _drop(self, namespace: str) -> None:
        drop_schema(self._connection, namespace, step="clean")

    def _try_lock(self, key: int) -> bool:
        return bool(self._connection.value("SELECT pg_try_advisory_lock(%s)", [key], step="lock"))

    def _unlock(self, key: int) -> None:
        self._connection.rows("SELECT pg_advisory_unlock(%s)", [key], step="clean")
