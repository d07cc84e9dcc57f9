"""The rows of one table that are learned from: their parents, their siblings, and which columns come first."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.plan.resolved import Engine, Mode, ResolvedPlan, Treatment
from synth_assets.store.profile import TableProfile
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.arrival import arrival
from synth_assets.synthesize.relational.families.numbered import numbering
from synth_assets.synthesize.relational.families.order_candidates import order_candidates, whole_numbers
from synth_assets.synthesize.relational.families.walking import order_column, worth_following
from synth_assets.synthesize.relational.features import further_features, further_name, with_roles
from synth_assets.synthesize.relational.further.fitting import fit_further
from synth_assets.synthesize.relational.further.returning import find_returning, identities, returning_name
from synth_assets.synthesize.relational.further.roles import as_labels
from synth_assets.synthesize.relational.further.tendencies import Tendency, find_tendencies, knows_tendencies
from synth_assets.synthesize.relational.matching import Rows, gather, group_numbers, of_parents
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.recurring import Recurring, agreeing_fakes, find_recurring
from synth_assets.synthesize.relational.source_features import SourceFeatures
from synth_assets.synthesize.relational.structure import NATIVE, Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables
from synth_assets.synthesize.relational.training import Siblings, families_of

MOST_OUTCOMES = 12


@dataclass(frozen=True)
class FitInputs:
    """What every table's fit shares."""

    plan: ResolvedPlan
    source: SourceTables
    features: SourceFeatures
    snapshot: Mapping[str, TableRows]
    profiles: Mapping[str, TableProfile]
    key: bytes


