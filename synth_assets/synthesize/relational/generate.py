"""Generating the tables of one group: rows by parent, then keys, then every further parent."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resolved import Mode, ResolvedPlan, Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.counts import CountDistribution, add_up_to, round_randomly
from synth_assets.synthesize.relational.features import count_name, feature_name, inherited, own_features
from synth_assets.synthesize.relational.fit import level_name, null_name
from synth_assets.synthesize.relational.further import fill_reference
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather
from synth_assets.synthesize.relational.model import RelationalModel
from synth_assets.synthesize.relational.repair import Repair, make_unique
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.rules import Rules
from synth_assets.synthesize.rules.transform import transform
from synth_assets.synthesize.sdv.hma import LinkedRows

BLOCK = 65_536


class GenerationFailed(SynthAssetsError):
    """Rows of a table cannot be made so that they fit the target's constraints."""

    def __init__(self, table: str, columns: tuple[str, ...], problem: str, next_step: str) -> None:
        self.table = table
        self.columns = columns
        super().__init__(
            f"{table}({', '.join(columns)}): {problem}",
            untouched="No target was touched.",
            next_step=next_step,
        )


@dataclass(frozen=True)
class GeneratedTable:
    """The rows of one table as they will be published, and what its children know of them.

    Attributes:
        rows: Published columns in catalog order, with the types of the catalog.
        features: One row each, as in `SourceFeatures`.
        dropped: Rows given up because no unique combination of keys was left for them.
    """

    rows: pl.DataFrame
    features: pl.DataFrame
    dropped: int = 0


@dataclass(frozen=True)
class Finished:
    """A table generated earlier: readers of its rows and features."""

    rows: TableRows
    features: pl.DataFrame


