"""The snapshot: one step that reads all tables of the dataset as of one instant."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.concurrency import refuse_second_run
from synth_assets.assets.dataset import SNAPSHOT, SOURCE, Dataset
from synth_assets.assets.descriptions import snapshot_text
from synth_assets.assets.drift import refuse_other_tables
from synth_assets.assets.metadata import COLUMN_LINEAGE, COLUMN_SCHEMA, TABLE_NAME, column_schema, same_columns
from synth_assets.assets.refreshing import open_refresh, why_not_published
from synth_assets.assets.stage_step import stage_step
from synth_assets.catalog.model import Table

if TYPE_CHECKING:
    from synth_assets.assets.stage_step import Made
    from synth_assets.refresh import Outcome, Refresh


def snapshot_step(dataset: Dataset) -> dg.AssetsDefinition:
    """All snapshots of a dataset."""

    def work(context: dg.AssetExecutionContext) -> "Made":
        refresh = open_refresh(context, dataset)
        outcomes = take_snapshot(context, dataset, refresh)
        return [(name, outcomes[name], _metadata(dataset, refresh.catalog.table(name))) for name in dataset.extracted]

    return stage_step(
        dataset,
        SNAPSHOT,
        name=dataset.step(SNAPSHOT),
        specs=[_spec(dataset, name) for name in dataset.extracted],
        description=f"Reads all tables of {dataset.name} as of one instant, encrypted into the store.",
        work=work,
    )


def take_snapshot(context: dg.AssetExecutionContext, dataset: Dataset, refresh: "Refresh") -> "Mapping[str, Outcome]":
    """Read all tables, once it is known that nobody else does and that a target can take them.

    Raises:
        RefreshRunning: Another run is at work on the dataset.
        SynthAssetsError: Whatever else was refused or failed.
    """
    refuse_second_run(context.instance, context.run, dataset)
    refuse_other_tables(dataset, refresh.reflect_source())
    _look_at_targets(context, dataset, refresh)
    outcomes = refresh.snapshot()
    for change in refresh.changes:
        context.log.warning(f"Changed in the source since the last refresh: {change}.")
    return outcomes


def _look_at_targets(context: dg.AssetExecutionContext, dataset: Dataset, refresh: "Refresh") -> None:
    """Stop where no target of this run can take the dataset; a target that can does not wait for one that cannot."""
    names = dataset.settings.target_names
    targets = [name for name in names if why_not_published(context, dataset, name) is None]
    if not targets:
        return
    refused = refresh.preflight(targets)
    for target, error in refused.items():
        if len(refused) == len(targets):
            raise error
        context.log.warning(f"{target} will not be published to as things stand. {error}")


def _metadata(dataset: Dataset, table: Table) -> dict[str, Any]:
    return {
        COLUMN_SCHEMA: column_schema(table),
        COLUMN_LINEAGE: same_columns(table, dataset.key(SOURCE, table.name)),
    }


def _spec(dataset: Dataset, name: str) -> dg.AssetSpec:
    return dataset.spec(
        SNAPSHOT,
        name,
        deps=[dataset.key(SOURCE, name)],
        description=snapshot_text(name),
        metadata={TABLE_NAME: name},
        kinds={"parquet"},
    )
