"""The atomic step in SQLite: one transaction in the live file that replaces the dataset's tables.

One transaction, not a copied file: what others wrote meanwhile to other tables of the file is kept, and the file's
journal mode and page size stay what they are. Readers of a file in WAL mode go on reading all the while; with a
rollback journal they wait for the commit.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from synth_assets.catalog.model import Catalog
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, TargetBusy
from synth_assets.publish.files import remove
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.sqlite_connection import create_private, rows, run
from synth_assets.publish.sqlite_ledger import write_entry, write_shape
from synth_assets.publish.sqlite_schema import copy_tables, tables

_KEPT = "synth_assets_kept"
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
# Up to this size a swap stays in memory until it commits, so that readers wait for the commit only.
_MOST_IN_MEMORY = 2**30


def keep(live: Path, *, names: Sequence[str], refresh: str, path: Path, encoding: str) -> None:
    """Copy the dataset's live tables into a file of their own, for a rollback."""
    remove(path)
    connection = create_private(path, encoding=encoding, step="swap")
    try:
        run(connection, "ATTACH DATABASE ? AS live", [str(live)], step="swap")
        run(connection, "BEGIN", step="swap")
        copy_tables(connection, names, source="live", step="swap")
        run(connection, f"CREATE TABLE {_KEPT} (refresh TEXT NOT NULL)", step="swap")
        run(connection, f"INSERT INTO {_KEPT} VALUES (?)", [refresh], step="swap")
        run(connection, "COMMIT", step="swap")
    finally:
        connection.close()


def kept_refresh(path: Path) -> str | None:
    """The refresh that a file keeps; None if there is none, or if it is not complete."""
    if not path.exists():
        return None
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        found = rows(connection, f"SELECT refresh FROM {_KEPT}", step="rollback")
    except DatabaseFailed:
        # Cut off in the middle: as good as none.
        return None
    finally:
        connection.close()
    return str(found[0][0]) if found else None


def swap(
    connection: sqlite3.Connection,
    *,
    incoming: Path,
    outgoing: Sequence[str],
    entry: LedgerEntry,
    shape: Catalog | None,
    target: str,
    patience: float,
) -> None:
    """Replace the tables `outgoing` by those of the file `incoming`.

    Args:
        connection: To the live file, in autocommit mode.
        entry: Written to the ledger by the same transaction.
        shape: What the incoming tables are; None if that is known already.
        patience: Seconds to wait for readers and writers.

    Raises:
        TargetBusy: others kept the file locked for all that time.
        DatabaseFailed: nothing was changed.
    """
    run(connection, f"PRAGMA busy_timeout = {int(patience * 1000)}", step="swap")
    run(connection, "PRAGMA foreign_keys = OFF", step="swap")
    spill = "OFF" if incoming.stat().st_size <= _MOST_IN_MEMORY else "ON"
    run(connection, f"PRAGMA cache_spill = {spill}", step="swap")
    run(connection, "ATTACH DATABASE ? AS staged", [str(incoming)], step="swap")
    try:
        run(connection, "BEGIN IMMEDIATE", step="swap")
        reached("publication.swap.begun")
        for name in outgoing:
            run(connection, f"DROP TABLE main.{quoted(name)}", step="swap")
        copy_tables(connection, tables(connection, step="swap", schema="staged"), source="staged", step="swap")
        reached("publication.swap.moved")
        write_entry(connection, entry, step="swap")
        if shape is not None:
            write_shape(connection, shape, step="swap")
        reached("publication.swap.entered")
        run(connection, "COMMIT", step="swap")
    except DatabaseFailed as failure:
        if failure.code.startswith(_BUSY):
            raise TargetBusy(target, "other connections to the file", patience) from None
        raise
    finally:
        if connection.in_transaction:
            connection.rollback()
        run(connection, "DETACH DATABASE staged", step="swap")
