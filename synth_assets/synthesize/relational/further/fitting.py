"""Learning which row of its parent each row refers to by a further key."""

import numpy as np
import polars as pl

from synth_assets.statistics.references import refers
from synth_assets.synthesize.relational.counts import CountDistribution
from synth_assets.synthesize.relational.features import count_name, feature_name
from synth_assets.synthesize.relational.further.affiliations import Affiliation
from synth_assets.synthesize.relational.further.agreement import filled_before, find_agreement
from synth_assets.synthesize.relational.further.apart import find_apart
from synth_assets.synthesize.relational.further.in_time import find_not_before
from synth_assets.synthesize.relational.further.partition import Partition
from synth_assets.synthesize.relational.further.roles import Roles
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, group_numbers
from synth_assets.synthesize.relational.model import FurtherModel, partition_fields
from synth_assets.synthesize.relational.structure import Reference
from synth_assets.synthesize.relational.tables import SourceTables

MOST_LEAVES = 96


def leaf_name(reference: str) -> str:
    """The hidden column that holds the leaf of a row's further parent; null for a row without one."""
    return f"leaf {reference}"


def fit_further(
    reference: Reference,
    *,
    source: SourceTables,
    known_parents: pl.DataFrame,
    outcomes: pl.DataFrame,
    roles: Rows | None = None,
    affiliation: Affiliation | None = None,
    min_group: int,
    seed: int,
) -> tuple[FurtherModel, pl.Series]:
    """The model of one further key, and the leaf of the parent of each training row.

    Roles are leaves, too, numbered after those of the partition.

    Args:
        reference: The key.
        source: Real rows.
        known_parents: What is known of each row of the parent.
        outcomes: What the parents are grouped by, one row for each row of the child.
        roles: The role of each parent row, see roles; None if they have none.
        affiliation: What parent rows belong to, see affiliations; None if that is not known.
        min_group: Fewest child rows that tell parents apart.
        seed: Of the rows that are looked at in a big table.
    """
    rows = source.frame(reference.child)
    trained = source.training(reference.child)
    own = source.structures[reference.key.parent]
    child = source.structures[reference.child]
    names = [feature_name(own.name, name) for name in own.learned] + [count_name(reference.name)]
    looked_at = known_parents.select(name for name in names if name in known_parents.columns)
    chosen = np.where(trained, source.parents(reference.child, reference.key), NO_ROW)
    known = np.flatnonzero(chosen >= 0)
    partition = Partition.fit(
        looked_at,
        chosen[known],
        outcomes[known],
        groups=_groups(rows.select(reference.carried), affiliation, known),
        min_group=min_group,
        most_leaves=MOST_LEAVES,
        seed=seed,
    )
    leaves = np.full(rows.height, NO_ROW, dtype=np.int64)
    of_parent = partition.apply(looked_at)
    given = None
    if roles is not None:
        play = np.flatnonzero(roles >= 0)
        groups = of_parent[play[np.argsort(roles[play])]]
        given = Roles(groups=tuple(groups.tolist()), parents=len(roles))
        of_parent = np.where(roles >= 0, partition.leaves + roles, of_parent)
    leaves[known] = of_parent[chosen[known]]
    text = pl.Series(leaf_name(reference.name), leaves[trained])
    degrees = source.count_children(reference)[source.training(reference.key.parent)]
    model = FurtherModel(
        reference=reference.name,
        always=bool((chosen[trained & refers(rows, reference.key)] >= 0).all()),
        partition=partition_fields(partition),
        agreement=find_agreement(source, reference, chosen, filled=filled_before(reference, child)),
        not_before=find_not_before(
            rows.select(child.learned), source.frame(reference.key.parent).select(own.learned), chosen
        ),
        apart=find_apart(reference, child, _parents(reference, source)),
        roles=given,
        belonging=affiliation.belonging if affiliation else None,
        degrees=CountDistribution.of(degrees, min_group=min_group).points,
    )
    return model, text.set(text < 0, None).cast(pl.String)


def _groups(carried: pl.DataFrame, affiliation: Affiliation | None, rows: Rows) -> Rows | None:
    """Within which group each of the rows chooses its parent anyhow; None if all are one group."""
    told = [values.gather(rows) for values in carried.get_columns()]
    if affiliation:
        told.append(pl.Series(affiliation.belonging.feature, affiliation.of_children[rows]))
    return group_numbers([pl.DataFrame(told)])[0] if told else None


def _parents(reference: Reference, source: SourceTables) -> dict[str, Rows]:
    """By key of the child's table to the same parent, the parent of each row."""
    child = source.structures[reference.child]
    return {
        one.name: source.parents(reference.child, one.key)
        for one in (child.driving, *child.further)
        if one is not None and one.key.parent == reference.key.parent
    }