class TableTraining:
    """What is known of the training rows of one table.

    Args:
        engine: Learns the table instead of the one that the plan names.
    """

    def __init__(self, table: str, inputs: FitInputs, *, seed: int, engine: Engine | None = None) -> None:
        self._inputs = inputs
        self._structure: TableStructure = inputs.source.structures[table]
        if engine:
            self._structure = self._structure.learned_by(engine)
        self._rows = inputs.source.frame(table)
        self._training = np.flatnonzero(inputs.source.training(table))
        self._seed = seed

    @property
    def _native(self) -> bool:
        return self._structure.decision.synthesizer == NATIVE

    @cached_property
    def _early(self) -> tuple[Reference, ...]:
        """Further keys whose parent is chosen before the columns that identify nothing are made."""
        if not self._native:
            return ()
        return tuple(r for r in self._structure.further if r in self._structure.referring_first)

    @cached_property
    def _further(self) -> dict[str, tuple[FurtherModel, pl.Series]]:
        """By further key: its model, and the group of like parents that each training row refers to."""
        source, features = self._inputs.source, self._inputs.features
        return {
            reference.name: fit_further(
                reference,
                source=source,
                known_parents=features.of(reference.key.parent),
                outcomes=self._outcomes,
                affiliation=features.affiliation(reference),
                roles=features.further_roles(reference),
                min_group=self._inputs.plan.min_group,
                seed=self._seed,
            )
            for reference in self._structure.further
        }

    @cached_property
    def _families(self) -> Rows | None:
        """The family of each training row, None for a table without a driving key."""
        if not self._structure.driving:
            return None
        return families_of(
            self._inputs.source.parents(self._structure.name, self._structure.driving.key)[self._training]
        )

    @cached_property
    def _follow(self) -> bool:
        rows = self._rows[self._training]
        order = self._ordered_by
        return self._families is not None and worth_following(
            self._families, rows.select(self._structure.learned), rows[order] if order else None
        )

    @cached_property
    def _ordered_by(self) -> str | None:
        """The learned column that siblings stand in the order of, if they have to do with each other."""
        candidates = [name for name in order_candidates(self._structure) if name not in self._balanced]
        rows = self._rows[self._training]
        found = order_column(rows, candidates, self._families)
        if found or self._families is None or not self._native:
            return found
        numbers = [name for name in whole_numbers(self._structure) if name not in self._balanced]
        return numbering(rows, numbers, self._families)

    @cached_property
    def _order(self) -> str | None:
        """The learned column that orders siblings."""
        return self._ordered_by if self._follow else None

    @property
    def _balanced(self) -> tuple[str, ...]:
        """The column whose shares the plan wishes for, where it is drawn before all others."""
        balance = self._structure.decision.balance
        return (balance.column,) if balance and self._native else ()

    @cached_property
    def _identifying(self) -> tuple[str, ...]:
        """Learned columns that are made before the others, so that parents can be chosen and repetitions mended."""
        structure = self._structure
        if not self._native:
            return ()
        wanted = {column for columns in structure.table.unique_sets for column in columns}
        wanted |= {*structure.looked_up_by, *self._balanced} | ({self._order} if self._order else set())
        return tuple(name for name in structure.learned if name in wanted)

    def _kept(self) -> frozenset[str]:
        decision = self._structure.decision
        return frozenset(n for n in self._structure.learned if decision.column(n).keeps_rare_values)

    def _driving_context(self) -> pl.DataFrame | None:
        driving = self._structure.driving
        if not driving:
            return None
        parents = self._inputs.source.parents(self._structure.name, driving.key)[self._training]
        return gather(self._inputs.features.of(driving.key.parent), parents)

    def _returning(self, reference: Reference) -> pl.Series | None:
        """Whether each training row refers to whom a sibling before it referred to, see returning."""
        siblings = self._siblings(self._order)
        alone = siblings is None or not siblings.follow or self._inputs.features.further_roles(reference) is not None
        if siblings is None or alone or reference not in self._early or reference.key.branch:
            return None
        source, structure = self._inputs.source, self._structure
        identity = identities(reference, structure, source.frame(reference.key.parent))
        if identity is None:
            return None
        parents = source.parents(structure.name, reference.key)[self._training]
        # What is carried changes from row to row, and with it the group of the parent: it says nothing of who returns.
        carried = [self._rows[name].gather(self._training) for name in reference.carried]
        alike = pl.DataFrame(carried or [self._further[reference.name][1].fill_null("")])
        return find_returning(
            of_parents(identity, parents),
            siblings.families,
            siblings.order_by,
            group_numbers([alike])[0],
            name=returning_name(reference.name),
            seed=self._seed,
        )

    def _further_context(self, reference: Reference) -> pl.DataFrame:
        parents = self._inputs.source.parents(self._structure.name, reference.key)[self._training]
        known = gather(further_features(reference, self._inputs.features.of(reference.key.parent)), parents)
        if (roles := self._inputs.features.further_roles(reference)) is not None:
            groups = self._further[reference.name][0].tree().apply(self._inputs.features.of(reference.key.parent))
            labels = as_labels(reference, roles, groups)
            return with_roles(known, [gather(labels.to_frame(), parents).to_series()])
        if not knows_tendencies(reference, self._inputs.source.structures):
            return known
        tendencies = find_tendencies(reference, self._inputs.source, min_group=self._inputs.plan.min_group)
        return known.with_columns(tendency.beside() for tendency in tendencies)

    @cached_property
    def _parents_context(self) -> pl.DataFrame | None:
        """What is known of the driving parent and of the further parents that are chosen first."""
        contexts = [self._driving_context(), *(self._further_context(r) for r in self._early)]
        wide = [frame for frame in contexts if frame is not None]
        return pl.concat(wide, how="horizontal") if wide else None

    def _implied(self, *further: Reference) -> frozenset[str]:
        """Columns of the context that roles of the driving parent and of further ones say all of."""
        features, driving = self._inputs.features, self._structure.driving
        found = set(features.implied(driving)) if driving else set()
        for reference in further:
            if features.further_roles(reference) is not None:
                found |= {further_name(reference.name, n) for n in features.of(reference.key.parent).columns}
        return frozenset(found)

    def _common_labels(self, *further: Reference) -> dict[str, tuple[str, ...]]:
        """By column of the context, from the driving parent and from further ones: what may be known by name."""
        features, min_group = self._inputs.features, self._inputs.plan.min_group
        driving = self._structure.driving
        shared = features.common_labels(driving.key.parent, min_group=min_group) if driving else {}
        for reference in further:
            of_parent = features.common_labels(reference.key.parent, min_group=min_group)
            shared |= {further_name(reference.name, name): labels for name, labels in of_parent.items()}
        return shared

    @cached_property
    def _tendencies(self) -> list[Tendency]:
        """What rows that refer to this table's have in common, see tendencies; where these have roles, they say it."""
        source, min_group, found = self._inputs.source, self._inputs.plan.min_group, list[Tendency]()
        roles_by = self._inputs.features.further_roles
        for reference in self._structure.chosen:
            known = knows_tendencies(reference, source.structures)
            if known and roles_by(reference) is None:
                found += find_tendencies(reference, source, min_group=min_group)
        return found

    @cached_property
    def _outcomes(self) -> pl.DataFrame:
        """What a further parent is grouped by: the rows' own columns, then those of their driving parent."""
        columns = [self._rows[name] for name in self._structure.learned]
        if self._structure.driving and len(columns) < MOST_OUTCOMES:
            features = self._inputs.features.of(self._structure.driving.key.parent)
            rows = self._inputs.source.parents(self._structure.name, self._structure.driving.key)
            columns += gather(features.select(features.columns[:MOST_OUTCOMES]), rows).get_columns()
        return pl.DataFrame(columns or [pl.Series("", np.zeros(self._rows.height))])

    @cached_property
    def _recurring(self) -> list[tuple[Recurring, pl.Series]]:
        """The columns whose fakes recur, and the category of each training row."""
        structure = self._structure
        fakes = [column for column in structure.ruled if column.treatment is Treatment.FAKE]
        names = [c.name for c in fakes if not c.unique and c.repeats is None and c.name not in structure.referencing]
        if structure.decision.mode is not Mode.SYNTHETIC or not names:
            return []
        rows = self._inputs.snapshot[structure.name].read(columns=names)[self._training]
        return find_recurring(rows, agree=agreeing_fakes(fakes), min_group=self._inputs.plan.min_group)

    def _siblings(self, column: str | None) -> Siblings | None:
        """How rows belong together; `column` is the one to learn that orders them."""
        if self._families is None:
            return None
        name = self._order or self._sequence_order()
        order_by = self._rows[name] if name else self._arrival
        return Siblings(
            self._families,
            order_by=order_by[self._training],
            column=column if self._native else name,
            follow=self._follow,
            continuous=self._continuous(order_by),
        )

    def _continuous(self, order_by: pl.Series) -> npt.NDArray[np.bool_]:
        """Whether the forerunner of each training row is one, too, or there is none."""
        source, driving = self._inputs.source, self._structure.driving
        trained = source.training(self._structure.name)
        if driving is None or trained.all():
            return np.ones(len(self._training), dtype=np.bool_)
        arranged = Arranged.by(families_of(source.parents(self._structure.name, driving.key)), order_by)
        continuous = np.ones(len(trained), dtype=np.bool_)
        continuous[arranged.order[1:]] = (arranged.position[1:] == 0) | trained[arranged.order[:-1]]
        return continuous[self._training]

    def _sequence_order(self) -> str | None:
        """What orders the rows of engines that learn sequences as a whole."""
        return None if self._native else self._ordered_by

    @cached_property
    def _arrival(self) -> pl.Series:
        """The order of all rows where no learned column has one."""
        driving = self._structure.driving
        parents = (
            self._inputs.source.parents(self._structure.name, driving.key) if driving else np.arange(len(self._rows))
        )
        rows = self._rows.select(self._structure.learned)
        return arrival(rows, families_of(parents), self._running_key(), seed=self._seed)

    def _running_key(self) -> pl.Series | None:
        """A whole-number key, in whose order rows were made."""
        primary = self._structure.table.primary_key
        if not primary or len(primary.columns) != 1 or primary.columns[0] not in self._rows.columns:
            return None
        values = self._rows[primary.columns[0]]
        return values if values.dtype.is_integer() else None
