"""What candidates are tried on: some training rows of a table and some held-out ones, each given its parent."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.plan.resolved import Treatment
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather
from synth_assets.synthesize.relational.structure import TableStructure
from synth_assets.synthesize.relational.table_training import FitInputs
from synth_assets.synthesize.relational.tables import SourceTables

# Fewer tell too little: figures of candidates would differ by who happens to be held out.
HELD_OUT_ROWS, HELD_OUT_ENTITIES = 100, 20


@dataclass(frozen=True)
class TrialRows:
    """Rows of one side of a trial.

    Attributes:
        rows: The learned columns.
        context: What is known of each row's parents, or its own columns that stay real; None if there is neither.
        entities: What each row hangs on; rows of one entity are held out together.
    """

    rows: pl.DataFrame
    context: pl.DataFrame | None
    entities: Rows


@dataclass(frozen=True)
class Trial:
    """A part of a table to try candidates on.

    Attributes:
        telling: Learned columns whose values rows may share: the others tell nothing of fidelity or of copies.
        kept: Columns whose real values the plan lets through.
    """

    table: str
    training: TrialRows
    held_out: TrialRows
    telling: tuple[str, ...]
    kept: frozenset[str]
    checks: RowChecks
    min_group: int


@dataclass(frozen=True)
class NoTrial:
    """Why no candidate can be tried."""

    because: str


def trial_of(table: str, inputs: FitInputs, *, rows: int, seed: int) -> Trial | NoTrial:
    """At most `rows` training rows of a table and as many held-out ones, drawn by the seed."""
    source = inputs.source
    structure = source.structures[table]
    names = _anew(structure)
    telling = tuple(name for name in names if not _is_unique(structure, name))
    if not telling:
        return NoTrial("no column is learned whose values rows share")
    held_out = np.flatnonzero(~source.training(table))
    entities = entities_of(source, table)
    if len(held_out) < HELD_OUT_ROWS or len(np.unique(entities[held_out])) < HELD_OUT_ENTITIES:
        return NoTrial(
            f"fewer than {HELD_OUT_ROWS} rows, or rows of fewer than {HELD_OUT_ENTITIES} entities, are held out"
        )
    context = _context(structure, inputs)
    frame = source.frame(table).select(names)
    rng = np.random.default_rng([seed, 0])

    def some(of: Rows) -> TrialRows:
        at = np.sort(rng.choice(of, min(rows, len(of)), replace=False))
        return TrialRows(frame[at], None if context is None else context[at], entities[at])

    return Trial(
        table=table,
        training=some(np.flatnonzero(source.training(table))),
        held_out=some(held_out),
        telling=telling,
        kept=frozenset(n for n in names if structure.decision.column(n).keeps_rare_values),
        checks=RowChecks.of(structure.table, structure.learned),
        min_group=inputs.plan.min_group,
    )


def entities_of(source: SourceTables, table: str) -> Rows:
    """What each row hangs on, int64 of shape (rows,): its row in the highest table above of which rows are held out.

    A row that hangs on nothing is an entity of its own, a negative number.
    """
    rows: Rows = np.arange(source.frame(table).height)
    found, name = rows, table
    while driving := source.structures[name].driving:
        up = source.parents(name, driving.key)
        above = np.full(len(rows), NO_ROW, dtype=np.int64)
        above[rows >= 0] = up[rows[rows >= 0]]
        rows, name = above, driving.key.parent
        if not source.training(name).all():
            found = rows
    return np.where(found < 0, -1 - np.arange(len(found)), found)


def _anew(structure: TableStructure) -> list[str]:
    """The columns that the engine is to make."""
    if structure.decision.is_generated:
        return list(structure.learned)
    return [n for n in structure.learned if structure.decision.column(n).treatment is Treatment.LEARN]


def _is_unique(structure: TableStructure, name: str) -> bool:
    return structure.decision.column(name).unique or (name,) in structure.table.unique_sets


def _context(structure: TableStructure, inputs: FitInputs) -> pl.DataFrame | None:
    """Of every row of the table: the features of its driving parent; in a partial table its real columns."""
    if not structure.decision.is_generated:
        kept = [name for name in structure.learned if name not in _anew(structure)]
        return inputs.source.frame(structure.name).select(kept) if kept else None
    if not structure.driving:
        return None
    return gather(
        inputs.features.of(structure.driving.key.parent), inputs.source.parents(structure.name, structure.driving.key)
    )
