"""Publishing into MariaDB and MySQL: tables of a new database take the places of the live ones in one statement."""

import contextlib
import time
from collections.abc import Sequence
from typing import Self

from synth_assets.catalog.errors import DatabaseError
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import (
    DatabaseFailed,
    NothingToRollBack,
    OutcomeUnknown,
    PublishError,
    TargetBusy,
    TargetRefused,
)
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, live_entries, published, rolled_back
from synth_assets.publish.mariadb_connection import MariadbConnection
from synth_assets.publish.mariadb_ledger import read_ledger, read_marker, stage_ledger, write_marker
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
    leftover_key,
    lock_key,
    lock_name,
    previous_schema,
    stage_schema,
)
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.state import TargetState

SETTLE_SECONDS = 30.0


class MariadbPublisher:
    """One database of a MariaDB or MySQL server as a target. See `synth_assets.publish.protocol.Publisher`."""

    def __init__(self, target: str, url: str, *, namespace: str | None) -> None:
        self._url = url
        self._connection = MariadbConnection(url, database=namespace)
        self._live = self._connection.value("SELECT DATABASE()", step="connect")
        if self._live is None:
            self._connection.close()
            raise TargetRefused(
                target, "its url names no database.", next_step="Name the database at the end of the url."
            )
        self._key: int | None = None
        self._stage: MariadbStage | None = None
        self._notes: list[str] = []

    @property
    def notes(self) -> Sequence[str]:
        return tuple(self._notes)

    def state(self) -> TargetState:
        there = all_tables(self._connection, self._live)
        return TargetState(
            identity=server_identity(self._connection.sqlalchemy_connection),
            marker=read_marker(self._connection, self._live),
            tables=there.intersection(tables(self._connection, self._live, step="guard")),
            all_tables=there,
            entries=tuple(read_ledger(self._connection, self._live, step="guard")),
        )

    def mark(self, marker: Marker) -> None:
        write_marker(self._connection, self._live, marker)

    def lock(self, dataset: str, *, patience: float) -> None:
        key = lock_key(dataset, self._live)
        began = time.monotonic()
        while not self._try_lock(key):
            if time.monotonic() - began > patience:
                raise TargetBusy(self._live, "another publication of this dataset", patience)
            time.sleep(min(0.5, patience / 10))
        self._key = key

    def clean(self) -> Sequence[str]:
        removed = []
        there = databases(self._connection, step="clean")
        for database in there:
            key = leftover_key(database)
            if key is None or (key != self._key and not self._try_lock(key)):
                continue
            try:
                drop_database(self._connection, database, step="clean")
                removed.append(database)
            except DatabaseFailed as failure:
                if self._connection.is_lost:
                    raise
                self._notes.append(f"The leftover database {database} could not be removed: {failure.meaning}.")
            finally:
                if key != self._key and not self._connection.is_lost:
                    self._connection.rows("SELECT RELEASE_LOCK(%s)", [lock_name(key)], step="clean")
        previous = previous_schema(self._key) if self._key is not None else ""
        if previous in there and not tables(self._connection, previous, step="clean"):
            drop_database(self._connection, previous, step="clean")
        return removed

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        self._stage = MariadbStage(self._connection, request, key=self._locked_key(), url=self._url)
        outgoing = self._outgoing(request.dataset, request.counts)
        trial = dropped_schema(self._locked_key())
        return preflight(self._connection, self._stage, outgoing, live=self._live, trial=trial)

    def stage(self) -> None:
        stage = self._prepared()
        stage.load()
        self._notes += stage.notes

    def audit(self) -> Sequence[str]:
        return self._prepared().differences()

    def swap(self) -> LedgerEntry:
        stage = self._prepared()
        request = stage.request
        live = self._live_entry(request.dataset, step="swap")
        outgoing = self._outgoing(request.dataset, request.counts)
        kept = live.refresh if live is not None and outgoing else None
        entry = published(request, namespace=self._live, previous=kept, by="")
        previous, dropped = self._aside()
        planned = [
            *moves(tables(self._connection, previous, step="swap"), previous, dropped),
            *moves(outgoing, self._live, previous),
            *moves(request.catalog.table_names, stage.database, self._live),
        ]
        self._swap(planned, outgoing, entry, stage.database, dropped, target=request.target, patience=request.patience)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        live = self._live_entry(dataset, step="rollback")
        if live is None or live.previous is None:
            raise NothingToRollBack(target, dataset, "no earlier refresh is kept")
        previous, dropped = self._aside()
        kept = tables(self._connection, previous, step="rollback")
        if not kept:
            raise NothingToRollBack(target, dataset, f"the database {previous} does not hold the earlier refresh")
        entry = rolled_back(live, read_ledger(self._connection, self._live, step="rollback"), by="")
        outgoing = self._outgoing(dataset, {})
        stage = stage_schema(self._locked_key())
        self._connection.run(f"CREATE DATABASE {quoted(stage)}", step="rollback")
        planned = [
            *moves(outgoing, self._live, dropped),
            *moves(kept, previous, self._live),
            *moves(outgoing, dropped, previous),
        ]
        self._swap(planned, outgoing, entry, stage, dropped, target=target, patience=patience)
        return entry

    def close(self) -> None:
        # After a swap nothing is left to clean; a lost connection leaves it to the next run.
        if self._key is not None and not self._connection.is_lost:
            with contextlib.suppress(DatabaseFailed):
                self.clean()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

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
        stage_ledger(self._connection, entry, live=self._live, stage=stage, table=ledger, step="swap")
        if ledger in tables(self._connection, self._live, step="swap"):
            planned = [*planned, (ledger, self._live, dropped)]
        planned = [*planned, (ledger, stage, self._live)]
        try:
            swap(self._connection, planned, live=self._live, target=target, patience=patience)
        except DatabaseFailed:
            if not self._connection.is_lost or not self._came_through(entry, target):
                raise
        reached("publication.swap.committed")
        self.clean()
        reached("publication.swap.done")

    def _refuse_dependents(self, outgoing: Sequence[str]) -> None:
        """Whatever was made on the live tables since preflight stops the swap, too."""
        found = outside_dependents(self._connection, self._live, outgoing, step="swap")
        if found:
            table, what = found[0]
            raise DatabaseFailed(
                step="swap",
                code="1451",
                meaning=f"{what} depends on it",
                table=table,
                remedy="Drop what depends on the tables, and make it again after the refresh.",
            )

    def _came_through(self, entry: LedgerEntry, target: str) -> bool:
        """Whether a statement whose answer was lost took place: the ledger knows, once the lost session is over."""
        key = self._locked_key()
        began = time.monotonic()
        while True:
            try:
                self._connection = MariadbConnection(self._url, database=self._live)
                if self._try_lock(key):
                    entries = read_ledger(self._connection, self._live, step="swap")
                    return any(known.publication == entry.publication for known in entries)
                self._connection.close()
            except (DatabaseError, PublishError):
                # Not back yet: asked again until the time is over.
                pass
            if time.monotonic() - began > SETTLE_SECONDS:
                raise OutcomeUnknown(target, entry.refresh) from None
            time.sleep(0.5)

    def _outgoing(self, dataset: str, names: dict[str, int]) -> list[str]:
        """The live tables that a publication replaces: those of its own names, and what the last refresh made."""
        live = self._live_entry(dataset, step="preflight")
        wanted = set(names) | (set(live.counts) if live is not None else set())
        return standing(self._connection, self._live, wanted, step="preflight")

    def _live_entry(self, dataset: str, *, step: str) -> LedgerEntry | None:
        return live_entries(read_ledger(self._connection, self._live, step=step)).get(dataset)

    def _try_lock(self, key: int) -> bool:
        return bool(self._connection.value("SELECT GET_LOCK(%s, 0)", [lock_name(key)], step="lock"))

    def _locked_key(self) -> int:
        if self._key is None:
            raise RuntimeError("lock() comes before every step that writes")
        return self._key

    def _prepared(self) -> MariadbStage:
        if self._stage is None:
            raise RuntimeError("preflight() comes before every step that writes")
        return self._stage
