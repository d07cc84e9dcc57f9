"""Two keys of a row that never refer to the same row: nobody follows themselves, no flight ends where it began."""

from collections.abc import Mapping

import numpy as np

from synth_assets.dependencies.chance import MOST_BY_CHANCE
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables


def find_apart(reference: Reference, structure: TableStructure, parents: Mapping[str, Rows]) -> tuple[str, ...]:
    """The other keys to the same table that never refer to the row that this one refers to.

    Where no CHECK says so, chance would make that less than once in a million tables: each key's parents would come as
    often as they do, whatever the other one refers to (the number of rows that then agree is about Poisson's).

    Args:
        reference: The key.
        structure: The table that it belongs to.
        parents: By key, the parent of each row, negative for none.
    """
    mine, found = parents[reference.name], []
    for other in (structure.driving, *structure.further):
        if other is None or other.name == reference.name or other.key.parent != reference.key.parent:
            continue
        theirs = parents[other.name]
        both = (mine >= 0) & (theirs >= 0)
        if not both.any() or (mine[both] == theirs[both]).any():
            continue
        size = int(max(mine.max(), theirs.max())) + 1
        often = [np.bincount(rows[both], minlength=size) / both.sum() for rows in (mine, theirs)]
        agreeing = float((often[0] * often[1]).sum()) * int(both.sum())
        if np.exp(-agreeing) < MOST_BY_CHANCE or _checked(reference, other, structure):
            found.append(other.name)
    return tuple(found)


def _checked(one: Reference, other: Reference, structure: TableStructure) -> bool:
    """Whether a CHECK names columns of both keys, and of no other."""
    return bool(RowChecks.of(structure.table, one.key.columns, known=other.key.columns).expressions) and bool(
        RowChecks.of(structure.table, other.key.columns, known=one.key.columns).expressions
    )


def parents_apart(
    names: tuple[str, ...], reference: Reference, structure: TableStructure, tables: LinkedTables
) -> list[Rows]:
    """The rows of the parent that each generated row refers to by those of these keys that are filled."""
    there = set(tables.frame(reference.child).columns)
    return [
        tables.parents(reference.child, other.key)
        for other in (structure.driving, *structure.further)
        if other is not None and other.name in names and set(other.key.columns) <= there
    ]
