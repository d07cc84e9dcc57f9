"""Whether there is room for a refresh, by the size of the source's tables, before anything is extracted."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import exc

from synth_assets.catalog.connection import FILE_FAMILIES, connection_lost, file_path, open_engine
from synth_assets.catalog.size import bytes_of_database, bytes_of_tables
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.project import Project

# Snapshot, models and new rows are compressed: together they took 0.6 of a SQLite file of 4 MB.
_STORE_FACTOR = 1
# The new tables staged, the old ones kept, and the journal of the swap.
_FILE_FACTOR = 3
_MEBIBYTE = 2**20


class TooLittleSpace(SynthAssetsError):
    """A disk is too small for what a refresh is about to write there."""

    def __init__(self, dataset: str, lacking: Sequence[str]) -> None:
        self.dataset = dataset
        self.lacking = tuple(lacking)
        super().__init__(
            f"There is too little space for {dataset!r}: {'; '.join(lacking)}.",
            untouched="No row was read, and no target was touched.",
            next_step="Free space on that disk, or move the store or the target to another one in resources/.",
        )


@dataclass(frozen=True)
class Demand:
    """What is about to be written into a folder, and by whom."""

    what: str
    folder: Path
    bytes: int


def demands(
    project: Project, targets: Sequence[str], *, source: DatabaseSettings, tables: Sequence[str]
) -> list[Demand]:
    """What a refresh writes to disks that can be looked at from here: the store's, and those of targets in files.

    Empty where the source does not tell how much room its tables take.
    """
    size = _asked(source, tables=tables)
    if size is None:
        return []
    found = []
    store, path = url_to_fs(project.resources.store.resolve_url(os.environ))
    if isinstance(store, LocalFileSystem):
        found.append(Demand("the store", Path(path), size * _STORE_FACTOR))
    for name in targets:
        url = sqlalchemy.make_url(project.resources.databases[name].resolve_url(os.environ))
        file = file_path(url) if url.get_backend_name() in FILE_FAMILIES else None
        if file is not None:
            found.append(Demand(f"target {name}", file.parent, size * _FILE_FACTOR))
    return found


def lacking(asked: Sequence[Demand]) -> list[str]:
    """A line for every disk that is too small for all that goes there."""
    by_disk: dict[int, list[Demand]] = {}
    for demand in asked:
        by_disk.setdefault(_existing(demand.folder).stat().st_dev, []).append(demand)
    lines = []
    for together in by_disk.values():
        folder = _existing(together[0].folder)
        needed, free = sum(demand.bytes for demand in together), shutil.disk_usage(folder).free
        if needed > free:
            who = " and ".join(demand.what for demand in together)
            lines.append(
                f"about {needed // _MEBIBYTE} MiB are needed for {who}, and {free // _MEBIBYTE} MiB are free on the "
                f"disk of {folder}"
            )
    return lines


def told_by_server(database: DatabaseSettings, *, source: DatabaseSettings, tables: Sequence[str]) -> str | None:
    """For people: what comes and what is there on a target's server; None for a file, whose disk is looked at."""
    url = sqlalchemy.make_url(database.resolve_url(os.environ))
    coming, there = _asked(source, tables=tables), _asked(database)
    if url.get_backend_name() in FILE_FAMILIES or coming is None or there is None:
        return None
    return (
        f"about {coming // _MEBIBYTE} MiB of rows come beside {there // _MEBIBYTE} MiB that are there; how much is "
        "free the server does not tell."
    )


def _asked(database: DatabaseSettings, *, tables: Sequence[str] | None = None) -> int | None:
    """Bytes of some tables, or of the whole database; None if it does not tell."""
    engine = open_engine(database.resolve_url(os.environ))
    try:
        with engine.connect() as connection:
            if tables is None:
                return bytes_of_database(connection)
            return bytes_of_tables(connection, tables, namespace=database.namespace)
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise connection_lost(engine.url) from None
        # Not told to this user, or not known to this build: the check is left out.
        return None
    finally:
        engine.dispose()


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
