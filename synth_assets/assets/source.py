"""The tables of the source: assets that others fill."""

import dagster as dg

from synth_assets.assets.dataset import SOURCE, Dataset
from synth_assets.assets.metadata import COLUMN_SCHEMA, TABLE_NAME, column_schema


def source_specs(dataset: Dataset) -> list[dg.AssetSpec]:
    """One external asset for every table whose rows are read."""
    catalog = dataset.catalog
    return [
        dataset.spec(
            SOURCE,
            name,
            deps=(),
            description=catalog.table(name).comment or f"The table {name} of the source. It is only read.",
            metadata={
                TABLE_NAME: f"{catalog.namespace}.{name}" if catalog.namespace else name,
                COLUMN_SCHEMA: column_schema(catalog.table(name)),
            },
            kinds={catalog.dialect, "table"},
        )
        for name in dataset.extracted
    ]
