"""What children know of a parent row: its learned columns, its numbers of children, and what it knows of its parent."""

from collections.abc import Mapping, Sequence

import polars as pl

from synth_assets.synthesize.relational.further.affiliations import is_affiliation
from synth_assets.synthesize.relational.further.tendencies import is_tendency
from synth_assets.synthesize.relational.structure import Reference, TableStructure

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


def is_hidden(name: str) -> bool:
    """Whether a feature is one that only the rows know which refer by one key, or that decides which they refer to."""
    return is_tendency(name) or is_affiliation(name)


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


def known_to_children(features: pl.DataFrame) -> pl.DataFrame:
    """What rows know of their driving parent: all but what is of rows that refer by another key."""
    return features.select(name for name in features.columns if not is_hidden(name))


def inherited(features: pl.DataFrame) -> pl.DataFrame:
    """The features of a parent that its children hand on to their own children."""
    return known_to_children(features)[:, :MOST_INHERITED]


def further_features(reference: Reference, features: pl.DataFrame) -> pl.DataFrame:
    """The features of a further parent that the rows which refer to it know, with tendencies of such rows."""
    names = known_to_children(features).columns[:MOST_FURTHER]
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


def with_roles(features: pl.DataFrame, roles: Sequence[pl.Series]) -> pl.DataFrame:
    """The features with the roles of the rows before all others: who knows the role need not guess it."""
    return pl.DataFrame([*roles, *features.get_columns()]) if roles else features
