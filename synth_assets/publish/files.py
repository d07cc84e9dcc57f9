"""The files that publishing keeps beside a target that is a file: staged and kept tables, and locks."""

import getpass
import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth_assets.publish.finding import Finding
from synth_assets.publish.request import PublishRequest

_LEFTOVER = re.compile(r"(\..*\.synth-assets\.[0-9a-f]{12})\.(?:staged|next|keeping)")
# What SQLite and DuckDB keep beside a file of theirs; DuckDB also a folder.
_COMPANIONS = ("-journal", "-wal", "-shm", ".wal")
SPILLED = ".tmp"


@dataclass(frozen=True)
class TargetFiles:
    """Their places, for one dataset in one schema of one target.

    Attributes:
        live: The target itself, symbolic links resolved.
        namespace: The target's schema; empty in SQLite.
    """

    live: Path
    dataset: str
    namespace: str = ""

    @property
    def staged(self) -> Path:
        return self._beside("staged")

    @property
    def next(self) -> Path:
        """What is to take the place of the live file, where that changes as a whole."""
        return self._beside("next")

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

    @property
    def swap_lock(self) -> Path:
        """Of whoever replaces the live file as a whole, whatever the dataset."""
        return self.live.with_name(f".{self.live.name}.synth-assets.swap")

    def _beside(self, what: str) -> Path:
        digest = hashlib.sha256(f"{self.namespace}:{self.dataset}".encode()).hexdigest()[:12]
        return self.live.with_name(f".{self.live.name}.synth-assets.{digest}.{what}")

    def leftovers(self) -> Iterator[tuple[Path, Path]]:
        """(file, lock of whoever made it) for every file that a publication into this target should have removed."""
        there = sorted(self.live.parent.glob(f".{_literal(self.live.name)}.synth-assets.*"))
        # A file's companions may have outlived it.
        found = (_LEFTOVER.match(path.name) for path in there)
        for name, stem in dict.fromkeys((match.group(), match.group(1)) for match in found if match):
            yield self.live.with_name(name), self.live.with_name(f"{stem}.lock")


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


def remove(path: Path) -> None:
    """Remove a database file of ours and what its database keeps beside it."""
    for suffix in _COMPANIONS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + SPILLED), ignore_errors=True)
    path.unlink(missing_ok=True)


def remove_leftovers(files: TargetFiles) -> list[str]:
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


def lacks_space(request: PublishRequest, folder: Path, *, factor: int, beside: int = 0) -> Finding | None:
    """A finding if the disk is too small for what is about to be written, by the size of the first rows.

    Args:
        factor: How many times a row's size in memory its table takes on the disk in the end.
        beside: Bytes that are needed anyhow.
    """
    needed = beside
    for table in request.tables.values():
        first = next(iter(table.batches(rows=1000)), None) if table.rows else None
        if first is not None and first.height:
            needed += int(first.estimated_size() / first.height * table.rows) * factor
    free = shutil.disk_usage(folder).free
    if needed <= free:
        return None
    return Finding(
        problem=f"about {needed // 2**20} MiB are needed, {free // 2**20} MiB are free.",
        remedy=f"Free some space on the disk of {folder}.",
    )


def not_writable(path: Path) -> list[Finding]:
    """Findings if a target's file or its folder may not be written."""
    return [
        Finding(problem=f"{place} may not be written.", remedy="Grant the right to write to this user.")
        for place in (path, path.parent)
        if not os.access(place, os.W_OK)
    ]


def writer() -> str:
    """The operating system's user: a file has no users of its own."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
