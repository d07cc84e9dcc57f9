"""Generating the tables of one group: rows by parent, then keys, then every further parent."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.plan.resolved import Mode, Treatment
from synth_assets.synthesize.relational.balancing import BALANCED, with_wished_shares
from synth_assets.synthesize.relational.calibration import calibrated
from synth_assets.synthesize.relational.consistent import consistent_fakes
from synth_assets.synthesize.relational.counts import CountsInTime
from synth_assets.synthesize.relational.families.panels import settle
from synth_assets.synthesize.relational.families.single import places, settle_single
from synth_assets.synthesize.relational.features import (
    count_name,
    features_of,
    further_features,
    inherited,
    is_hidden,
    known_to_children,
    with_roles,
)
from synth_assets.synthesize.relational.fit import COUNTS, IDENTIFYING, TENDENCIES, null_name
from synth_assets.synthesize.relational.further.choosing import roles_given
from synth_assets.synthesize.relational.further.roles import as_labels
from synth_assets.synthesize.relational.generated import GeneratedTable, check_filled
from synth_assets.synthesize.relational.hierarchy import level_name
from synth_assets.synthesize.relational.hybrid.rows import HybridRows
from synth_assets.synthesize.relational.keeping.deriving import with_derived_columns
from synth_assets.synthesize.relational.keeping.keeping import VALUES, saved_keeping
from synth_assets.synthesize.relational.keeping.marks import nulls_of, with_marks
from synth_assets.synthesize.relational.matching import Rows, gather, no_columns
from synth_assets.synthesize.relational.model import RelationalModel
from synth_assets.synthesize.relational.named_columns import NamedColumns
from synth_assets.synthesize.relational.recurring import with_recurring
from synth_assets.synthesize.relational.referring import Referring
from synth_assets.synthesize.relational.repeating import repeat_fakes
from synth_assets.synthesize.relational.sharing import FREQUENT, SHARED, settle_shared
from synth_assets.synthesize.relational.structure import Reference
from synth_assets.synthesize.relational.tables import learnable
from synth_assets.synthesize.relational.training import Surroundings, families_of
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.rules import Rules
from synth_assets.synthesize.rules.transform import transform

BLOCK = 65_536


class Generation(Referring):
    """The generation of one group of tables (nearly always one), given the tables before it."""

    def run(self, group: tuple[str, ...]) -> dict[str, GeneratedTable]:
        """Generate the tables of a group, in the order given by `table_structures`."""
        dropped = dict.fromkeys(group, 0)
        for name in group:
            self._relational[name] = RelationalModel.load(self._models[name])
            self._generate(name)
        for name in group:
            if self._structures[name].decision.is_generated:
                for reference in self._structures[name].further:
                    if reference.deferred:
                        self._refer(name, reference)
        for name in group:
            if self._structures[name].decision.is_generated:
                dropped[name] = self._finish(name)
        repeat_fakes(group, self._structures, self._tables, self._finished_column)
        for name in group:
            self._tables.put(name, with_derived_columns(self._tables.frame(name), self._structures[name]))
            if self._structures[name].decision.is_generated:
                check_filled(self._structures[name], self._tables.frame(name))
        return {
            name: GeneratedTable(
                self._tables.frame(name).select(self._structures[name].published_columns),
                self._known_of(name),
                dropped[name],
                self._source_rows[name] if self._mode(name) is Mode.HYBRID else None,
            )
            for name in group
        }

    def _known_of(self, name: str) -> pl.DataFrame:
        """The features of the rows, if there are tables that refer to them: kept, they take as much as the rows."""
        structure = self._structures[name]
        return self._features[name] if structure.driven or structure.chosen else pl.DataFrame()

    def _finished_column(self, table: str, column: str) -> pl.Series:
        return self._finished[table].rows.read(columns=[column])[column]

    def _generate(self, name: str) -> None:
        structure = self._structures[name]
        types = {c: polars_type(structure.table.column(c).type) for c in structure.published_columns}
        if structure.decision.mode is Mode.EMPTY:
            self._tables.put(name, pl.DataFrame(schema=types))
            self._features[name] = pl.DataFrame()
        elif structure.decision.is_generated:
            self._synthesize(name)
        else:
            rows = self._real_rows(name)
            self._tables.put(name, rows)
            learned = rows.with_columns(learnable(rows[c], structure.table.column(c)) for c in structure.learned)
            counts = {count.name: count for count in self._models[name].read_frame(COUNTS)}
            parents = self._tables.parents(name, structure.driving.key) if structure.driving else self._orphans(0)
            features = features_of(structure, learned, counts, self._inherited(name, parents))
            features = self._with_roles(name, features)
            self._features[name] = features.with_columns(self._models[name].read_frame(TENDENCIES).get_columns())

    def _inherited(self, name: str, parents: Rows) -> pl.DataFrame | None:
        """What rows with these driving parents know of them, None for a table without one."""
        driving = self._structures[name].driving
        return gather(inherited(self._features[driving.key.parent]), parents) if driving else None

    def _real_rows(self, name: str) -> pl.DataFrame:
        """Rows of a reference table, or of a partial table with its treated columns made anew."""
        structure = self._structures[name]
        rows = self._snapshot[name].read(columns=list(structure.published_columns))
        if structure.decision.mode is Mode.REFERENCE:
            return rows
        if self._relational[name].has_values:
            anew = [c for c in structure.learned if structure.decision.column(c).treatment is Treatment.LEARN]
            columns = [c for c in structure.learned if c not in anew]
            kept = rows.select(learnable(rows[c], structure.table.column(c)) for c in columns)
            model = ValueModel.load(self._models[name].folder(VALUES))
            rng = self._rng(name, "values")
            around = Surroundings(rows.height, known=kept if kept.width else None)
            rows = rows.with_columns(model.sample(around, rng).get_columns())
        return transform(
            rows,
            table=structure.table,
            columns=structure.ruled,
            profile=self._profiles[name],
            key=self._key,
            rng=self._rng(name, "rules"),
            consistent=self._consistent,
        )

    @cached_property
    def _consistent(self) -> ConsistentFakes:
        return consistent_fakes(self._structures, self._snapshot, self._key)

    def _synthesize(self, name: str) -> None:
        """Rows by parent with what identifies them, further parents for them, and then all other columns."""
        structure, model = self._structures[name], self._relational[name]
        early = [r for r in structure.further if r.name in model.early]
        if self._mode(name) is Mode.HYBRID:
            self._hybrid[name] = HybridRows(structure, self._models[name], self._snapshot[name])
        rows = self._with_settled_labels(name, self._identified(name))
        if name in self._hybrid:
            self._hybrid[name].draw_beside(self._source_rows[name], self._rng(name, "beside real columns"))
        self._tables.put(name, self._with_real_columns(name, rows, model.identifying))
        self._make_unique(name, filled=())
        if early:
            # Who belongs somewhere is chosen when it is known where the row does.
            belonging = {one.reference for one in model.further if one.belonging}
            for reference in sorted(early, key=lambda one: one.name in belonging):
                self._refer(name, reference)
            self._make_unique(name, filled=early)
        self._in_order(name)
        self._share(name, early)
        values = self._values(name, early)
        rng = self._rng(name, "counts")
        hidden = {c: values[c] for c in values.columns if c not in structure.learned}
        rows = self._tables.frame(name).with_columns(values[c] for c in values.columns if c in structure.learned)
        times = rows[model.order] if model.order else None
        counted = {count_name(reference): counts for reference, counts in model.children.items()}
        counted |= {level_name(reference): CountsInTime(points=(p,)) for reference, p in model.levels.items()}
        for column, restored in counted.items():
            drawn = hidden[column].cast(pl.Float64).to_numpy()
            hidden[column] = pl.Series(column, restored.restore(drawn, times, rng=rng))
        children = {reference: hidden[count_name(reference)].to_numpy() for reference in model.children}
        groups = {reference: counts.spans(times) for reference, counts in model.children.items()}
        rng = self._rng(name, "calibration")
        children = calibrated(model.calibrations, rows.select(structure.learned), children, groups, rng)
        hidden |= {count_name(r): pl.Series(count_name(r), counts) for r, counts in children.items()}
        rows = self._with_dependencies(name, rows, hidden)
        known = pl.DataFrame(hidden) if hidden else no_columns(rows.height)
        if name in self._hybrid:
            others = [column for column in structure.learned if column not in model.identifying]
            rows = self._with_real_columns(name, rows, others)
            known = self._hybrid[name].with_saved(known, self._source_rows[name])
        self._hidden[name] = known
        counts = {reference: known[count_name(reference)] for reference in model.children}
        features = features_of(structure, rows, counts, self._inherited(name, self._parents[name]))
        features = self._with_roles(name, features)
        self._features[name] = features.with_columns(known[c] for c in known.columns if is_hidden(c))
        self._tables.put(name, self._with_rules(name, rows))
        for reference in structure.further:
            if not reference.deferred and reference not in early:
                self._refer(name, reference)

    def _identified(self, name: str) -> pl.DataFrame:
        """As many rows as each parent is to have, with what identifies them; sets their parents and hidden leaves."""
        structure, model = self._structures[name], self._relational[name]
        arrangement = self._arranged(name)
        parents, driving = arrangement.parents, structure.driving
        self._parents[name], self._source_rows[name] = parents, arrangement.source_rows
        self._kept[name] = np.arange(len(parents))
        self._wanted[name] = len(parents)
        rows = no_columns(len(parents))
        balanced = self._balanced(name)
        if model.has_identifying:
            identifying = ValueModel.load(self._models[name].folder(IDENTIFYING))

            def sampled(part: slice, rng: np.random.Generator) -> pl.DataFrame:
                around = self._around(name, part)
                return identifying.sample(replace(around, known=None if balanced is None else balanced[part]), rng)

            rows = self._blockwise(name, sampled, purpose="block")
        leaves = rows.select(c for c in rows.columns if c not in structure.learned)
        self._hidden[name] = leaves if leaves.width else no_columns(len(parents))
        if name in self._hybrid:
            self._hidden[name] = self._hybrid[name].with_saved(self._hidden[name], self._source_rows[name])
        rows = rows if balanced is None else rows.with_columns(balanced.get_columns())
        rows = rows.select(model.identifying) if model.identifying else no_columns(len(parents))
        return self._with_key(rows, driving, parents) if driving else rows

    def _with_real_columns(self, name: str, rows: pl.DataFrame, among: Sequence[str]) -> pl.DataFrame:
        """The rows of a hybrid table with the columns of the real ones among them."""
        if name not in self._hybrid:
            return rows
        hybrid, source_rows = self._hybrid[name], self._source_rows[name]
        rows = hybrid.with_columns_beside(rows, source_rows, among)
        return hybrid.with_real_columns(rows, source_rows, among)

    def _balanced(self, name: str) -> pl.DataFrame | None:
        """The column whose shares the plan wishes for, where it is made first; None elsewhere."""
        wished = self._structures[name].decision.balance
        if wished is None or wished.column not in self._relational[name].identifying:
            return None
        folder = self._models[name].folder(BALANCED)
        model = ValueModel.load(folder)

        def sampled(part: slice, rng: np.random.Generator) -> pl.DataFrame:
            return model.sample(replace(self._around(name, part), families=None), rng)

        drawn = self._blockwise(name, sampled, purpose=BALANCED)[wished.column]
        return with_wished_shares(drawn, folder, rng=self._rng(name, "shares")).to_frame()

    def _with_settled_labels(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the labels of keys of a label and a time given out so that none is needed twice at a time."""
        for panel in self._relational[name].panels:
            follow = panel.time == self._relational[name].order
            rows = settle(rows, panel, families_of(self._parents[name]) if follow else None)
        return rows

    def _values(self, name: str, early: list[Reference]) -> pl.DataFrame:
        """All learned columns that are not there yet, and hidden ones."""
        model, height = self._relational[name], self._tables.frame(name).height
        values = ValueModel.load(self._models[name].folder(VALUES)) if model.has_values else None
        if name in self._whole:
            rows = self._whole[name].rows[self._kept[name]]
            if values:
                context = rows if rows.width else None
                drawn = values.sample(Surroundings(rows.height, context), self._rng(name, "hidden"))
                rows = pl.concat([rows, drawn], how="horizontal") if rows.width else drawn
            return rows if rows.width else no_columns(rows.height)
        if values is None:
            return no_columns(height)
        known = (*model.identifying, *model.shared_columns)
        drawn = self._sampled(name, values, early, known=known, purpose="values")
        wished = self._structures[name].decision.balance
        if wished is None or wished.column in known:
            return drawn
        folder, rng = self._models[name].folder(BALANCED), self._rng(name, "shares")
        given = with_wished_shares(drawn[wished.column], folder, rng=rng).to_frame()
        return self._sampled(name, values, early, known=known, purpose="values given", given=given)

    def _share(self, name: str, early: list[Reference]) -> None:
        """Make the columns that rows share which refer to the same rows, and those that one of them has."""
        model = self._relational[name]
        if not model.shared_columns or name in self._whole:
            return
        saved = self._models[name]
        values = ValueModel.load(saved.folder(SHARED))
        driving = self._structures[name].driving
        beside = places(self._parents[name]) if model.single and driving else None
        drawn = self._sampled(name, values, early, known=model.identifying, beside=beside, purpose="shared")
        rows, rng = self._tables.frame(name).with_columns(drawn.get_columns()), self._rng(name, "sharing")
        for one in model.shared:
            frequent = saved.folder(FREQUENT).read_frame(one.values) if one.values else None
            rows = settle_shared(rows, one.dependency, frequent, rng)
        keys = {reference.name: reference.key for reference in self._structures[name].referring_first}
        for single in model.single:
            parents = families_of(self._tables.parents(name, keys[single.key]))
            rows = rows.with_columns(settle_single(rows[single.column], parents, single, rng))
        self._tables.put(name, rows)

    def _sampled(
        self,
        name: str,
        values: ValueModel,
        early: list[Reference],
        *,
        known: Sequence[str],
        purpose: str,
        beside: pl.Series | None = None,
        given: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Columns for all rows, given their parents and columns that are there; `given` as in Surroundings."""
        further = [(self._known_further(name, r), self._tables.parents(name, r.key)) for r in early]
        columns = [*self._tables.frame(name).select(known), *([beside] if beside is not None else [])]
        there = pl.DataFrame(columns) if columns else None

        def sampled(part: slice, rng: np.random.Generator) -> pl.DataFrame:
            around = self._around(name, part)
            contexts = [around.context] if around.context is not None else []
            contexts += [gather(known, parents[part]) for known, parents in further]
            around = replace(
                around,
                context=pl.concat(contexts, how="horizontal") if contexts else None,
                known=there[part] if there is not None else None,
                given=given[part] if given is not None else None,
            )
            return values.sample(around, rng)

        return self._blockwise(name, sampled, purpose=purpose)

    def _known_further(self, name: str, reference: Reference) -> pl.DataFrame:
        """What rows know of each row of a further parent."""
        features = self._features[reference.key.parent]
        known = further_features(reference, features)
        if name in self._whole:
            return known
        model = next(one for one in self._relational[name].further if one.reference == reference.name)
        given = roles_given(reference, model, features)
        return with_roles(known, [as_labels(reference, given.of_parent, given.groups)]) if given else known

    def _with_roles(self, name: str, features: pl.DataFrame) -> pl.DataFrame:
        """What children know of the rows, with the roles that these have."""
        labels = []
        for model in self._relational[name].roles:
            reference = next(one for one in self._structures[name].driven if one.name == model.reference)
            if given := roles_given(reference, model, features):
                labels.append(as_labels(reference, given.of_parent, given.groups))
        return with_roles(features, labels)

    def _with_dependencies(self, name: str, rows: pl.DataFrame, hidden: dict[str, pl.Series]) -> pl.DataFrame:
        """The rows so that what is known to hold between their columns does; sets which of `hidden` are NULL."""
        structure = self._structures[name]
        keeping = saved_keeping(self._models[name], structure, self._profiles, self._structures)
        if keeping is None:
            return rows
        self._tables.put(name, rows)
        names = NamedColumns(self._structures, self._tables, self._features.__getitem__)
        kept = keeping.apply(with_marks(rows, hidden, structure), names, self._rng(name, "dependencies"))
        hidden |= nulls_of(kept, hidden, structure)
        return kept.select(rows.columns)

    def _around(self, name: str, part: slice) -> Surroundings:
        """The driving parents of some rows."""
        driving, parents = self._structures[name].driving, self._parents[name][part]
        if driving is None:
            return Surroundings(len(parents))
        context = gather(known_to_children(self._features[driving.key.parent]), parents)
        return Surroundings(len(parents), context, None, families_of(parents))

    def _blockwise(
        self, name: str, sample: Callable[[slice, np.random.Generator], pl.DataFrame], *, purpose: str
    ) -> pl.DataFrame:
        """All rows of a table, in blocks that end where a family ends."""
        parents = self._parents[name]
        ends = np.flatnonzero((np.diff(parents) != 0) | (parents[1:] < 0)) + 1
        wanted = np.arange(BLOCK, len(parents), BLOCK)
        cuts = np.unique(np.r_[0, ends[np.searchsorted(ends, wanted[wanted <= ends.max(initial=0)])], len(parents)])
        parts = [
            sample(slice(int(start), int(end)), self._rng(name, f"{purpose} {start}"))
            for start, end in itertools.pairwise(cuts)
        ]
        return pl.concat(parts or [sample(slice(0, 0), self._rng(name, f"{purpose} 0"))])

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
        made = rules.sample(rows.height, rng=self._rng(name, "rules"), nulls=nulls, beside=rows)
        made = with_recurring(made, self._relational[name].recurring, hidden)
        rows = rows.with_columns(made.get_columns())
        if name not in self._hybrid:
            return rows
        return self._hybrid[name].with_treated(
            rows,
            self._source_rows[name],
            profile=self._profiles[name],
            key=self._key,
            rng=self._rng(name, "treated"),
            consistent=self._consistent,
        )
