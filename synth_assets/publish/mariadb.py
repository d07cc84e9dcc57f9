"""Publishing into MariaDB and MySQL: tables of a new database take the places of the live ones in one statement."""

import contextlib
from collections.abc import Iterator, Sequence

from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import (
    DatabaseFailed,
    NothingToRollBack,
    TargetRefused,
)
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, published, rolled_back, to_roll_back
from synth_assets.publish.mariadb_connection import MariadbConnection
from synth_assets.publish.mariadb_ledger import (
    read_ledger,
    read_marker,
    read_shape,
    stage_ledger,
    write_marker,
    write_shape,
)
from synth_assets.publish.mariadb_preflight import preflight
from synth_assets.publish.mariadb_schema import (
    all_tables,
    databases,
    drop_database,
    outside_dependents,
    standing,
    tables,
)
from synth_assets.publish.mariadb_stage import MariadbStage
from synth_assets.publish.mariadb_swap import Move, moves, swap
from synth_assets.publish.marker import Marker
from synth_assets.publish.naming import (
    dropped_schema,
    ledger_table,
    lock_name,
    previous_schema,
    stage_schema,
)
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.server import ServerPublisher
from synth_assets.publish.staged_rows import StagedRows
from synth_assets.publish.state import TargetState


class MariadbPublisher(ServerPublisher[MariadbConnection, MariadbStage]):
    """One database of a MariaDB or MySQL server as a target. See `synth_assets.publish.protocol.Publisher`."""

    kind_of_namespace = "database"

    def __init__(self, target: str, url: str, *, namespace: str | None) -> None:
        self._url = url
        connection = MariadbConnection(url, database=namespace)
        try:
            live = connection.value("SELECT DATABASE()", step="connect")
        except DatabaseFailed:
            connection.close()
            raise
        if live is None:
            connection.close()
            raise TargetRefused(
                target, "its url names no database.", next_step="Name the database at the end of the url."
            )
        super().__init__(connection, live)

    def state(self) -> TargetState:
        there = all_tables(self._connection, self._namespace)
        return TargetState(
            identity=server_identity(self._connection.sqlalchemy_connection),
            marker=read_marker(self._connection, self._namespace),
            tables=there.intersection(tables(self._connection, self._namespace, step="guard")),
            all_tables=there,
            entries=tuple(self._ledger(step="guard")),
        )

    def mark(self, marker: Marker) -> None:
        write_marker(self._connection, self._namespace, marker)

    def clean(self) -> Sequence[str]:
        removed = super().clean()
        previous = previous_schema(self._key) if self._key is not None else ""
        if previous in self._namespaces() and not tables(self._connection, previous, step="clean"):
            self._drop(previous)
        return removed

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        self._stage = MariadbStage(self._connection, request, key=self._locked_key(), url=self._url)
        outgoing = self._outgoing(request.dataset, request.counts)
        trial = dropped_schema(self._locked_key())
        return preflight(self._connection, self._stage, outgoing, live=self._namespace, trial=trial)

    def stage(self) -> None:
        stage = self._prepared()
        stage.load()
        self._notes += stage.notes

    def live_catalog(self) -> Catalog:
        return self._connection.reflect(self._namespace, step="preflight")

    def published_shape(self, fingerprint: str) -> Catalog | None:
        return read_shape(self._connection, self._namespace, fingerprint, step="preflight")

    @contextlib.contextmanager
    def staged_rows(self) -> Iterator[StagedRows]:
        stage = self._prepared()
        with self._connection.reading() as engine:
            yield StagedRows(engine, self._connection.dialect, stage.database, stage.request)

    def staged_catalog(self) -> Catalog:
        return self._connection.reflect(self._prepared().database, step="audit")

    def swap(self, shape: Catalog) -> LedgerEntry:
        stage = self._prepared()
        request = stage.request
        live = self._live_entry(request.dataset, step="swap")
        outgoing = self._outgoing(request.dataset, request.counts)
        kept = live.refresh if live is not None and outgoing else None
        entry = published(request, namespace=self._namespace, previous=kept, by="", shape=shape)
        write_shape(self._connection, self._namespace, shape, step="swap")
        previous, dropped = self._aside()
        planned = [
            *moves(tables(self._connection, previous, step="swap"), previous, dropped),
            *moves(outgoing, self._namespace, previous),
            *moves(request.catalog.table_names, stage.database, self._namespace),
        ]
        self._swap(planned, outgoing, entry, stage.database, dropped, target=request.target, patience=request.patience)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        live = to_roll_back(self._live_entry(dataset, step="rollback"), target=target, dataset=dataset)
        previous, dropped = self._aside()
        kept = tables(self._connection, previous, step="rollback")
        if not kept:
            raise NothingToRollBack(target, dataset, f"the database {previous} does not hold the earlier refresh")
        entry = rolled_back(live, self._ledger(step="rollback"), by="")
        outgoing = self._outgoing(dataset, {})
        stage = stage_schema(self._locked_key())
        self._connection.run(f"CREATE DATABASE {quoted(stage)}", step="rollback")
        planned = [
            *moves(outgoing, self._namespace, dropped),
            *moves(kept, previous, self._namespace),
            *moves(outgoing, dropped, previous),
        ]
        self._swap(planned, outgoing, entry, stage, dropped, target=target, patience=patience)
        return entry

    def close(self) -> None:
        # After a swap nothing is left to clean; a lost connection leaves it to the next run.
        if self._key is not None and not self._connection.is_lost:
            with contextlib.suppress(DatabaseFailed):
                self.clean()
        super().close()

    def _aside(self) -> tuple[str, str]:
        """The database of the tables that are kept, and one for what goes; both are there afterwards."""
        previous, dropped = previous_schema(self._locked_key()), dropped_schema(self._locked_key())
        self._connection.run(f"CREATE DATABASE IF NOT EXISTS {quoted(previous)}", step="swap")
        self._connection.run(f"CREATE DATABASE {quoted(dropped)}", step="swap")
        return previous, dropped

    def _swap(
        self,
        planned: list[Move],
        outgoing: Sequence[str],
        entry: LedgerEntry,
        stage: str,
        dropped: str,
        *,
        target: str,
        patience: float,
    ) -> None:
        """Make the moves, and those of the ledger with them: the old one goes where the leftovers are."""
        self._refuse_dependents(outgoing)
        ledger = ledger_table(self._locked_key())
        reached("publication.swap.begun")
        stage_ledger(self._connection, entry, live=self._namespace, stage=stage, table=ledger, step="swap")
        if ledger in tables(self._connection, self._namespace, step="swap"):
            planned = [*planned, (ledger, self._namespace, dropped)]
        planned = [*planned, (ledger, stage, self._namespace)]
        try:
            swap(self._connection, planned, live=self._namespace, target=target, patience=patience)
        except DatabaseFailed:
            if not self._connection.is_lost or not self._came_through(entry, target):
                raise
        reached("publication.swap.committed")
        self.clean()
        reached("publication.swap.done")

    def _refuse_dependents(self, outgoing: Sequence[str]) -> None:
        """Whatever was made on the live tables since preflight stops the swap, too."""
        found = outside_dependents(self._connection, self._namespace, outgoing, step="swap")
        if found:
            table, what = found[0]
            raise DatabaseFailed(
                step="swap",
                code="1451",
                meaning=f"{what} depends on it",
                table=table,
                remedy="Drop what depends on the tables, and make it again after the refresh.",
            )

    def _outgoing(self, dataset: str, names: dict[str, int]) -> list[str]:
        """The live tables that a publication replaces: those of its own names, and what the last refresh made."""
        live = self._live_entry(dataset, step="preflight")
        wanted = set(names) | (set(live.counts) if live is not None else set())
        return standing(self._connection, self._namespace, wanted, step="preflight")

    def _connect(self) -> MariadbConnection:
        return MariadbConnection(self._url, database=self._namespace)

    def _ledger(self, *, step: str) -> Sequence[LedgerEntry]:
        return read_ledger(self._connection, self._namespace, step=step)

    def _namespaces(self) -> Sequence[str]:
        return databases(self._connection, step="clean")

    def _drop(self, namespace: str) -> None:
        drop_database(self._connection, namespace, step="clean")

    def _try_lock(self, key: int) -> bool:
        return bool(self._connection.value("SELECT GET_LOCK(%s, 0)", [lock_name(key)], step="lock"))

    def _unlock(self, key: int) -> None:
        self._connection.rows("SELECT RELEASE_LOCK(%s)", [lock_name(key)], step="clean")
