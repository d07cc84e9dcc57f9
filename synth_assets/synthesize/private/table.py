"""Learning a private table: its columns, which of its values are NULL, and rules for the rest that look at no row."""

from collections.abc import Mapping

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.frames import polars_type
from synth_assets.plan.domain import Labels
from synth_assets.plan.private_settings import PRIVATE
from synth_assets.plan.resolved import Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.private.coding import PrivateColumn
from synth_assets.synthesize.private.synthesizer import PrivateSynthesizer
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.relational.fit import null_name
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.keeping.keeping import VALUES
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.model import RelationalModel
from synth_assets.synthesize.relational.shape import Shape
from synth_assets.synthesize.relational.structure import TableStructure
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.rules import Rules

_NULL = Labels(values=("false", "true"), complete=True)


def fit_private_table(
    structure: TableStructure,
    *,
    rows: TableRows,
    entities: Rows | None,
    profile: TableProfile,
    key: bytes,
    folder: Folder,
) -> dict[str, JsonValue]:
    """Learn a table whose decision carries a promise, save its model, and tell figures about it, noisy ones only.

    Args:
        rows: The table's.
        entities: Whose each row is, see `entities_of`.
        profile: One that looked at no row.
        key: Secret of the store, for rules.
    """
    promise = structure.decision.private
    if promise is None:
        raise ValueError(f"the plan promises nothing of {structure.name}")
    learned, hidden = _learned_columns(structure), _null_columns(structure)
    columns = [*learned, *hidden]
    model = PrivateSynthesizer(
        columns=columns,
        epsilon=promise.epsilon,
        delta=promise.delta,
        entities=entities,
        rows_per_entity=promise.rows_per_entity,
    )
    model.fit(_to_learn(structure, rows, learned, hidden), table=_spec(structure, learned), context=None, seed=0)
    names = [column.name for column in columns]
    shape = Shape(synthesizer=PRIVATE, formulas=(), columns=tuple(names), gaps=Gaps(), order=None, parts=("rows",))
    schema = pl.Schema({column.name: column.dtype for column in columns})
    checks = RowChecks.of(structure.table, [column.name for column in learned])
    if columns:
        ValueModel(shape, {"rows": model}, schema, checks).save(folder.folder(VALUES))
    ruled = [c for c in structure.ruled if c.name not in structure.referencing]
    if ruled:
        nothing = pl.DataFrame(schema={c.name: polars_type(structure.table.column(c.name).type) for c in ruled})
        rules = Rules.fit(nothing, table=structure.table, columns=ruled, profile=profile, key=key, min_group=1)
        rules.save(folder.folder("rules"))
    _relational(structure, model, has_rules=bool(ruled)).save(folder)
    return {
        "columns_learned": len(learned),
        "columns_by_rules": len(ruled),
        "synthesizer": PRIVATE,
        "epsilon": promise.epsilon,
        "delta": promise.delta,
        "promise": promise.text,
        "rows_noisy": model.learned.rows,
        "pairs_counted": model.learned.pairs,
        "labels_not_listed": {name: round(share, 4) for name, share in model.learned.outside.items()},
    }


def _learned_columns(structure: TableStructure) -> list[PrivateColumn]:
    columns = []
    for name in structure.learned:
        column, domain = structure.table.column(name), structure.decision.column(name).domain
        if domain is None:
            raise ValueError(f"the plan names no domain of {structure.name}.{name}")
        columns.append(PrivateColumn(name, domain, polars_type(column.type), column.nullable))
    return columns


def _null_columns(structure: TableStructure) -> list[PrivateColumn]:
    """Hidden columns: whether rules or a foreign key leave a row's value NULL, wherever the catalog lets them."""
    names = [
        column.name
        for column in structure.ruled
        if structure.table.column(column.name).nullable
        and column.name not in structure.referencing
        and column.treatment not in (Treatment.NULL, Treatment.CONSTANT)
    ]
    names += [
        reference.name
        for reference in structure.further
        if any(structure.table.column(column).nullable for column in reference.key.columns)
    ]
    return [PrivateColumn(null_name(name), _NULL, pl.Boolean(), nullable=False) for name in names]


def _to_learn(
    structure: TableStructure, rows: TableRows, learned: list[PrivateColumn], hidden: list[PrivateColumn]
) -> pl.DataFrame:
    """The rows as they are to be learned, hidden columns included."""
    tested: Mapping[str, tuple[str, ...]] = {null_name(column.name): (column.name,) for column in structure.ruled} | {
        null_name(reference.name): reference.key.columns for reference in structure.further
    }
    needed = [column.name for column in learned] + [name for column in hidden for name in tested[column.name]]
    first = structure.published_columns[:1]
    frame = rows.read(columns=list(dict.fromkeys(needed)) or list(first))
    nulls = [
        frame.select(pl.any_horizontal(pl.col(name).is_null() for name in tested[column.name])).to_series()
        for column in hidden
    ]
    return frame.with_columns(values.alias(column.name) for values, column in zip(nulls, hidden, strict=True))


def _spec(structure: TableStructure, learned: list[PrivateColumn]) -> TableSpec:
    specs = tuple(ColumnSpec(column.name, ColumnKind.CATEGORY, column.nullable) for column in learned)
    return TableSpec(structure.name, specs, discover=False)


def _relational(structure: TableStructure, model: PrivateSynthesizer, *, has_rules: bool) -> RelationalModel:
    """The table's place in the graph: how many rows, with noise, and nothing else."""
    return RelationalModel(
        table=structure.name,
        rows=model.learned.rows,
        without_parent=0,
        children={},
        children_rows={},
        levels={},
        further=(),
        early=(),
        ordinals=(),
        panels=(),
        identifying=(),
        order=None,
        shared=(),
        has_identifying=False,
        has_values=bool(model.learned.codings),
        has_rules=has_rules,
    )
