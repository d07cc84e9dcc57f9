"""The atomic step in PostgreSQL: the staged tables change places with the live ones in one short transaction.

The tables are moved by SET SCHEMA, under exclusive locks on all live ones: so a transaction of several statements that
has read one of them goes on to see the old ones only, the schema with its owner, grants and other objects stays what
it is, and tables outside the dataset are not touched. Locks are asked for with a short lock_timeout, again and again:
readers never wait longer than that behind a reader that keeps its transaction open, or behind a join that has locked
one table, waits for another that the swap has, and so keeps the swap waiting. The first timeouts are the shortest:
longer ones only come where these were in vain for a while, as transactions of readers overlap there.
"""

import random
import time
from collections.abc import Mapping

from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, TargetBusy
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.postgres_anew import Anew
from synth_assets.publish.postgres_attached import forced_policies
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_ledger import write_entry
from synth_assets.publish.postgres_rebinding import Rebinding
from synth_assets.publish.postgres_schema import Standing, schema_exists, standing

_FIRST_LOCK_MILLISECONDS = 10
_USUAL_LOCK_MILLISECONDS = 40
_USUAL_SECONDS = 10.0
_MOST_LOCK_MILLISECONDS = 200
# A client that is frozen in the middle of the swap blocks readers no longer than this.
IDLE_TIMEOUT = "10s"
_BUSY = frozenset({"55P03", "40P01"})
_HOLDERS = """
SELECT DISTINCT a.pid, coalesce(nullif(a.application_name, ''), 'an unnamed application'), a.state
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = ANY (%s::oid[]) AND l.granted AND a.pid <> pg_backend_pid() ORDER BY 1
"""
_STATISTICS = """
SELECT x.stxname, n.nspname FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace
WHERE x.stxrelid = ANY (%s::oid[])
"""


def swap(
    connection: PostgresConnection,
    *,
    incoming: str,
    outgoing: Standing,
    anew: Anew,
    previous: str,
    dropped: str,
    entry: LedgerEntry,
    target: str,
    patience: float,
) -> None:
    """Move the tables of schema `incoming` into the target's schema, and those that stand there into `previous`.

    Args:
        incoming: A schema of ours; it is gone afterwards.
        outgoing: The live tables that go.
        anew: What leans on them and cannot be bound to others, made over the tables of `incoming`.
        previous: Where they go; what is kept there moves to `dropped`.
        entry: Written to the ledger by the same transaction.
        patience: Seconds to try for the locks.

    Raises:
        TargetBusy: others held locks for all that time.
        DatabaseFailed: nothing was changed, or, where the connection was lost, the ledger tells.
    """
    began = time.monotonic()
    pause = 0.05
    lock_milliseconds = _FIRST_LOCK_MILLISECONDS
    while True:
        try:
            _swap_once(connection, incoming, outgoing, anew, previous, dropped, entry, lock_milliseconds)
        except DatabaseFailed as failure:
            if failure.code not in _BUSY:
                raise
            waited = time.monotonic() - began
            if waited > patience:
                raise TargetBusy(target, _holders(connection, outgoing, anew), waited) from None
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (to part two refreshes, not a secret)
            pause = min(pause * 2, 2.0)
            most = _USUAL_LOCK_MILLISECONDS if waited < _USUAL_SECONDS else _MOST_LOCK_MILLISECONDS
            lock_milliseconds = min(lock_milliseconds * 2, most)
        else:
            return


