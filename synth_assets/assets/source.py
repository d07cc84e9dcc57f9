"""The tables of the source: assets that others fill."""

import dagster as dg

from synth_assets.assets.dataset import SOURCE, Dataset
from synth_assets.assets.descriptions import source_text
from synth_assets.assets.metadata import COLUMN_SCHEMA, TABLE_NAME, column_schema


def source_specs(dataset: Dataset) -> list[dg.AssetSpec]:
    """One external asset for every table whose rows are read."""
    catalog = dataset.catalog
    return [
        dataset.spec(
            SOURCE,
            name,
            deps=(),
            description=source_text(name, catalog.table(name).comment),
            metadata={
                TABLE_NAME: f"{catalog.namespace}.{name}" if catalog.namespace else name,
                COLUMN_SCHEMA: column_schema(catalog.table(name)),
            },
            kinds={catalog.dialect, "table"},
        )
        for name in dataset.extracted
    ]
