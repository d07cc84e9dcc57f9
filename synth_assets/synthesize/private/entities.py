"""Whose each row of a private table is: what its own columns say, or the topmost row that it hangs on."""

import numpy as np
import polars as pl

from synth_assets.plan.private_settings import PrivatePromise
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, group_numbers
from synth_assets.synthesize.relational.tables import SourceTables


def entities_of(promise: PrivatePromise, table: str, *, rows: TableRows, source: SourceTables) -> Rows | None:
    """The entity of each row, numbered in the order in which they first occur.

    A negative number is a row that is an entity by itself: its columns are NULL, or it hangs on no row. None: every
    row is one.

    Args:
        rows: The table's.
        source: Leads from rows to those that they hang on.
    """
    if promise.entity:
        return _renumbered(group_numbers([rows.read(columns=list(promise.entity)).select(promise.entity)])[0])
    if not promise.path:
        return None
    at, found = table, np.arange(rows.rows)
    entities, numbered = np.full(len(found), NO_ROW, dtype=np.int64), 0
    for key in promise.path:
        above = np.full(len(found), NO_ROW, dtype=np.int64)
        known = found >= 0
        above[known] = source.parents(at, key)[found[known]]
        if at != table:
            # An order of no customer is an entity itself, with all its lines.
            topmost = known & (above < 0)
            entities[topmost] = numbered + found[topmost]
            numbered += source.frame(at).height
        at, found = key.parent, above
    return _renumbered(np.where(found >= 0, numbered + found, entities))


def _renumbered(entities: Rows) -> Rows:
    """The same entities whatever numbers they had."""
    known = entities >= 0
    ranks = pl.Series(entities[known]).rank("dense").cast(pl.Int64).to_numpy() - 1
    first = np.unique(ranks, return_index=True)[1]
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    numbers = np.full(len(entities), NO_ROW, dtype=np.int64)
    numbers[known] = order[ranks]
    return numbers
