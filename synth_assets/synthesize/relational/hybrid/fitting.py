"""What is saved of the source's rows of a hybrid table, so that some of them can stand among synthetic ones.

No value of a column is among it: which parent each row refers to and in which group of like parents that one is, how
many children it has, how deep in a hierarchy it lies, and where columns that rules make are NULL. Values are read from
the snapshot when rows are generated.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.features import count_name
from synth_assets.synthesize.relational.further.fitting import fit_further, leaf_name
from synth_assets.synthesize.relational.hierarchy import level_name, levels
from synth_assets.synthesize.relational.matching import of_parents
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.source_features import SourceFeatures
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables

BESIDE_REAL = "beside real columns"
REAL_ROWS = "real rows.parquet"
DRIVING_PARENTS = "driving parents.json"


def parent_name(reference: str) -> str:
    """The column that holds which row of the source's parent table a row refers to."""
    return f"parent {reference}"


def save_source_rows(
    folder: Folder,
    structure: TableStructure,
    *,
    source: SourceTables,
    features: SourceFeatures,
    further: Sequence[FurtherModel],
    nulls: Mapping[str, pl.Series],
    min_group: int,
    seed: int,
) -> None:
    """Save what is known of every row of the source, held-out ones included.

    Args:
        further: The models of the further keys.
        nulls: For all rows, the hidden columns that say where columns made by rules are NULL.
    """
    columns: dict[str, pl.Series] = dict(nulls)
    models = {model.reference: model for model in further}
    references = [*structure.further]
    if structure.driving:
        references.append(structure.driving)
        driving = _driving_model(structure.driving, structure, source, features, min_group=min_group, seed=seed)
        folder.write_json(DRIVING_PARENTS, driving.model_dump(mode="json"))
        models[structure.driving.name] = driving
    for reference in references:
        parents = source.parents(structure.name, reference.key)
        leaves = models[reference.name].tree().apply(features.of(reference.key.parent))
        found = of_parents(leaves, parents) if len(leaves) else parents
        texts = pl.Series(found, dtype=pl.Int64)
        columns[parent_name(reference.name)] = pl.Series(parents)
        columns[leaf_name(reference.name)] = texts.set(texts < 0, None).cast(pl.String)
        if reference.to_itself:
            columns[level_name(reference.name)] = pl.Series(levels(parents))
    for reference in (*structure.driven, *structure.chosen):
        columns[count_name(reference.name)] = pl.Series(source.count_children(reference))
    height = source.frame(structure.name).height
    columns = columns or {"": pl.Series(np.zeros(height, dtype=np.int8))}
    folder.write_frame(REAL_ROWS, pl.DataFrame([values.alias(name) for name, values in columns.items()]))


def _driving_model(
    reference: Reference,
    structure: TableStructure,
    source: SourceTables,
    features: SourceFeatures,
    *,
    min_group: int,
    seed: int,
) -> FurtherModel:
    """The groups of driving parents whose children are alike: below another one of them real rows fit as well."""
    rows = source.frame(structure.name)
    learned = rows.select(structure.learned) if structure.learned else pl.DataFrame({"": np.zeros(rows.height)})
    model, _ = fit_further(
        reference,
        source=source,
        known_parents=features.of(reference.key.parent),
        outcomes=learned,
        min_group=min_group,
        seed=seed,
    )
    return model
