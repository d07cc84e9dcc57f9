"""The snapshot: one step that reads all tables of the dataset as of one instant."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.concurrency import refuse_second_run
from synth_assets.assets.dataset import SNAPSHOT, SOURCE, Dataset
from synth_assets.assets.drift import refuse_other_tables
from synth_assets.assets.failures import run_stage
from synth_assets.assets.metadata import COLUMN_LINEAGE, COLUMN_SCHEMA, TABLE_NAME, column_schema, result, same_columns
from synth_assets.assets.refreshing import open_refresh

if TYPE_CHECKING:
    from synth_assets.refresh import Outcome, Refresh


def snapshot_step(dataset: Dataset) -> dg.AssetsDefinition:
    """All snapshots of a dataset."""

    @dg.multi_asset(
        name=dataset.step(SNAPSHOT),
        specs=[_spec(dataset, name) for name in dataset.extracted],
        required_resource_keys={dataset.resource},
        description=f"Reads all tables of {dataset.name} as of one instant, encrypted into the store.",
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        def work() -> "tuple[Refresh, dict[str, Outcome]]":
            refresh = open_refresh(context, dataset)
            refuse_second_run(context.instance, context.run, dataset)
            refuse_other_tables(dataset, refresh.reflect_source())
            return refresh, refresh.snapshot()

        refresh, outcomes = run_stage(SNAPSHOT, work)
        for name in dataset.extracted:
            more = {
                COLUMN_SCHEMA: column_schema(refresh.catalog.table(name)),
                COLUMN_LINEAGE: same_columns(refresh.catalog.table(name), dataset.key(SOURCE, name)),
            }
            yield result(dataset.key(SNAPSHOT, name), outcomes[name], more)

    return step


def _spec(dataset: Dataset, name: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        dataset.key(SNAPSHOT, name),
        deps=[dataset.key(SOURCE, name)],
        description=f"The rows of {name}, encrypted, removed when the refresh ends.",
        group_name=dataset.group(SNAPSHOT),
        metadata={TABLE_NAME: name},
        tags=dataset.tags(SNAPSHOT),
        kinds={"parquet"},
    )
