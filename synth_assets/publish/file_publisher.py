"""What publishers into a file have in common: its lock, what they keep beside it, and what is left after a swap."""

import sqlite3
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from synth_assets.failpoints import reached
from synth_assets.publish.errors import TargetBusy
from synth_assets.publish.files import FileLock, TargetFiles, remove, remove_leftovers
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.staged import Staged, StagedPublisher


class FileStaged(Staged, Protocol):
    """The new tables in a file of their own."""

    @property
    def notes(self) -> Sequence[str]: ...


Stage = TypeVar("Stage", bound=FileStaged)


class FilePublisher(StagedPublisher[Stage]):
    """A target that is one file, whose refresh before is kept in a file beside it.

    Args:
        namespace: The schema in the file; empty where it has none.
    """

    def __init__(self, path: Path, namespace: str = "") -> None:
        super().__init__()
        self._path = path
        self._namespace = namespace
        self._files: TargetFiles | None = None
        self._lock: FileLock | None = None

    def lock(self, dataset: str, *, patience: float) -> None:
        self._files = TargetFiles(self._path, dataset, self._namespace)
        try:
            self._lock = FileLock(self._files.lock, patience=patience)
        except sqlite3.OperationalError:
            raise TargetBusy(self._path.name, "another publication of this dataset", patience) from None

    def clean(self) -> Sequence[str]:
        files = self._locked()
        live = self._live(files.dataset, step="clean")
        kept = self._refresh_in(files.keeping)
        if live is not None and kept is not None and kept == live.previous:
            # The process died after its swap and before this.
            files.keeping.replace(files.previous)
        return remove_leftovers(files)

    def stage(self) -> None:
        stage = self._prepared()
        stage.load()
        self._notes += stage.notes

    def close(self) -> None:
        if self._files is not None and self._lock is not None:
            for path in (self._files.staged, self._files.next, self._files.keeping):
                remove(path)
            self._lock.release()

    def _finish(self, entry: LedgerEntry) -> None:
        """What comes after a swap: the refresh before is kept, unless there was none."""
        files = self._locked()
        try:
            reached("publication.swap.committed")
        finally:
            if entry.previous is None:
                remove(files.previous)
            else:
                files.keeping.replace(files.previous)
        remove(files.staged)
        reached("publication.swap.done")

    def _locked(self) -> TargetFiles:
        if self._files is None:
            raise RuntimeError("lock() comes before every step that writes")
        return self._files

    @abstractmethod
    def _live(self, dataset: str, *, step: str) -> LedgerEntry | None:
        """The entry of what is live."""

    @abstractmethod
    def _refresh_in(self, path: Path) -> str | None:
        """The refresh of the dataset that a kept file holds whole; None if it holds none."""
