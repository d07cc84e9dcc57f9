"""Publishing into SQLite: a new file beside the live one, whose tables replace the live ones in one transaction."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from synth_assets.catalog.connection import file_path, open_engine
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect_connection
from synth_assets.publish import sqlite_schema
from synth_assets.publish.errors import NothingToRollBack
from synth_assets.publish.file_publisher import FilePublisher
from synth_assets.publish.files import not_writable, writer
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, live_entries, published, rolled_back, to_roll_back
from synth_assets.publish.marker import Marker
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.sqlite_connection import rows
from synth_assets.publish.sqlite_ledger import read_ledger, read_marker, read_shape, write_marker
from synth_assets.publish.sqlite_stage import SqliteStage
from synth_assets.publish.sqlite_swap import keep, kept_refresh, swap
from synth_assets.publish.staged_rows import StagedRows, opened_engine
from synth_assets.publish.state import TargetState


class SqlitePublisher(FilePublisher[SqliteStage]):
    """One SQLite file as a target. See `synth_assets.publish.protocol.Publisher`."""

    def __init__(self, url: str, *, create: bool = False) -> None:
        engine = open_engine(url, create=create)
        path = file_path(engine.url)
        if path is None:
            raise RuntimeError("open_engine refuses databases in memory")
        super().__init__(path.resolve())
        self._sqlalchemy = engine.connect()
        self._connection = cast(sqlite3.Connection, self._sqlalchemy.connection.driver_connection)
        self._connection.isolation_level = None

    def state(self) -> TargetState:
        names = frozenset(sqlite_schema.tables(self._connection, step="guard"))
        return TargetState(
            identity=server_identity(self._sqlalchemy),
            marker=read_marker(self._connection),
            tables=names,
            all_tables=names,
            entries=tuple(read_ledger(self._connection, step="guard")),
        )

    def mark(self, marker: Marker) -> None:
        # Device and inode change when a file is restored or its disk is mounted again.
        write_marker(self._connection, marker.model_copy(update={"identity": None}))

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        encoding = rows(self._connection, "PRAGMA encoding", step="preflight")[0][0]
        self._stage = SqliteStage(request, path=self._locked().staged, live=self._path, encoding=encoding)
        found = [*self._stage.on_trial(), *not_writable(self._path)]
        outgoing = self._outgoing(request.dataset, request.counts)
        for dependent in sqlite_schema.outside_dependents(self._connection, outgoing, step="preflight"):
            found.append(
                Finding(
                    table=dependent.table,
                    problem=f"{dependent.what} depends on it.",
                    remedy="Drop what depends on the tables, or keep it in another file; it is never dropped for you.",
                )
            )
        names = [*request.catalog.table_names]
        names += [index.name for table in request.catalog.tables for index in table.indexes if index.name]
        for what in sqlite_schema.collisions(self._connection, names, outgoing):
            found.append(
                Finding(
                    problem=f"the file has a {what}, whose name a table or index of the dataset needs.",
                    remedy="Rename or drop it, or publish into another file.",
                )
            )
        lacking = self._stage.lacks_space()
        return found if lacking is None else [*found, lacking]

    def live_catalog(self) -> Catalog:
        return reflect_connection(self._sqlalchemy)

    def published_shape(self, fingerprint: str) -> Catalog | None:
        return read_shape(self._connection, fingerprint, step="preflight")

    @contextlib.contextmanager
    def staged_rows(self) -> Iterator[StagedRows]:
        stage = self._prepared()
        with opened_engine(f"sqlite:///{stage.path}") as engine:
            yield StagedRows(engine, "sqlite", None, stage.request)

    def staged_catalog(self) -> Catalog:
        return self._prepared().catalog()

    def swap(self, shape: Catalog) -> LedgerEntry:
        request = self._prepared().request
        live = self._live(request.dataset, step="swap")
        outgoing = self._outgoing(request.dataset, request.counts)
        previous = live.refresh if live is not None and outgoing else None
        entry = published(request, namespace="", previous=previous, by=writer(), shape=shape)
        self._swap(self._prepared().path, outgoing, entry, request.target, request.patience, shape=shape)
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        files = self._locked()
        live = to_roll_back(self._live(dataset, step="rollback"), target=target, dataset=dataset)
        if self._refresh_in(files.previous) != live.previous:
            raise NothingToRollBack(
                target, dataset, f"the file {files.previous.name} does not hold the earlier refresh"
            )
        entries = read_ledger(self._connection, step="rollback")
        entry = rolled_back(live, entries, by=writer())
        self._swap(files.previous, self._outgoing(dataset, {}), entry, target, patience)
        return entry

    def close(self) -> None:
        self._sqlalchemy.close()
        super().close()

    def _swap(
        self,
        incoming: Path,
        outgoing: Sequence[str],
        entry: LedgerEntry,
        target: str,
        patience: float,
        *,
        shape: Catalog | None = None,
    ) -> None:
        files = self._locked()
        if entry.previous is not None:
            encoding = rows(self._connection, "PRAGMA encoding", step="swap")[0][0]
            keep(self._path, names=outgoing, refresh=entry.previous, path=files.keeping, encoding=encoding)
        swap(
            self._connection,
            incoming=incoming,
            outgoing=outgoing,
            entry=entry,
            shape=shape,
            target=target,
            patience=patience,
        )
        self._finish(entry)

    def _outgoing(self, dataset: str, tables: dict[str, int]) -> list[str]:
        """The live tables that a publication replaces: those of its own names, and what the last refresh made."""
        live = self._live(dataset, step="preflight")
        names = set(tables) | (set(live.counts) if live is not None else set())
        return sqlite_schema.standing(self._connection, names, step="preflight")

    def _live(self, dataset: str, *, step: str) -> LedgerEntry | None:
        return live_entries(read_ledger(self._connection, step=step)).get(dataset)

    def _refresh_in(self, path: Path) -> str | None:
        return kept_refresh(path)