def _swap_once(
    connection: PostgresConnection,
    incoming: str,
    outgoing: Standing,
    anew: Anew,
    previous: str,
    dropped: str,
    entry: LedgerEntry,
    lock_milliseconds: int,
) -> None:
    live = outgoing.schema
    with connection.transaction(step="swap"):
        connection.run(
            f"SET LOCAL lock_timeout TO {lock_milliseconds}; "
            f"SET LOCAL idle_in_transaction_session_timeout TO '{IDLE_TIMEOUT}'; SET LOCAL synchronous_commit TO on",
            step="swap",
        )
        coming = standing(connection, incoming, None, step="swap")
        # Nothing is asked under lock that can be asked before. Who makes others meanwhile is noticed by `release`.
        homes, theirs = _statistics(connection, outgoing), _statistics(connection, coming)
        rebinding = Rebinding(connection, outgoing, incoming=incoming, anew=anew, previous=previous)
        rebinding.ahead()
        aside = _make_room(connection, incoming, outgoing, previous, dropped)
        if outgoing.tables:
            names = ", ".join(f"{quoted(live)}.{quoted(table)}" for table in outgoing.tables)
            connection.run(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE", step="swap")
        reached("publication.swap.begun")
        rebinding.release()
        forced = forced_policies(connection, outgoing, step="swap")
        if outgoing.tables:
            _move(connection, rebinding.going, live, previous, homes, dict.fromkeys(homes, previous))
        # Those of what comes stand where it does.
        theirs = {name: aside if schema == incoming else schema for name, schema in theirs.items()}
        _move(connection, coming, aside, live, theirs, homes)
        connection.run(f"DROP SCHEMA {quoted(aside)}", step="swap")
        for statement in forced:
            if statement.table in coming.tables:
                connection.run(statement.sql, step="swap", table=statement.table, constraint=statement.subject)
        rebinding.bind()
        reached("publication.swap.moved")
        write_entry(connection, entry, step="swap")
        reached("publication.swap.entered")


def _make_room(connection: PostgresConnection, incoming: str, outgoing: Standing, previous: str, dropped: str) -> str:
    """Schemas as the swap needs them, which takes no lock of a table; where the incoming tables then stand."""
    aside = incoming
    if not schema_exists(connection, outgoing.schema, step="swap"):
        connection.run(f"CREATE SCHEMA {quoted(outgoing.schema)}", step="swap")
    if incoming == previous:
        # A rollback: what comes in must make room first for what goes out.
        aside = dropped
        connection.run(f"ALTER SCHEMA {quoted(previous)} RENAME TO {quoted(aside)}", step="swap")
    elif schema_exists(connection, previous, step="swap"):
        connection.run(f"ALTER SCHEMA {quoted(previous)} RENAME TO {quoted(dropped)}", step="swap")
    if outgoing.tables:
        connection.run(f"CREATE SCHEMA {quoted(previous)}", step="swap")
    return aside


def _move(
    connection: PostgresConnection,
    what: Standing,
    source: str,
    destination: str,
    statistics: Mapping[str, str],
    homes: Mapping[str, str],
) -> None:
    """
    Args:
        statistics: Extended statistics of the tables, each name with its schema.
        homes: Where extended statistics of the name go; else they go with their tables.
    """
    place, there = quoted(source), quoted(destination)
    statements = [
        f"ALTER {'DOMAIN' if is_domain else 'TYPE'} {place}.{quoted(name)} SET SCHEMA {there}"
        for name, is_domain in what.types.values()
    ]
    statements += [
        f"ALTER STATISTICS {quoted(schema)}.{quoted(name)} SET SCHEMA {quoted(homes.get(name, destination))}"
        for name, schema in statistics.items()
    ]
    statements += [f"ALTER TABLE {place}.{quoted(table)} SET SCHEMA {there}" for table in what.tables]
    if statements:
        connection.run("; ".join(statements), step="swap")


def _statistics(connection: PostgresConnection, what: Standing) -> dict[str, str]:
    """Extended statistics of tables, which stand in schemas of their own: each name with its schema."""
    return dict(connection.rows(_STATISTICS, [list(what.tables.values())], step="swap"))


def _holders(connection: PostgresConnection, outgoing: Standing, anew: Anew) -> str:
    relations = [*outgoing.tables.values(), *(definition.reader.oid for definition in anew.definitions)]
    found = connection.rows(_HOLDERS, [relations], step="swap")
    named = [f"{application} (process {process}, {state})" for process, application, state in found]
    return ", ".join(named) or "other transactions"
