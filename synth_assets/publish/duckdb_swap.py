"""The atomic step in DuckDB: a copy of the live file, with the dataset's tables replaced, takes its place by a rename.

Not a transaction in the live file: DuckDB opens a file for writing only while no other process has it open, so that
every reader would have to leave. Beside a rename readers go on with the file that they have open, and those who open
it afterwards find the new one. From the copy to the rename a shared lock on the live file keeps others from opening
it for writing, so that nothing of theirs is lost; what is not of the dataset is in the copy as it was.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from synth_assets.catalog.model import Catalog
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.duckdb_connection import attach, cleaned, is_in_use, opened, private_folder, reading, run
from synth_assets.publish.duckdb_ledger import read_ledger, read_marker, write_entry, write_shape
from synth_assets.publish.duckdb_schema import can_be_read, catalog_of, copy_tables, drop_tables, readable_views
from synth_assets.publish.errors import DatabaseFailed, TargetBusy, TargetRefused
from synth_assets.publish.files import SPILLED, FileLock, TargetFiles
from synth_assets.publish.ledger import LedgerEntry, live_entries

_STAGED = "staged"
_HOLDERS = "another process that has the file open for writing"
_CHUNK = 2**24
_PAUSE = 0.1


@dataclass(frozen=True)
class Swap:
    """One replacement of tables.

    Attributes:
        incoming: The file whose tables become live.
        names: These tables.
        outgoing: Live tables that go.
        entry: For the ledger.
        shape: What the incoming tables are; None if that is known already.
        known: The ledger's live entry, by which all of this was decided.
        patience: Seconds to wait for processes that write.
    """

    target: str
    incoming: Path
    names: Collection[str]
    outgoing: Collection[str]
    entry: LedgerEntry
    shape: Catalog | None
    known: LedgerEntry | None
    patience: float


def swap(files: TargetFiles, what: Swap) -> None:
    """Replace the tables `outgoing` by those of the file `incoming`; what was live becomes `files.keeping`.

    Raises:
        TargetBusy: others kept the file open for writing for all that time.
        TargetRefused: it is not authorized any more.
        DatabaseFailed: nothing was changed.
    """
    with _alone(files, what), held(files.live, target=what.target, patience=what.patience) as live:
        with cleaned("swap"):
            _copy(live, files.next)
        _still_ours(files, what)
        before, coming = (catalog_of(path, namespace=files.namespace) for path in (files.next, what.incoming))
        with opened(files.next, step="swap") as connection:
            views = readable_views(connection, step="swap")
            reached("publication.swap.begun")
            drop_tables(connection, before, what.outgoing, namespace=files.namespace, step="swap")
            # The blocks of what went are free for what comes.
            run(connection, "CHECKPOINT", step="swap")
            run(connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(files.namespace)}", step="swap")
            run(connection, f"USE {quoted(files.namespace)}", step="swap")
            attach(connection, what.incoming, name=_STAGED, step="swap")
            copy_tables(connection, coming, what.names, source=_STAGED, namespace=files.namespace, step="swap")
            run(connection, f"DETACH {_STAGED}", step="swap")
            _check_views(connection, views)
            reached("publication.swap.moved")
            write_entry(connection, what.entry, step="swap")
            if what.shape is not None:
                write_shape(connection, what.shape, step="swap")
            run(connection, "CHECKPOINT", step="swap")
        with cleaned("swap"):
            _like(files.next, files.live)
            reached("publication.swap.entered")
            if what.entry.previous is not None:
                files.keeping.unlink(missing_ok=True)
                os.link(files.live, files.keeping)
            files.next.replace(files.live)
        # From here on the target is new: no error may say that it is as it was.
        _flush(files.live.parent)


def kept_refresh(path: Path, *, dataset: str, namespace: str) -> LedgerEntry | None:
    """The entry of the refresh of a dataset that a file keeps; None if there is none."""
    if not path.exists():
        return None
    try:
        with reading(path, step="rollback") as connection:
            return live_entries(read_ledger(connection, namespace=namespace, step="rollback")).get(dataset)
    except DatabaseFailed:
        return None


@contextlib.contextmanager
def held(path: Path, *, target: str, patience: float) -> Iterator[BinaryIO]:
    """The file, complete, which no process can open for writing in the block; those that read come and go.

    Raises:
        TargetBusy: another process writes for all of the patience.
    """
    deadline = time.monotonic() + patience
    while True:
        with cleaned("swap"):
            file = path.open("rb")
        try:
            if _is_held(file, path):
                yield file
                return
        finally:
            # By closing it this process gives its locks on the file away.
            file.close()
        if not _fold(path) and time.monotonic() > deadline:
            raise TargetBusy(target, _HOLDERS, patience)
        time.sleep(_PAUSE)


def _is_held(file: BinaryIO, path: Path) -> bool:
    """Whether nobody writes, what was written is all in the file, and the file is still the one of that name."""
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return not _log(path).exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _fold(path: Path) -> bool:
    """Let DuckDB write the log of a process that died into the file; False if others have it open."""
    if not _log(path).exists():
        return False
    try:
        with opened(path, step="swap") as connection:
            run(connection, "CHECKPOINT", step="swap")
    except DatabaseFailed as failure:
        if is_in_use(failure):
            return False
        raise
    return True


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


@contextlib.contextmanager
def _alone(files: TargetFiles, what: Swap) -> Iterator[None]:
    """Keep publications of other datasets from replacing the same file."""
    try:
        lock = FileLock(files.swap_lock, patience=what.patience)
    except sqlite3.OperationalError:
        raise TargetBusy(what.target, "a publication of another dataset", what.patience) from None
    try:
        yield
    finally:
        lock.release()


def _copy(live: BinaryIO, path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(live, copy, _CHUNK)
    private_folder(path, step="swap")


def _still_ours(files: TargetFiles, what: Swap) -> None:
    """Whether the file is what the guard has seen."""
    with reading(files.next, step="swap") as connection:
        if read_marker(connection, step="swap") is None:
            raise TargetRefused(
                what.target,
                "another file has taken its place, which has not been authorized.",
                next_step=f"If it may be overwritten, mark it once: synth-assets authorize {what.target}.",
            )
        entries = read_ledger(connection, namespace=files.namespace, step="swap")
    if live_entries(entries).get(what.entry.dataset) != what.known:
        raise DatabaseFailed(
            step="swap",
            code="changed",
            meaning="another file has taken its place while the new tables were loaded",
            remedy="Publish again.",
        )


def _check_views(connection: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
    broken = [view for view, query in views.items() if not can_be_read(connection, query)]
    if broken:
        raise DatabaseFailed(
            step="swap",
            code="view",
            meaning=f"views do not fit the new tables: {', '.join(broken)}",
            remedy="Drop them, publish, and create them again.",
        )


def _like(path: Path, live: Path) -> None:
    """Give a file the owner, rights and attributes of another one, and see it onto the disk."""
    shutil.rmtree(path.with_name(f"{path.name}{SPILLED}"), ignore_errors=True)
    facts = live.stat()
    os.chown(path, facts.st_uid, facts.st_gid)
    shutil.copystat(live, path)
    os.utime(path)
    _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
