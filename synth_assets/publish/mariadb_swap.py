"""The atomic step in MariaDB and MySQL: one RENAME TABLE moves the staged tables in and the live ones out.

The statement takes the locks of all its tables before it moves the first, and a crash undoes all of it or nothing.
The new ledger is one of the tables that it moves: what the ledger says is what was moved. Foreign keys among the tables
go with them; views, rights and procedures know tables by name and so find the new ones. A reader that has an open
transaction on a live table is waited for, with a short lock_wait_timeout, again and again, so that readers that come
after it never wait longer than that.
"""

import random
import time
from collections.abc import Sequence

from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, TargetBusy
from synth_assets.publish.mariadb_connection import MariadbConnection, quoted_place

# The least that the server knows beside none.
LOCK_SECONDS = 1
_BUSY = frozenset({"1205", "1213"})
_OTHERS = """
SELECT id, user, command FROM information_schema.processlist
WHERE id <> CONNECTION_ID() AND db = %s AND command <> 'Daemon' ORDER BY id
"""

Move = tuple[str, str, str]


def moves(names: Sequence[str], source: str, destination: str) -> list[Move]:
    """Moves of tables from one database to another."""
    return [(name, source, destination) for name in names]


def swap(connection: MariadbConnection, planned: Sequence[Move], *, live: str, target: str, patience: float) -> None:
    """Make all moves in one statement.

    Args:
        planned: (table, from database, to database), made from the first to the last.
        live: The target's database.
        patience: Seconds to try for the locks.

    Raises:
        TargetBusy: others held locks for all that time.
        DatabaseFailed: nothing was changed, or, where the connection was lost, the ledger tells.
    """
    renames = ", ".join(
        f"{quoted_place(source, name)} TO {quoted_place(destination, name)}" for name, source, destination in planned
    )
    connection.run(f"SET SESSION foreign_key_checks = 0, lock_wait_timeout = {LOCK_SECONDS}", step="swap")
    began = time.monotonic()
    pause = 0.1
    while True:
        reached("publication.swap.entered")
        try:
            connection.run(f"RENAME TABLE {renames}", step="swap")
        except DatabaseFailed as failure:
            if failure.code not in _BUSY:
                raise
            waited = time.monotonic() - began
            if waited > patience:
                raise TargetBusy(target, _others(connection, live), waited) from None
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (to part two refreshes, not a secret)
            pause = min(pause * 2, 2.0)
        else:
            return


def _others(connection: MariadbConnection, live: str) -> str:
    found = connection.rows(_OTHERS, [live], step="swap")
    named = [f"{user} (connection {number}, {command.lower()})" for number, user, command in found]
    return ", ".join(named) or "other transactions"
