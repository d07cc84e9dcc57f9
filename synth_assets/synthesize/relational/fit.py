"""Learning one table: its columns given its parent, its children's numbers, and which further parents it picks."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl
from pydantic import JsonValue

from synth_assets.plan.dependencies import Dependency, Determined, NotAbove, NullBy
from synth_assets.plan.resolved import ColumnDecision, Mode, Treatment
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.balancing import BALANCED, save_shares, training_rows
from synth_assets.synthesize.relational.calibration import find_calibrations
from synth_assets.synthesize.relational.canaries import CANARIES_FILE
from synth_assets.synthesize.relational.counts import CountDistribution, CountsInTime
from synth_assets.synthesize.relational.families.panels import Panel, find_panels
from synth_assets.synthesize.relational.families.single import Single, find_single, places
from synth_assets.synthesize.relational.features import count_name
from synth_assets.synthesize.relational.hierarchy import level_name, levels
from synth_assets.synthesize.relational.hybrid.fitting import BESIDE_REAL, save_source_rows
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.keeping.keeping import VALUES, save_combinations
from synth_assets.synthesize.relational.keeping.kept import computed_later, free_columns, kept_dependencies, kept_texts
from synth_assets.synthesize.relational.keeping.uniqueness import find_ordinal
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.model import FurtherModel, OrdinalModel, RelationalModel
from synth_assets.synthesize.relational.sharing import FREQUENT, SHARED, find_shared, save_shared
from synth_assets.synthesize.relational.structure import NATIVE, Reference, may_be_null
from synth_assets.synthesize.relational.table_training import TableTraining
from synth_assets.synthesize.relational.training import Training
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.rules import Rules
from synth_assets.synthesize.sdv.acceptance import HMA

IDENTIFYING = "identifying"
COUNTS = "counts.parquet"
TENDENCIES = "tendencies.parquet"


def null_name(column: str) -> str:
    """The hidden column that says whether a column made by rules is null."""
    return f"null {column}"


class TableFit(TableTraining):
    """The fit of one table."""

    def run(self, folder: Folder) -> dict[str, JsonValue]:
        """Fit everything, save it, and tell figures about it (never values)."""
        structure, decision = self._structure, self._structure.decision
        children = self._child_counts()
        hidden: list[pl.Series] = [pl.Series(count_name(name), counts) for name, counts in children.items()]
        further: list[FurtherModel] = []
        depth: dict[str, Rows] = {}
        generated = decision.is_generated
        identifying: ValueModel | None = None
        shared: ValueModel | None = None
        values: ValueModel | None
        if generated:
            leaves: list[pl.Series] = []
            for reference in structure.further:
                one, leaf = self._further[reference.name]
                further.append(one)
                (leaves if reference in self._early else hidden).append(leaf)
                returning = self._returning(reference)
                if returning is not None:
                    leaves.append(returning)
                if reference.to_itself:
                    depth[reference.name] = levels(self._inputs.source.parents(structure.name, reference.key))
                    hidden.append(pl.Series(level_name(reference.name), depth[reference.name][self._training]))
            nulls = self._null_columns()
            hidden += [values.gather(self._training) for values in nulls]
            hidden += [categories for _, categories in self._recurring]
            hidden += [tendency.of_parents().gather(self._training) for tendency in self._tendencies]
            hidden += [values.gather(self._training) for values in self._inputs.features.affiliations(structure.name)]
            self._balance(folder)
            identifying = self._identifying_model(leaves)
            shared = self._shared_model()
            values = self._values(hidden)
            if decision.mode is Mode.HYBRID:
                self._save_source_rows(folder, further, nulls)
        else:
            if decision.mode is not Mode.EMPTY:
                folder.write_frame(COUNTS, pl.DataFrame(self._inputs.features.counts(structure.name)))
                min_group = self._inputs.plan.min_group
                known = pl.DataFrame([tendency.of_real_parents(min_group) for tendency in self._tendencies])
                folder.write_frame(TENDENCIES, known.with_columns(self._inputs.features.affiliations(structure.name)))
            values = self._beside_real_columns() if decision.mode is Mode.PARTIAL else None
        folder.write_frame(CANARIES_FILE, values.canaries if values else pl.DataFrame())
        formulas = [formula for model in (identifying, shared, values) if model for formula in model.formulas]
        for name, model in ((IDENTIFYING, identifying), (SHARED, shared), (VALUES, values)):
            if model:
                model.save(folder.folder(name))
        ruled = [c for c in structure.ruled if c.name not in structure.referencing]
        if generated and ruled:
            self._rules(ruled).save(folder.folder("rules"))
        sets = structure.table.unique_sets
        trained = self._rows[self._training]
        min_group = self._inputs.plan.min_group
        times = trained[self._order] if self._order else None
        save_combinations(folder, trained, self._dependencies, min_group=min_group)
        found_ordinals = [find_ordinal(trained, s, structure.learned, min_group=min_group) for s in sets]
        ordinals = found_ordinals if generated else []
        relational = RelationalModel(
            table=structure.name,
            rows=self._rows.height,
            without_parent=self._rows.height - self._children_rows(structure.driving) if structure.driving else 0,
            children={n: CountsInTime.of(counts, times, min_group=min_group) for n, counts in children.items()},
            calibrations=find_calibrations(trained.select(structure.learned), children, min_group=min_group)
            if generated and self._native
            else {},
            children_rows={r.name: self._children_rows(r) for r in structure.driven},
            levels={name: self._distribution(found[self._training]) for name, found in depth.items()},
            further=tuple(further),
            early=tuple(r.name for r in self._early) if generated else (),
            ordinals=tuple(OrdinalModel.of(o) for o in ordinals if o),
            panels=self._panels(trained) if generated else (),
            identifying=self._identifying if generated else (),
            order=self._order if generated else None,
            roles=self._inputs.features.roles(structure.name),
            shared=save_shared(folder.folder(FREQUENT), trained, self._shared, min_group=min_group),
            single=self._single,
            recurring=tuple(one for one, _ in self._recurring) if generated else (),
            has_identifying=identifying is not None,
            has_values=values is not None,
            has_rules=generated and bool(ruled),
        )
        relational.save(folder)
        return {
            "rows_trained": len(self._training) if generated else 0,
            "columns_learned": len(structure.learned) if generated else 0,
            "columns_by_rules": len(ruled) if generated else 0,
            "synthesizer": decision.synthesizer if generated else decision.mode.value,
            "dependencies": [
                *kept_texts(self._structure, self._inputs.profiles, self._dependencies, formulas),
                *(one.text for one in self._shared),
                *(one.text for one in self._single),
            ],
        }

    @cached_property
    def _dependencies(self) -> tuple[Dependency, ...]:
        """What generation keeps beside what the models keep by themselves."""
        return kept_dependencies(self._structure, self._inputs.profiles, self._inputs.source.structures)

    @cached_property
    def _shared(self) -> tuple[Determined, ...]:
        """What rows share that refer to the same rows."""
        decision = self._structure.decision
        looked_for = self._native and decision.is_generated and decision.discover_dependencies
        parents = self._parents_context if looked_for else None
        if parents is None:
            return ()
        return find_shared(
            self._rows[self._training],
            parents,
            self._structure,
            free=free_columns(self._structure),
            identifying=self._identifying,
            dependencies=self._dependencies,
            min_group=self._inputs.plan.min_group,
            seed=self._seed,
        )

    @property
    def _before_others(self) -> tuple[str, ...]:
        """What is made as soon as a row's parents are known."""
        return (*(one.column for one in self._shared), *(one.column for one in self._single))

    @cached_property
    def _single(self) -> tuple[Single, ...]:
        """What one of the rows has that refer to the same row."""
        structure, decision = self._structure, self._structure.decision
        if not self._native or decision.mode is not Mode.SYNTHETIC or not decision.discover_dependencies:
            return ()
        # Others of these can follow; what the rest ties together is drawn together.
        following = (Determined, NotAbove, NullBy)
        tied = {name for one in self._dependencies for name in one.columns if not isinstance(one, following)}
        closed = {*self._identifying, *(one.column for one in self._shared), *tied} | self._kept()
        free = [name for name in structure.learned if name in free_columns(structure) - closed]
        if self._follow:
            # What has several labels is a history, and siblings tell more of it than who is the only one.
            free = [name for name in free if self._rows[name].drop_nulls().n_unique() == 2]
        keys = [reference for reference in structure.referring_first if not reference.key.branch]
        return find_single(
            self._rows,
            {one.name: self._inputs.source.parents(structure.name, one.key) for one in keys},
            by={one.name: one.key.columns for one in keys},
            among=free,
            min_group=self._inputs.plan.min_group,
        )

    def _child_counts(self) -> dict[str, Rows]:
        references = (*self._structure.driven, *self._structure.chosen)
        return {r.name: self._inputs.source.count_children(r)[self._training] for r in references}

    def _distribution(self, counts: Rows) -> tuple[float, ...]:
        return CountDistribution.of(counts, min_group=self._inputs.plan.min_group).points

    def _panels(self, rows: pl.DataFrame) -> tuple[Panel, ...]:
        """The panels among columns that are made first; further parents are not chosen yet."""
        driving = self._structure.driving
        first = rows.select({*self._identifying, *(driving.key.columns if driving else ())})
        return find_panels(self._structure.table, first, self._identifying, min_group=self._inputs.plan.min_group)

    def _children_rows(self, reference: Reference) -> int:
        """The child's rows that have a parent here, or must have one: some sources refer to rows that are gone."""
        rows = self._inputs.source.parents(reference.child, reference.key)
        child = self._inputs.source.structures[reference.child].table
        return int((rows >= 0).sum()) if may_be_null(child, reference.key) else len(rows)

    def _null_columns(self) -> list[pl.Series]:
        """Whether each row's nullable rule column is null, where some are and some are not."""
        profile = self._inputs.profiles[self._structure.name]
        nullable = [
            c.name
            for c in self._structure.ruled
            if c.name not in self._structure.referencing
            and c.treatment not in (Treatment.NULL, Treatment.CONSTANT)
            and 0 < profile.column(c.name).nulls < profile.rows
        ]
        if not nullable:
            return []
        rows = self._inputs.snapshot[self._structure.name].read(columns=nullable)
        return [rows[name].is_null().alias(null_name(name)) for name in nullable]

    def _identifying_model(self, leaves: list[pl.Series]) -> ValueModel | None:
        """The model of identifying columns and of the leaves of further parents, given the driving parent."""
        rows = self._rows[self._training]
        columns = rows.select(name for name in self._identifying if name not in self._balanced)
        if not columns.width and not leaves:
            return None
        names = tuple(s.name for s in leaves)
        return self._fitted(
            Training(
                rows=pl.DataFrame([*columns.get_columns(), *leaves]),
                hidden=names,
                kept=self._kept() | frozenset(names),
                context=self._driving_context(),
                implied=self._implied(),
                common_labels=self._common_labels(),
                known=rows.select(self._balanced) if self._balanced else None,
                siblings=self._siblings(self._order),
            ),
            RowChecks.of(self._structure.table, columns.columns, known=self._balanced),
        )

    def _shared_model(self) -> ValueModel | None:
        """The model of the columns that rows share which refer to the same rows, or one of them has, given all parents.

        Which of them has it may be a matter of its place among the rows of the driving parent.
        """
        rows, columns = self._rows[self._training], self._before_others
        if not columns:
            return None
        known, siblings = [rows[name] for name in self._identifying], self._siblings(self._order)
        if self._single and siblings is not None:
            known.append(places(siblings.families, siblings.order_by))
        return self._fitted(
            Training(
                rows=rows.select(columns),
                kept=self._kept(),
                context=self._parents_context,
                implied=self._implied(*self._early),
                common_labels=self._common_labels(*self._early),
                known=pl.DataFrame(known) if known else None,
            ),
            RowChecks.of(self._structure.table, columns, known=self._identifying),
        )

    def _values(self, hidden: list[pl.Series]) -> ValueModel | None:
        """The model of all other learned columns, given all parents and what is made before."""
        structure, before = self._structure, (*self._identifying, *self._before_others)
        rest = [name for name in structure.learned if name not in before]
        rows = self._rows[self._training]
        if not rest and not hidden:
            return None
        if structure.decision.synthesizer == HMA:
            return self._hidden_values(rows.select(rest), hidden)
        names = tuple(s.name for s in hidden)
        return self._fitted(
            Training(
                rows=pl.DataFrame([*rows.select(rest).get_columns(), *hidden]),
                hidden=names,
                kept=self._kept() | frozenset(names),
                context=self._parents_context,
                implied=self._implied(*self._early),
                common_labels=self._common_labels(*self._early),
                known=rows.select(before) if before else None,
                siblings=self._siblings(None),
                computed_later=computed_later(self._structure, self._inputs.profiles, self._inputs.source.structures),
                canaries=self._inputs.plan.canaries,
            ),
            RowChecks.of(structure.table, rest, known=before),
        )

    def _fitted(self, training: Training, checks: RowChecks) -> ValueModel:
        decision = self._structure.decision
        return ValueModel.fit(
            replace(training, declared=self._structure.declared, discover=decision.discover_dependencies),
            table=decision.name,
            synthesizer=decision.synthesizer,
            options=dict(decision.synthesizer_options),
            checks=checks,
            min_group=self._inputs.plan.min_group,
            seed=self._seed,
        )

    def _hidden_values(self, learned: pl.DataFrame, hidden: list[pl.Series]) -> ValueModel | None:
        """The hidden columns alone, given the learned ones, where a model of the whole dataset draws those."""
        if not hidden:
            return None
        names, context = tuple(s.name for s in hidden), learned if learned.width else None
        return ValueModel.fit(
            Training(rows=pl.DataFrame(hidden), hidden=names, kept=frozenset(names), context=context),
            table=self._structure.name,
            synthesizer=NATIVE,
            options={},
            checks=RowChecks(expressions=(), columns=()),
            min_group=self._inputs.plan.min_group,
            seed=self._seed,
        )

    def _balance(self, folder: Folder) -> None:
        """Save the model of the column whose shares the plan wishes for, and these shares."""
        wished = self._structure.decision.balance
        if wished is None:
            return
        values = self._rows[self._training][wished.column]
        folder, min_group = folder.folder(BALANCED), self._inputs.plan.min_group
        save_shares(folder, values, wished, min_group=min_group)
        if not self._balanced:
            return
        rng = np.random.default_rng([self._seed, 1])
        rows, context = training_rows(values, wished, min_group=min_group, rng=rng), self._driving_context()
        training = Training(
            rows=values.gather(rows).to_frame(),
            kept=frozenset(self._balanced),
            context=None if context is None else context[rows],
            implied=self._implied(),
            common_labels=self._common_labels(),
        )
        self._fitted(training, RowChecks.of(self._structure.table, self._balanced)).save(folder)

    def _save_source_rows(self, folder: Folder, further: Sequence[FurtherModel], nulls: Sequence[pl.Series]) -> None:
        """Save what generation must know of the rows that it may take over into a hybrid table."""
        save_source_rows(
            folder,
            self._structure,
            source=self._inputs.source,
            features=self._inputs.features,
            further=further,
            nulls={values.name: values for values in nulls},
            min_group=self._inputs.plan.min_group,
            seed=self._seed,
        )
        beside = self._beside_real_columns()
        if beside:
            beside.save(folder.folder(BESIDE_REAL))

    def _beside_real_columns(self) -> ValueModel | None:
        """The learned columns of real rows that do not stay real, given those that do."""
        decision, looked_up_by = self._structure.decision, self._structure.looked_up_by
        kept = [
            n
            for n in self._structure.learned
            if decision.column(n).lets_real_values_through or (decision.mode is Mode.HYBRID and n in looked_up_by)
        ]
        anew = [n for n in self._structure.learned if n not in kept]
        if not anew:
            return None
        rows = self._rows[self._training]
        return self._fitted(
            Training(rows=rows.select(anew), known=rows.select(kept) if kept else None),
            RowChecks.of(self._structure.table, anew, known=kept),
        )

    def _kept_or_learned(self) -> list[str]:
        """The columns that are there before rules make theirs, in values that the source has, too."""
        references = [*self._structure.further, *([self._structure.driving] if self._structure.driving else [])]
        copied = self._inputs.plan.copied
        kept = [column for one in references if one.key.parent in copied for column in one.key.columns]
        return list(dict.fromkeys([*self._structure.learned, *kept]))

    def _rules(self, ruled: list[ColumnDecision]) -> Rules:
        name = self._structure.name
        rows, beside = self._inputs.snapshot[name].read(columns=[c.name for c in ruled]), self._kept_or_learned()
        return Rules.fit(
            rows[self._training],
            avoid=rows,
            beside=self._inputs.snapshot[name].read(columns=beside)[self._training] if beside else None,
            table=self._structure.table,
            columns=ruled,
            profile=self._inputs.profiles[name],
            key=self._inputs.key,
            min_group=self._inputs.plan.min_group,
        )
