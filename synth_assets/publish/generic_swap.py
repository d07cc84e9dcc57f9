"""The atomic step in a database of any dialect: one transaction that moves rows, and no table.

Whether tables can be made and renamed in a transaction differs between databases. Rows can be deleted and inserted in
one wherever there are transactions at all: others see all of it at its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy

from synth_assets.catalog.model import Catalog
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, TargetRefused
from synth_assets.publish.generic_ledger import GenericLedger
from synth_assets.publish.generic_stage import cleaned
from synth_assets.publish.ledger import LedgerEntry, live_entries


@dataclass(frozen=True)
class Exchange:
    """One table's part in the swap.

    Attributes:
        live: As readers know it.
        incoming: What it is to hold.
        previous: What is to hold what it held.
        columns: The columns that hold values of their own.
        sent: Those of them that the incoming table fills; the live one fills the others by default.
    """

    live: sqlalchemy.Table
    incoming: sqlalchemy.Table
    previous: sqlalchemy.Table
    columns: tuple[str, ...]
    sent: tuple[str, ...]


def swap(
    connection: sqlalchemy.Connection,
    exchanges: Sequence[Exchange],
    *,
    emptied: Sequence[sqlalchemy.Table],
    entry: LedgerEntry,
    shape: Catalog | None,
    known: LedgerEntry | None,
    ledger: GenericLedger,
    target: str,
) -> None:
    """Exchange the rows of all tables.

    Args:
        exchanges: Parents before children.
        emptied: Tables that have left the dataset.
        shape: What the live tables are; None if that is known already.
        known: The ledger's live entry, by which all of this was decided.

    Raises:
        TargetRefused: it is not authorized any more.
        DatabaseFailed: nothing was changed, unless the connection was lost.
    """
    with cleaned("swap"):
        if not ledger.hold(connection):
            connection.rollback()
            raise TargetRefused(target, "its mark is gone.", next_step=f"Mark it: synth-assets authorize {target}.")
        if live_entries(ledger.read(connection)).get(entry.dataset) != known:
            connection.rollback()
            raise DatabaseFailed(
                step="swap",
                code="changed",
                meaning="another publication of this dataset came in between",
                remedy="Publish again.",
            )
        reached("publication.swap.begun")
        for exchange in exchanges:
            _fill(connection, exchange.previous, exchange.live, exchange.columns)
        for table in (*emptied, *(exchange.live for exchange in reversed(exchanges))):
            connection.execute(table.delete())
        for exchange in exchanges:
            _insert(connection, exchange.live, exchange.incoming, exchange.sent)
        reached("publication.swap.moved")
        ledger.write(connection, entry)
        if shape is not None:
            ledger.write_shape(connection, shape)
        reached("publication.swap.entered")
        connection.commit()
    reached("publication.swap.committed")


def copy(connection: sqlalchemy.Connection, pairs: Mapping[sqlalchemy.Table, sqlalchemy.Table]) -> None:
    """Fill tables with the rows of others of the same columns, and commit."""
    with cleaned("rollback"):
        for into, source in pairs.items():
            _fill(connection, into, source, tuple(into.columns.keys()))
        connection.commit()


def _fill(
    connection: sqlalchemy.Connection, into: sqlalchemy.Table, source: sqlalchemy.Table, columns: Sequence[str]
) -> None:
    connection.execute(into.delete())
    _insert(connection, into, source, columns)


def _insert(
    connection: sqlalchemy.Connection, into: sqlalchemy.Table, source: sqlalchemy.Table, columns: Sequence[str]
) -> None:
    names = list(columns)
    connection.execute(into.insert().from_select(names, sqlalchemy.select(*(source.c[name] for name in names))))
