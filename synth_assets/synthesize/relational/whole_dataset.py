"""Datasets that one model learns as a whole: HMA gives learned columns and parents, all else is made as always.

Keys, columns made by rules, further checks and uniqueness are those of the relational layer; the model takes the place
of the tables' value models and of the choice of parents.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from synth_assets.plan.resolved import Mode, ResolvedPlan
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import ColumnSpec, TableSpec
from synth_assets.synthesize.relational.column_specs import column_kind
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.matching import NO_ROW, Rows
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables
from synth_assets.synthesize.sdv.errors import EngineRefused
from synth_assets.synthesize.sdv.hma import HMA, Link, LinkedRows


def fit_whole_dataset(folder: Folder, *, plan: ResolvedPlan, source: SourceTables) -> None:
    """Learn the training rows of all tables, and save the model.

    Raises:
        EngineRefused: A table has no rows to learn from.
        EngineFailed: SDV gave up.
    """
    rng = np.random.default_rng(plan.seed)
    structures = _learned(source.structures)
    empty = [name for name in structures if not source.training(name).any()]
    if empty:
        raise EngineRefused("hma", [f"{name} has no rows to learn from" for name in empty])
    tables, specs = {}, {}
    for name, structure in structures.items():
        training = np.flatnonzero(source.training(name))
        rows = source.frame(name)[training].select(structure.learned)
        parents = {r.name: _training_parents(source, r, training, rng) for r in _references(structure)}
        tables[name] = LinkedRows(rows, parents)
        columns = tuple(
            ColumnSpec(
                column,
                column_kind(rows.schema[column]),
                nullable=rows[column].null_count() > 0,
                keep=structure.decision.column(column).lets_real_values_through,
            )
            for column in structure.learned
        )
        specs[name] = TableSpec(name, columns, plan.min_group)
    links = [Link(r.name, r.child, r.key.parent) for structure in structures.values() for r in _references(structure)]
    options = next(iter(structures.values())).decision.synthesizer_options
    model = HMA(**options)
    model.fit(tables, specs=specs, links=links, seed=plan.seed)
    model.save(folder.folder("model"))
    trained = sum(table.rows.height for table in tables.values())
    folder.write_json("sizes.json", {"rows": sum(source.frame(name).height for name in tables), "trained": trained})


def sample_whole_dataset(
    model: Folder, folder: Folder, *, plan: ResolvedPlan, structures: Mapping[str, TableStructure]
) -> None:
    """Draw all tables at the plan's scale, and save them.

    Raises:
        EngineFailed: SDV gave up.
    """
    rng = np.random.default_rng([plan.seed, 1])
    learned = _learned(structures)
    sizes = model.read_json("sizes.json")
    assert isinstance(sizes, dict)  # noqa: S101 (written by fit_whole_dataset)
    scale = next(iter(learned.values())).decision.scale * float(str(sizes["rows"])) / float(str(sizes["trained"]))
    drawn = HMA.load(model.folder("model")).sample(scale=scale, rng=rng)
    for name, table in drawn.items():
        structure, place = learned[name], folder.folder(name)
        checks = RowChecks.of(structure.table, structure.learned)
        place.write_frame("rows.parquet", _repaired(table.rows, checks, rng))
        parents = {}
        for reference in _references(structure):
            rows = table.parents[reference.name]
            if not any(structure.table.column(column).nullable for column in reference.key.columns):
                free = rng.integers(0, drawn[reference.key.parent].rows.height, len(rows))
                rows = np.where(rows == NO_ROW, free, rows)
            parents[reference.name] = rows
        place.write_frame("parents.parquet", pl.DataFrame({"": np.zeros(table.rows.height, np.int8), **parents}))


def read_whole_dataset(folder: Folder) -> dict[str, LinkedRows]:
    """What `sample_whole_dataset` saved, by table."""
    found = {}
    for name in folder.folder_names():
        parents = folder.folder(name).read_frame("parents.parquet")
        rows = folder.folder(name).read_frame("rows.parquet")
        # A frame without columns forgets its height.
        rows = rows if rows.width else pl.DataFrame(height=parents.height)
        found[name] = LinkedRows(rows, {c: parents[c].to_numpy() for c in parents.columns if c})
    return found


def _learned(structures: Mapping[str, TableStructure]) -> dict[str, TableStructure]:
    return {name: s for name, s in structures.items() if s.decision.mode is Mode.SYNTHETIC}


def _references(structure: TableStructure) -> list[Reference]:
    return ([structure.driving] if structure.driving else []) + list(structure.further)


def _training_parents(source: SourceTables, reference: Reference, rows: Rows, rng: np.random.Generator) -> Rows:
    """Row numbers among the parent's training rows; a held-out parent is replaced by any other."""
    training = source.training(reference.key.parent)
    number = np.where(training, np.cumsum(training) - 1, NO_ROW)
    parents = source.parents(reference.child, reference.key)[rows]
    found = np.where(parents >= 0, number[parents], NO_ROW)
    return np.where((parents >= 0) & (found < 0), rng.integers(0, int(training.sum()), len(found)), found)


def _repaired(rows: pl.DataFrame, checks: RowChecks, rng: np.random.Generator) -> pl.DataFrame:
    """Rows that break a check take the columns that it names from a row that does not."""
    wrong = checks.violated(rows)
    if not wrong.any() or wrong.all():
        return rows
    source = np.arange(rows.height)
    source[wrong] = rng.choice(np.flatnonzero(~wrong), int(wrong.sum()))
    return rows.with_columns(pl.col(name).gather(source) for name in checks.columns)
