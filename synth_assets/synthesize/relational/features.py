"""What children know of a parent row: its learned columns, its numbers of children, and what it knows of its parent."""

from collections.abc import Mapping

import polars as pl

from synth_assets.statistics.labels import shared_labels
from synth_assets.synthesize.relational.further.roles import as_labels, find_driving_roles
from synth_assets.synthesize.relational.further.tendencies import is_tendency
from synth_assets.synthesize.relational.matching import Rows, gather
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables

MOST_INHERITED = 32
MOST_FURTHER = 48


def count_name(reference: str) -> str:
    """The feature that counts a row's children by one reference."""
    return f"# {reference}"


def feature_name(table: str, column: str) -> str:
    """The feature that is a table's learned column."""
    return f"{table}.{column}"


def further_name(reference: str, feature: str) -> str:
    """A feature of a further parent, as the rows that refer to it know it."""
    return f"{reference}: {feature}"


def own_features(structure: TableStructure, rows: pl.DataFrame, counts: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Learned columns and counts of children of each row.

    Args:
        structure: The table.
        rows: At least the learned columns.
        counts: Children by row, by the name of the reference.
    """
    learned = [rows[name].alias(feature_name(structure.name, name)) for name in structure.learned]
    counted = [values.cast(pl.Int64).alias(count_name(name)) for name, values in counts.items()]
    if not learned and not counted:
        return pl.DataFrame({f"{structure.name}.": pl.Series([0], dtype=pl.Int64).new_from_index(0, rows.height)})
    return pl.DataFrame(learned + counted)


def inherited(features: pl.DataFrame) -> pl.DataFrame:
    """The features of a parent that its children hand on to their own children."""
    return features.select([name for name in features.columns if not is_tendency(name)][:MOST_INHERITED])


def further_features(reference: Reference, features: pl.DataFrame) -> pl.DataFrame:
    """The features of a further parent that the rows which refer to it know, with tendencies of such rows."""
    names = [name for name in features.columns if not is_tendency(name)][:MOST_FURTHER]
    tendencies = [
        features[name].fill_null(strategy="mean") for name in features.columns if is_tendency(name, reference)
    ]
    return features.select(pl.col(name).alias(further_name(reference.name, name)) for name in names).with_columns(
        tendencies
    )


def features_of(
    structure: TableStructure, rows: pl.DataFrame, counts: Mapping[str, pl.Series], above: pl.DataFrame | None
) -> pl.DataFrame:
    """What children know of each row.

    Args:
        structure: The table.
        rows: At least the learned columns.
        counts: Children by row, by the name of the reference, in any order.
        above: What each row inherits from its driving parent, None for a table without one.
    """
    # In one order whoever asks, since children know the first so many features.
    ordered = {r.name: counts[r.name] for r in (*structure.driven, *structure.chosen) if r.name in counts}
    own = own_features(structure, rows, ordered)
    return own if above is None else pl.concat([own, above], how="horizontal")


def with_roles(features: pl.DataFrame, roles: Mapping[str, pl.Series]) -> pl.DataFrame:
    """The features with the roles of the rows before all others: who knows the role need not guess it."""
    return pl.DataFrame([*roles.values(), *features.get_columns()]) if roles else features


class SourceFeatures:
    """Features of real rows, by table.

    Args:
        held_out: Held-out children are counted, too, so that features of held-out rows are like those of training rows.
    """

    def __init__(self, source: SourceTables, *, held_out: bool = False) -> None:
        self._source = source
        self._held_out = held_out
        self._known: dict[str, pl.DataFrame] = {}
        self._roles: dict[str, dict[Reference, Rows]] = {}

    def of(self, table: str) -> pl.DataFrame:
        """One row for each row of the table, held-out rows included."""
        if table not in self._known:
            structure = self._source.structures[table]
            above = None
            if structure.driving:
                rows = self._source.parents(table, structure.driving.key)
                above = gather(inherited(self.of(structure.driving.key.parent)), rows)
            known = features_of(structure, self._source.frame(table), self.counts(table), above)
            roles = self.roles(table).items()
            self._known[table] = with_roles(known, {r.name: as_labels(of_row, r) for r, of_row in roles})
        return self._known[table]

    def roles(self, table: str) -> dict[Reference, Rows]:
        """The role of each row to its children, by the key that the table drives, where there are roles."""
        if table not in self._roles:
            driven = self._source.structures[table].driven
            found = {reference: find_driving_roles(reference, self._source) for reference in driven}
            self._roles[table] = {reference: roles for reference, roles in found.items() if roles is not None}
        return self._roles[table]

    def counts(self, table: str) -> dict[str, pl.Series]:
        """Children of each row of the table, by the name of the reference."""
        structure = self._source.structures[table]
        return {
            reference.name: pl.Series(self._source.count_children(reference, held_out=self._held_out))
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
