"""The files that publishing keeps beside a SQLite target: staged and kept tables, and locks."""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth_assets.publish.sqlite_connection import remove

_LEFTOVER = re.compile(r"\.synth-assets\.([0-9a-f]{12})\.(?:staged|keeping)$")


@dataclass(frozen=True)
class SqliteFiles:
    """Their places, for one dataset in one target.

    Attributes:
        live: The target itself, symbolic links resolved.
    """

    live: Path
    dataset: str

    @property
    def staged(self) -> Path:
        return self._beside("staged")

    @property
    def keeping(self) -> Path:
        """What is to become `previous` once the swap is done."""
        return self._beside("keeping")

    @property
    def previous(self) -> Path:
        return self._beside("previous")

    @property
    def lock(self) -> Path:
        return self._beside("lock")

    def _beside(self, what: str) -> Path:
        digest = hashlib.sha256(self.dataset.encode()).hexdigest()[:12]
        return self.live.with_name(f".{self.live.name}.synth-assets.{digest}.{what}")

    def leftovers(self) -> Iterator[tuple[Path, Path]]:
        """(file, lock of whoever made it) for every file that a publication into this target should have removed."""
        for path in sorted(self.live.parent.glob(f".{_literal(self.live.name)}.synth-assets.*")):
            match = _LEFTOVER.search(path.name)
            if match:
                yield path, path.with_suffix(".lock")


class FileLock:
    """An exclusive lock that ends with its process: SQLite's own, on a file of its own."""

    def __init__(self, path: Path, *, patience: float) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        os.close(descriptor)
        self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            self._connection.close()
            raise

    def release(self) -> None:
        self._connection.close()


def remove_leftovers(files: SqliteFiles) -> list[str]:
    """Remove what dead publications left; the caller holds the lock of its own dataset."""
    removed = []
    for path, lock in files.leftovers():
        held = None
        if lock != files.lock:
            try:
                held = FileLock(lock, patience=0)
            except sqlite3.OperationalError:
                # At work right now.
                continue
        remove(path)
        removed.append(path.name)
        if held is not None:
            held.release()
    return removed


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
