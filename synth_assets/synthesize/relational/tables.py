"""Rows of many tables that refer to each other, real or synthetic, and how to get from a row to its ancestors."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.frames import decimal_of, frame_schema, polars_type, read_as
from synth_assets.catalog.model import Column, ForeignKey, Kind
from synth_assets.statistics.references import match_rows
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.further.polymorphic import without_unknown_labels
from synth_assets.synthesize.relational.matching import NO_ROW, Rows
from synth_assets.synthesize.relational.structure import Reference, TableStructure

MOST_LEVELS = 3
MOST_ANCESTORS = 40
MOST_UNREAD = 0.05
NUMBERS_AND_TIMES = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DATE, Kind.TIME, Kind.DATETIME)


@dataclass(frozen=True)
class Ancestor:
    """An ancestor of a table: which table, along which keys, and the row of each descendant."""

    table: str
    path: tuple[str, ...]
    rows: Rows


class LinkedTables:
    """Tables read on demand by `read`, each at most once, and the row numbers that their keys lead to."""

    def __init__(self, structures: Mapping[str, TableStructure], read: Callable[[str], pl.DataFrame]) -> None:
        self.structures = structures
        self._read = read
        self._frames: dict[str, pl.DataFrame] = {}
        self._rows: dict[tuple[str, ForeignKey], Rows] = {}

    def frame(self, table: str) -> pl.DataFrame:
        """All rows of a table; at least its learned columns and those of any key."""
        if table not in self._frames:
            self._frames[table] = self._read(table)
        return self._frames[table]

    def put(self, table: str, frame: pl.DataFrame) -> None:
        """Set a table's rows; what was known of its keys is forgotten."""
        self._frames[table] = frame
        self._rows = {
            (child, key): rows for (child, key), rows in self._rows.items() if table not in (child, key.parent)
        }

    def parents(self, child: str, key: ForeignKey) -> Rows:
        """The row number in the parent of each row of the child; NO_ROW for none."""
        at = (child, key)
        if at not in self._rows:
            self._rows[at] = match_rows(self.frame(child), key, self.frame(key.parent))
        return self._rows[at]

    def along(self, table: str, path: Sequence[str]) -> Rows:
        """The row that each row of a table leads to by keys, one after the other; NO_ROW where one refers to none."""
        rows = np.arange(self.frame(table).height)
        for name in path:
            key = next(r.key for r in references_of(self.structures[table]) if r.name == name)
            rows, table = self._above(table, key, rows), key.parent
        return rows

    def _above(self, table: str, key: ForeignKey, rows: Rows) -> Rows:
        """The parent's row of each of these rows of a table, or of none."""
        up = self.parents(table, key)
        return np.where(rows >= 0, up[rows], NO_ROW) if len(up) else rows

    def ancestors(self, table: str, *, first: Collection[str] | None = None) -> list[Ancestor]:
        """The table itself, then its ancestors by any of their keys, the nearest first.

        Args:
            first: Names of the table's own keys that are followed; None: all that are there before its deferred ones.
        """
        found = [Ancestor(table, (), np.arange(self.frame(table).height))]
        for at in found:
            if len(at.path) == MOST_LEVELS or len(found) >= MOST_ANCESTORS:
                continue
            for reference in references_of(self.structures[at.table]):
                followed = first is None or at.path or reference.name in first
                if not followed or reference.deferred or reference.to_itself or reference.key.branch:
                    continue
                rows = self._above(at.table, reference.key, at.rows)
                found.append(Ancestor(reference.key.parent, (*at.path, reference.name), rows))
        return found[:MOST_ANCESTORS]


def references_of(structure: TableStructure) -> tuple[Reference, ...]:
    """All keys of a table, the driving one first."""
    return (*([structure.driving] if structure.driving else ()), *structure.further)


class SourceTables(LinkedTables):
    """The rows of a snapshot; a table that was not extracted has none."""

    def __init__(self, structures: Mapping[str, TableStructure], snapshot: Mapping[str, TableRows]) -> None:
        super().__init__(structures, self._from_snapshot)
        self._snapshot = snapshot
        self._training: dict[str, npt.NDArray[np.bool_]] = {}

    def training(self, table: str) -> npt.NDArray[np.bool_]:
        """True for every row that a model may be trained on."""
        if table not in self._snapshot:
            return np.ones(0, dtype=np.bool_)
        if table not in self._training:
            real = self._snapshot.get(table)
            self._training[table] = ~real.held_out().to_numpy() if real else np.zeros(0, dtype=np.bool_)
        return self._training[table]

    def count_children(self, reference: Reference) -> npt.NDArray[np.int64]:
        """Children of each parent row, held-out ones among them.

        By a further key children are held out one by one, with their driving parents, and a count of what is left
        would be of no row's family.
        """
        rows = self.parents(reference.child, reference.key)
        return np.bincount(rows[rows >= 0], minlength=self.frame(reference.key.parent).height).astype(np.int64)

    def _from_snapshot(self, table: str) -> pl.DataFrame:
        structure = self.structures[table]
        if table not in self._snapshot:
            return pl.DataFrame(schema=frame_schema(structure.table))
        referred = set(structure.referred)
        keyed = set(structure.referencing) | referred | {c for s in structure.table.unique_sets for c in s}
        ruled_only = {column.name for column in structure.ruled} - referred - set(structure.referencing)
        primary = structure.table.primary_key
        ruled_only -= set(primary.columns) if primary else set()
        wanted = [
            name
            for name in structure.published_columns
            if name in structure.learned or (name in keyed and name not in ruled_only)
        ]
        if not wanted:
            wanted = list(structure.published_columns[:1])
        if table not in self._snapshot:
            return pl.DataFrame(schema={name: polars_type(structure.table.column(name).type) for name in wanted})
        frame = without_unknown_labels(self._snapshot[table].read(columns=wanted), structure)
        return frame.with_columns(learnable(frame[name], structure.table.column(name)) for name in structure.learned)


def learnable(values: pl.Series, column: Column) -> pl.Series:
    """A column as a synthesizer can learn most of it: numbers and times that a snapshot keeps as text are read.

    A snapshot keeps a column as text for the sake of single values (`infinity`, years BC); these are not learned. Text
    that is mostly no number or time in a column declared so stays the category that it is. Decimals beyond the digits
    that polars has are learned as floats.
    """
    if values.dtype != pl.String or column.type.kind not in NUMBERS_AND_TIMES:
        return values
    declared = polars_type(column.type)
    read = read_as(values, (decimal_of(values) or pl.Float64()) if declared == pl.String else declared)
    unread = read.null_count() - values.null_count()
    return read if unread <= MOST_UNREAD * max(len(values), 1) else values
