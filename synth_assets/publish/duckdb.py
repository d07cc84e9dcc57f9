"""Publishing into DuckDB: a file beside the live one, which takes its place by one rename."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from synth_assets.catalog.connection import CONNECT_SECONDS, file_path, open_engine
from synth_assets.catalog.errors import DatabaseUnreachable
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.publish import duckdb_schema
from synth_assets.publish.duckdb_connection import is_in_use, opened, reading
from synth_assets.publish.duckdb_ledger import read_ledger, read_marker, read_shape, write_marker
from synth_assets.publish.duckdb_stage import DuckdbStage
from synth_assets.publish.duckdb_swap import Swap, kept_refresh, swap
from synth_assets.publish.errors import DatabaseFailed, NothingToRollBack
from synth_assets.publish.file_publisher import FilePublisher
from synth_assets.publish.files import (
    TargetFiles,
    lacks_space,
    not_writable,
    writer,
)
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry, live_entries, published, rolled_back, to_roll_back
from synth_assets.publish.marker import Marker
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.staged_rows import StagedRows, opened_engine
from synth_assets.publish.state import TargetState

# A row takes about as much in the file as in memory, with its keys; and it is written twice: staged and next.
_SPACE_FACTOR = 3
_PAUSE = 0.2

Answer = TypeVar("Answer")


class DuckdbPublisher(FilePublisher[DuckdbStage]):
    """One DuckDB file as a target. See `synth_assets.publish.protocol.Publisher`.

    The file is open for single questions only, and for reading only: others may use it all the while.
    """

    def __init__(self, target: str, url: str, *, namespace: str | None, create: bool = False) -> None:
        self._target = target
        self._url = url
        engine = self._patiently(lambda: open_engine(url, create=create))
        path = file_path(engine.url)
        if path is None:
            raise RuntimeError("open_engine refuses databases in memory")
        super().__init__(path.resolve(), namespace or duckdb_schema.DEFAULT_SCHEMA)
        self._outgoing: Sequence[str] = ()

    def state(self) -> TargetState:
        return self._patiently(self._state)

    def mark(self, marker: Marker) -> None:
        def write() -> None:
            with opened(self._path, step="authorize") as connection:
                # Device and inode change with every publication.
                write_marker(connection, marker.model_copy(update={"identity": None}))

        self._patiently(write)

    def preflight(self, request: PublishRequest) -> Sequence[Finding]:
        files = self._locked()
        self._stage = stage = DuckdbStage(request, files=files)
        catalog = self.live_catalog()
        live = self._live(request.dataset, step="preflight")
        self._outgoing = duckdb_schema.standing(catalog, {*request.counts, *(live.counts if live else ())})
        found = [*stage.on_trial(), *not_writable(self._path), *self._replaceable(files)]
        for table, other in duckdb_schema.outside_keys(catalog, self._outgoing):
            found.append(
                Finding(
                    table=table,
                    problem=f"foreign key of {other} depends on it.",
                    remedy="Drop what depends on the tables, or keep it in another file; it is never dropped for you.",
                )
            )
        with reading(self._path, step="preflight") as connection:
            taken = duckdb_schema.collisions(connection, stage.names, self._outgoing, namespace=self._namespace)
        for what in taken:
            found.append(
                Finding(
                    problem=f"the file has a {what}, whose name a table, sequence or index of the dataset needs.",
                    remedy="Rename or drop it, or publish into another file.",
                )
            )
        size = self._path.stat().st_size
        lacking = lacks_space(request, self._path.parent, factor=_SPACE_FACTOR, beside=size)
        return found if lacking is None else [*found, lacking]

    def live_catalog(self) -> Catalog:
        return duckdb_schema.catalog_of(self._path, namespace=self._namespace)

    def published_shape(self, fingerprint: str) -> Catalog | None:
        with reading(self._path, step="preflight") as connection:
            return read_shape(connection, fingerprint, step="preflight")

    @contextlib.contextmanager
    def staged_rows(self) -> Iterator[StagedRows]:
        stage = self._prepared()
        with opened_engine(f"duckdb:///{stage.path}") as engine:
            yield StagedRows(engine, "duckdb", self._namespace, stage.request)

    def staged_catalog(self) -> Catalog:
        return duckdb_schema.catalog_of(self._prepared().path, namespace=self._namespace)

    def swap(self, shape: Catalog) -> LedgerEntry:
        stage = self._prepared()
        request = stage.request
        live = self._live(request.dataset, step="swap")
        previous = live.refresh if live is not None and self._outgoing else None
        entry = published(request, namespace=self._namespace, previous=previous, by=writer(), shape=shape)
        self._swap(
            Swap(
                target=request.target,
                incoming=stage.path,
                names=request.catalog.table_names,
                outgoing=self._outgoing,
                entry=entry,
                shape=shape,
                known=live,
                patience=request.patience,
            )
        )
        return entry

    def rollback(self, dataset: str, *, target: str, patience: float) -> LedgerEntry:
        files = self._locked()
        live = to_roll_back(self._live(dataset, step="rollback"), target=target, dataset=dataset)
        kept = kept_refresh(files.previous, dataset=dataset, namespace=self._namespace)
        if kept is None or kept.refresh != live.previous:
            raise NothingToRollBack(
                target, dataset, f"the file {files.previous.name} does not hold the earlier refresh"
            )
        with reading(self._path, step="rollback") as connection:
            entries = read_ledger(connection, namespace=self._namespace, step="rollback")
        entry = rolled_back(live, entries, by=writer())
        self._swap(
            Swap(
                target=target,
                incoming=files.previous,
                names=tuple(kept.counts),
                outgoing=duckdb_schema.standing(self.live_catalog(), live.counts),
                entry=entry,
                shape=None,
                known=live,
                patience=patience,
            )
        )
        return entry

    def _state(self) -> TargetState:
        with open_engine(self._url).connect() as connection:
            identity = server_identity(connection)
        with reading(self._path, step="guard") as connection:
            found = duckdb_schema.tables(connection, step="guard")
            return TargetState(
                identity=identity,
                marker=read_marker(connection),
                tables=frozenset(name for schema, name in found if schema == self._namespace),
                all_tables=frozenset(f"{schema}.{name}" for schema, name in found),
                entries=tuple(read_ledger(connection, namespace=self._namespace, step="guard")),
            )

    def _swap(self, what: Swap) -> None:
        swap(self._locked(), what)
        self._finish(what.entry)

    def _replaceable(self, files: TargetFiles) -> list[Finding]:
        """Findings if a new file cannot be made like the live one, or the live one cannot be kept."""
        found = []
        facts = self._path.stat()
        is_ours = facts.st_uid == os.geteuid() and facts.st_gid in (os.getegid(), *os.getgroups())
        if os.geteuid() != 0 and not is_ours:
            found.append(
                Finding(
                    problem=f"{self._path} belongs to another user or group; the file in its place would not.",
                    remedy="Refresh as the user that the file belongs to.",
                )
            )
        try:
            os.link(self._path, files.keeping)
        except OSError as error:
            found.append(
                Finding(
                    problem=f"{self._path} cannot be kept for a rollback ({error.strerror}).",
                    remedy="Put the file on a file system that has hard links.",
                )
            )
        files.keeping.unlink(missing_ok=True)
        return found

    def _live(self, dataset: str, *, step: str) -> LedgerEntry | None:
        def ask() -> LedgerEntry | None:
            with reading(self._path, step=step) as connection:
                return live_entries(read_ledger(connection, namespace=self._namespace, step=step)).get(dataset)

        return self._patiently(ask)

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """The answer of a file that another process may have open for writing for a moment."""
        deadline = time.monotonic() + CONNECT_SECONDS
        while True:
            try:
                return ask()
            except (DatabaseFailed, DatabaseUnreachable) as failure:
                if not is_in_use(failure) or time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)

    def _refresh_in(self, path: Path) -> str | None:
        kept = kept_refresh(path, dataset=self._locked().dataset, namespace=self._namespace)
        return None if kept is None else kept.refresh
