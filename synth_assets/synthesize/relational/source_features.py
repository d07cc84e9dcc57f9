"""What is known of real rows as parents: see features."""

import polars as pl

from synth_assets.statistics.labels import shared_labels
from synth_assets.synthesize.relational.features import feature_name, features_of, inherited, with_roles
from synth_assets.synthesize.relational.further.affiliations import Affiliation, find_affiliation
from synth_assets.synthesize.relational.further.fitting import fit_further
from synth_assets.synthesize.relational.further.roles import as_labels, find_driving_roles, find_roles, is_role
from synth_assets.synthesize.relational.matching import Rows, gather
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.structure import Reference
from synth_assets.synthesize.relational.tables import SourceTables


class SourceFeatures:
    """Features of real rows, by table.

    Args:
        min_group: Fewest rows that tell groups of parents apart.
    """

    def __init__(self, source: SourceTables, *, min_group: int) -> None:
        self._source = source
        self._min_group = min_group
        self._known: dict[str, tuple[pl.DataFrame, tuple[FurtherModel, ...]]] = {}
        self._further_roles: dict[str, Rows | None] = {}
        self._affiliations: dict[str, Affiliation | None] = {}

    def of(self, table: str) -> pl.DataFrame:
        """One row for each row of the table, held-out rows included."""
        return self._with_roles(table)[0]

    def further_roles(self, reference: Reference) -> Rows | None:
        """The role of each row of a further key's parent, None where parents have none: see roles."""
        if reference.name not in self._further_roles:
            found = find_roles(reference, self._source, min_group=self._min_group)
            self._further_roles[reference.name] = found
        return self._further_roles[reference.name]

    def affiliation(self, reference: Reference) -> Affiliation | None:
        """What each row of the key's parent belongs to, see affiliations; None if that is not told."""
        if reference.name not in self._affiliations:
            self._affiliations[reference.name] = find_affiliation(
                reference, self._source, roles_by=self.further_roles, min_group=self._min_group
            )
        return self._affiliations[reference.name]

    def affiliations(self, table: str) -> list[pl.Series]:
        """What each row of the table belongs to, by the keys that refer to it."""
        found = [self.affiliation(reference) for reference in self._source.structures[table].chosen]
        return [one.labels for one in found if one]

    def roles(self, table: str) -> tuple[FurtherModel, ...]:
        """What single rows are to their children, by the keys that the table drives, where that is known."""
        return self._with_roles(table)[1]

    def implied(self, reference: Reference) -> frozenset[str]:
        """The features of a driving parent, and of those above it, that its role or theirs says all of."""
        parent = reference.key.parent
        if any(model.reference == reference.name for model in self.roles(parent)):
            return frozenset(name for name in self.of(parent).columns if not is_role(name))
        above = self._source.structures[parent].driving
        return self.implied(above) if above else frozenset()

    def _with_roles(self, table: str) -> tuple[pl.DataFrame, tuple[FurtherModel, ...]]:
        if table not in self._known:
            columns, structures = self._columns_of(table), self._source.structures
            models, labels = [], []
            for reference in structures[table].driven:
                roles = find_driving_roles(reference, self._source)
                if roles is not None:
                    model, _ = fit_further(
                        reference,
                        source=self._source,
                        known_parents=columns,
                        outcomes=self._source.frame(reference.child).select(structures[reference.child].learned),
                        roles=roles,
                        min_group=self._min_group,
                        seed=0,
                    )
                    models.append(model)
                    labels.append(as_labels(reference, roles, model.tree().apply(columns)))
            self._known[table] = with_roles(columns, labels), tuple(models)
        return self._known[table]

    def _columns_of(self, table: str) -> pl.DataFrame:
        """The features without roles."""
        structure, above = self._source.structures[table], None
        if structure.driving:
            rows = self._source.parents(table, structure.driving.key)
            above = gather(inherited(self.of(structure.driving.key.parent)), rows)
        return features_of(structure, self._source.frame(table), self.counts(table), above)

    def counts(self, table: str) -> dict[str, pl.Series]:
        """Children of each row of the table, by the name of the reference."""
        structure = self._source.structures[table]
        return {
            reference.name: pl.Series(self._source.count_children(reference))
            for reference in (*structure.driven, *structure.chosen)
        }

    def common_labels(self, table: str, *, min_group: int) -> dict[str, tuple[str, ...]]:
        """By feature of the table that is text: the labels that at least `min_group` rows of their own table share.

        Children may know these by name. All children of one parent have its label, too, but do not share it. A column
        whose rare values the plan lets through is not among them.
        """
        structure, rows = self._source.structures[table], self._source.frame(table)
        above = self.common_labels(structure.driving.key.parent, min_group=min_group) if structure.driving else {}
        own = {
            feature_name(table, name): shared_labels(rows[name], min_group)
            for name in structure.learned
            if rows.schema[name] == pl.String and not structure.decision.column(name).keeps_rare_values
        }
        return above | own