class Generation:
    """The generation of one group of tables (nearly always one), given the tables before it."""

    def __init__(
        self,
        structures: Mapping[str, TableStructure],
        plan: ResolvedPlan,
        *,
        models: Mapping[str, Folder],
        finished: Mapping[str, Finished],
        snapshot: Mapping[str, TableRows],
        profiles: Mapping[str, TableProfile],
        key: bytes,
        seed: int,
        whole: Mapping[str, LinkedRows] | None = None,
    ) -> None:
        self._whole = whole or {}
        self._structures = structures
        self._plan = plan
        self._models = models
        self._finished = finished
        self._snapshot = snapshot
        self._profiles = profiles
        self._key = key
        self._seed = seed
        self._hidden: dict[str, pl.DataFrame] = {}
        self._features: dict[str, pl.DataFrame] = {name: table.features for name, table in finished.items()}
        self._tables = LinkedTables(structures, self._keys_of)
        self._relational: dict[str, RelationalModel] = {}
        self._kept: dict[str, Rows] = {}

    def run(self, group: tuple[str, ...]) -> dict[str, GeneratedTable]:
        """Generate the tables of a group, in the order given by `table_structures`."""
        dropped = dict.fromkeys(group, 0)
        for name in group:
            self._relational[name] = RelationalModel.model_validate(self._models[name].read_json("relational.json"))
            self._generate(name)
        for name in group:
            if self._mode(name) is Mode.SYNTHETIC:
                for reference in self._structures[name].further:
                    if reference.deferred:
                        self._refer(name, reference)
        for name in group:
            if self._mode(name) is Mode.SYNTHETIC:
                dropped[name] = self._finish(name)
        return {name: GeneratedTable(self._published(name), self._features[name], dropped[name]) for name in group}

    def _mode(self, name: str) -> Mode:
        return self._structures[name].decision.mode

    def _rng(self, name: str, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(name.encode()), zlib.crc32(purpose.encode())])

    def _keys_of(self, table: str) -> pl.DataFrame:
        structure = self._structures[table]
        referred = [c for r in (*structure.driven, *structure.chosen) for c in r.key.parent_columns]
        wanted = dict.fromkeys([*referred, *structure.referencing, *structure.learned])
        return self._finished[table].rows.read(columns=list(wanted) or list(structure.published_columns[:1]))

    def _generate(self, name: str) -> None:
        structure = self._structures[name]
        types = {c: polars_type(structure.table.column(c).type) for c in structure.published_columns}
        if structure.decision.mode is Mode.EMPTY:
            self._tables.put(name, pl.DataFrame(schema=types))
            self._features[name] = pl.DataFrame()
        elif structure.decision.mode is Mode.SYNTHETIC:
            self._synthesize(name)
        else:
            self._tables.put(name, self._real_rows(name))
            self._features[name] = self._models[name].read_frame("features.parquet")

    def _real_rows(self, name: str) -> pl.DataFrame:
        """Rows of a reference table, or of a partial table with its treated columns made anew."""
        structure = self._structures[name]
        rows = self._snapshot[name].read(columns=list(structure.published_columns))
        if structure.decision.mode is Mode.REFERENCE:
            return rows
        if self._relational[name].has_values:
            anew = [c for c in structure.learned if structure.decision.column(c).treatment is Treatment.LEARN]
            kept = rows.select(c for c in structure.learned if c not in anew)
            model = ValueModel.load(self._models[name].folder("values"))
            rng = self._rng(name, "values")
            rows = rows.with_columns(
                model.sample_alone(rows.height, rng, context=kept if kept.width else None).get_columns()
            )
        return transform(
            rows,
            table=structure.table,
            columns=structure.ruled,
            profile=self._profiles[name],
            key=self._key,
            rng=self._rng(name, "rules"),
        )

    def _synthesize(self, name: str) -> None:
        structure, model = self._structures[name], self._relational[name]
        parents, values = self._rows_by_parent(name)
        hidden = {c: values[c] for c in values.columns if c not in structure.learned}
        rng = self._rng(name, "counts")
        counted = {count_name(reference): points for reference, points in model.children.items()}
        counted |= {level_name(reference): points for reference, points in model.levels.items()}
        for column, points in counted.items():
            drawn = hidden[column].cast(pl.Float64).to_numpy()
            hidden[column] = pl.Series(column, CountDistribution(points).restore(drawn, factor=1.0, rng=rng))
        rows = values.select(structure.learned) if structure.learned else _nothing(len(parents))
        if structure.driving:
            rows = self._with_key(rows, structure.driving, parents)
        self._tables.put(name, rows)
        left = self._make_unique(name, before_references=True)
        self._kept[name] = left
        parents, rows = parents[left], self._tables.frame(name)
        self._hidden[name] = (pl.DataFrame(hidden) if hidden else _nothing(len(parents)))[left]
        counts = {reference: self._hidden[name][count_name(reference)] for reference in model.children}
        parts = [own_features(structure, rows, counts)]
        if structure.driving:
            parts.append(gather(inherited(self._features[structure.driving.key.parent]), parents))
        self._features[name] = pl.concat(parts, how="horizontal")
        self._tables.put(name, self._with_rules(name, rows))
        for reference in structure.further:
            if not reference.deferred:
                self._refer(name, reference)

    def _rows_by_parent(self, name: str) -> tuple[Rows, pl.DataFrame]:
        """The driving parent's row of each row (NO_ROW: none), and learned and hidden columns."""
        structure, model = self._structures[name], self._relational[name]
        scale = structure.decision.scale
        values = ValueModel.load(self._models[name].folder("values")) if model.has_values else None
        if name in self._whole:
            return self._rows_of_whole(name, values)
        if structure.driving is None:
            total = round(model.rows * scale)
            blocks = [
                self._alone(values, min(BLOCK, total - at), self._rng(name, f"block {at}"))
                for at in range(0, total, BLOCK)
            ] or [self._alone(values, 0, self._rng(name, "block 0"))]
            rows = pl.concat(blocks)
            return np.full(total, NO_ROW, dtype=np.int64), rows
        parent = structure.driving.key.parent
        features = self._features[parent]
        counts = self._children_of(name, features)
        owners, blocks = [], []
        for at in range(0, max(len(counts), 1), BLOCK):
            part, rng = slice(at, at + BLOCK), self._rng(name, f"block {at}")
            if values:
                rows_of, rows = values.sample_families(counts[part], features[part], rng)
            else:
                rows_of = np.repeat(np.arange(len(counts[part])), counts[part])
                rows = _nothing(len(rows_of))
            owners.append(rows_of + at)
            blocks.append(rows)
        lonely = round(model.without_parent * scale)
        if lonely:
            nothing = gather(features, np.full(lonely, NO_ROW, dtype=np.int64))
            rng = self._rng(name, "without parent")
            owners.append(np.full(lonely, NO_ROW, dtype=np.int64))
            blocks.append(
                values.sample_alone(lonely, rng, context=nothing) if values else self._alone(None, lonely, rng)
            )
        return np.concatenate(owners), pl.concat(blocks)

    def _rows_of_whole(self, name: str, hidden: ValueModel | None) -> tuple[Rows, pl.DataFrame]:
        """Rows that a model of the whole dataset has drawn, with hidden columns drawn for them."""
        driving, rows = self._structures[name].driving, self._whole[name].rows
        parents = np.full(rows.height, NO_ROW, dtype=np.int64)
        if driving:
            parents = self._parents_of_whole(name, driving)
        if hidden:
            context = rows if rows.width else None
            drawn = hidden.sample_alone(rows.height, self._rng(name, "hidden"), context=context)
            rows = pl.concat([rows, drawn], how="horizontal") if rows.width else drawn
        return parents, rows if rows.width else _nothing(rows.height)

    def _parents_of_whole(self, name: str, reference: Reference) -> Rows:
        """Row numbers in the parent, which may have had to give up some rows."""
        rows, height = self._whole[name].parents[reference.name], self._tables.frame(reference.key.parent).height
        return np.where(rows >= 0, rows % height, NO_ROW) if height else np.full(len(rows), NO_ROW, dtype=np.int64)

    @staticmethod
    def _alone(
        values: ValueModel | None, n: int, rng: np.random.Generator, *, context: pl.DataFrame | None = None
    ) -> pl.DataFrame:
        return values.sample_alone(n, rng, context=context) if values else _nothing(n)

    def _children_of(self, name: str, features: pl.DataFrame) -> npt.NDArray[np.int64]:
        structure = self._structures[name]
        driving = structure.driving
        if driving is None or not features.height:
            return np.zeros(features.height, dtype=np.int64)
        drawn = features[count_name(driving.name)].cast(pl.Float64).fill_null(0).to_numpy()
        parent = RelationalModel.model_validate(self._models[driving.key.parent].read_json("relational.json"))
        total = round(parent.children_rows[driving.name] * structure.decision.scale)
        factor = total / drawn.sum() if drawn.sum() else 0.0
        rng = self._rng(name, "children")
        return add_up_to(round_randomly(drawn * factor, rng), total, most=self._most_children(name), rng=rng)

    def _most_children(self, name: str) -> int | None:
        """Children that one parent may have: one in a one-to-one key, and no more than a counting column may count."""
        structure, driving = self._structures[name], self._structures[name].driving
        columns = set(driving.key.columns) if driving else set()
        if any(set(s) <= columns for s in structure.table.unique_sets):
            return 1
        counting = [o for o in self._relational[name].ordinals if set(o.within) == columns]
        return min((o.most - o.first + 1 for o in counting), default=None)

    def _with_rules(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the columns that rules make."""
        if not self._relational[name].has_rules:
            return rows
        rules = Rules.load(self._models[name].folder("rules"))
        hidden = self._hidden[name]
        nulls = {
            column.name: hidden[null_name(column.name)].fill_null(value=False).to_numpy()
            for column in self._structures[name].ruled
            if null_name(column.name) in hidden.columns
        }
        for column in self._structures[name].ruled:
            profile = self._profiles[name].column(column.name)
            if profile.rows and profile.nulls == profile.rows:
                nulls[column.name] = np.ones(rows.height, dtype=np.bool_)
        made = rules.sample(rows.height, rng=self._rng(name, "rules"), nulls=nulls)
        return rows.with_columns(made.get_columns())

    def _with_key(self, rows: pl.DataFrame, reference: Reference, parents: Rows) -> pl.DataFrame:
        """The rows with the columns of a key, taken from these rows of the parent."""
        key = reference.key
        referred = gather(self._tables.frame(key.parent).select(key.parent_columns), parents)
        return rows.with_columns(referred[p].alias(c) for c, p in zip(key.columns, key.parent_columns, strict=True))

    def _refer(self, name: str, reference: Reference) -> None:
        """Fill the columns of one further key."""
        if name in self._whole:
            parents = self._parents_of_whole(name, reference)[self._kept[name]]
            self._tables.put(name, self._with_key(self._tables.frame(name), reference, parents))
            return
        structure, model = self._structures[name], self._relational[name]
        further = next(f for f in model.further if f.reference == reference.name)
        filled = fill_reference(
            reference,
            further,
            tables=self._tables,
            structure=structure,
            features=self._features[reference.key.parent],
            hidden=self._hidden[name],
            rng=self._rng(name, reference.name),
        )
        self._tables.put(name, filled)

    def _make_unique(self, name: str, *, before_references: bool) -> Rows:
        """Repair repeated combinations; the rows that are left (numbers of the former rows)."""
        structure = self._structures[name]
        repair = Repair(
            structure=structure,
            ordinals=tuple(o.ordinal() for o in self._relational[name].ordinals),
            before_references=before_references,
        )
        rows, left = make_unique(self._tables.frame(name), repair, rng=self._rng(name, f"unique {before_references}"))
        self._tables.put(name, rows)
        return left

    def _finish(self, name: str) -> int:
        """Make all unique sets unique; rows for which that cannot be done go. Returns how many."""
        structure = self._structures[name]
        before = self._tables.frame(name).height
        left = self._make_unique(name, before_references=False)
        rows = self._tables.frame(name)
        self._features[name] = self._features[name][left].with_columns(
            rows[column].alias(feature_name(name, column)) for column in structure.learned
        )
        self._hidden[name] = self._hidden[name][left]
        for column in structure.published_columns:
            if not structure.table.column(column).nullable and rows[column].null_count():
                raise GenerationFailed(
                    name,
                    (column,),
                    "the column is NOT NULL, and no value could be made for every row.",
                    f"Give it a treatment in the plan, e.g. tables.{name}.columns.{column}: {{constant: ...}}, "
                    "or exclude the table.",
                )
        return before - len(left)

    def _published(self, name: str) -> pl.DataFrame:
        structure, rows = self._structures[name], self._tables.frame(name)
        return rows.select(structure.published_columns)


def _nothing(rows: int) -> pl.DataFrame:
    """Rows without a column of their own; polars forgets how many there are unless one stands in."""
    return pl.DataFrame({"": np.zeros(rows, dtype=np.int8)})
