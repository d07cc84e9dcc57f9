"""Learning which row of its parent each row refers to by a further key."""

import numpy as np
import polars as pl

from synth_assets.statistics.references import refers
from synth_assets.synthesize.relational.counts import CountDistribution
from synth_assets.synthesize.relational.features import SourceFeatures, count_name, feature_name
from synth_assets.synthesize.relational.further.agreement import find_agreement
from synth_assets.synthesize.relational.further.in_time import find_not_before
from synth_assets.synthesize.relational.further.partition import Partition
from synth_assets.synthesize.relational.matching import NO_ROW, group_numbers
from synth_assets.synthesize.relational.model import FurtherModel, partition_fields
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables

MOST_LEAVES = 96


def leaf_name(reference: str) -> str:
    """The hidden column that holds the leaf of a row's further parent; null for a row without one."""
    return f"leaf {reference}"


def fit_further(
    reference: Reference,
    *,
    source: SourceTables,
    features: SourceFeatures,
    outcomes: pl.DataFrame,
    min_group: int,
    seed: int,
) -> tuple[FurtherModel, pl.Series]:
    """The model of one further key, and the leaf of the parent of each training row.

    Args:
        reference: The key.
        source: Real rows.
        features: Those of real rows.
        outcomes: What the parents are grouped by, one row for each row of the child.
        min_group: Fewest child rows that tell parents apart.
        seed: Of the rows that are looked at in a big table.
    """
    rows = source.frame(reference.child)
    trained = source.training(reference.child)
    parent_features = features.of(reference.key.parent)
    own = source.structures[reference.key.parent]
    child = source.structures[reference.child]
    names = [feature_name(own.name, name) for name in own.learned] + [count_name(reference.name)]
    looked_at = parent_features.select(name for name in names if name in parent_features.columns)
    chosen = np.where(trained, source.parents(reference.child, reference.key), NO_ROW)
    known = np.flatnonzero(chosen >= 0)
    partition = Partition.fit(
        looked_at,
        chosen[known],
        outcomes[known],
        groups=group_numbers([rows.select(reference.carried)[known]])[0] if reference.carried else None,
        min_group=min_group,
        most_leaves=MOST_LEAVES,
        seed=seed,
    )
    leaves = np.full(rows.height, NO_ROW, dtype=np.int64)
    leaves[known] = partition.apply(looked_at)[chosen[known]]
    text = pl.Series(leaf_name(reference.name), leaves[trained])
    degrees = source.count_children(reference)[source.training(reference.key.parent)]
    model = FurtherModel(
        reference=reference.name,
        always=bool((chosen[trained & refers(rows, reference.key)] >= 0).all()),
        partition=partition_fields(partition),
        agreement=find_agreement(source, reference, chosen, filled=_filled_before(reference, child)),
        not_before=find_not_before(
            rows.select(child.learned), source.frame(reference.key.parent).select(own.learned), chosen
        ),
        degrees=CountDistribution.of(degrees, min_group=min_group).points,
    )
    return model, text.set(text < 0, None).cast(pl.String)


def _filled_before(reference: Reference, structure: TableStructure) -> tuple[str, ...]:
    """The keys of the child that are filled when this one is."""
    in_order = sorted(structure.further, key=lambda r: (r.deferred, r not in structure.referring_first))
    names = [r.name for r in ([structure.driving] if structure.driving else []) + in_order]
    return tuple(names[: names.index(reference.name)])
