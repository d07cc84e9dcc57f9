"""The synthetic rows: one step a table; tables that refer to each other in a cycle share one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.dataset import SYNTHESIZER, SYNTHETIC, Dataset
from synth_assets.assets.descriptions import synthetic_text
from synth_assets.assets.metadata import (
    COLUMN_LINEAGE,
    COLUMN_SCHEMA,
    TABLE_NAME,
    column_schema,
    preview,
    synthetic_lineage,
)
from synth_assets.assets.renewal import resumed_refresh
from synth_assets.assets.stage_step import stage_step

if TYPE_CHECKING:
    from synth_assets.assets.stage_step import Made
    from synth_assets.refresh import Refresh


def synthetic_steps(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """One step for every group of tables, in the order of generation."""
    return [_step(dataset, group) for group in dataset.groups]


def _step(dataset: Dataset, group: Sequence[str]) -> dg.AssetsDefinition:
    def work(context: dg.AssetExecutionContext) -> "Made":
        refresh = resumed_refresh(context, dataset)
        outcomes = refresh.generate(group)
        return [(name, outcomes[name], _metadata(dataset, refresh, name)) for name in group]

    return stage_step(
        dataset,
        SYNTHETIC,
        name=dataset.step(SYNTHETIC, sorted(group)[0]),
        specs=[_spec(dataset, name, group) for name in group],
        description=f"Generates {' and '.join(group)}.",
        work=work,
    )


def _metadata(dataset: Dataset, refresh: "Refresh", name: str) -> dict[str, Any]:
    decision = refresh.plan.table(name)
    return {
        COLUMN_SCHEMA: column_schema(refresh.catalog.table(name), decision),
        COLUMN_LINEAGE: synthetic_lineage(dataset, refresh.plan, name),
        **preview(decision, lambda: refresh.preview(name), without=refresh.settled_columns(name)),
    }


def _spec(dataset: Dataset, name: str, group: Sequence[str]) -> dg.AssetSpec:
    decision = dataset.decision(name)
    parents = [parent for parent in dataset.parents[name] if parent not in group]
    models = [*group, *parents] if len(group) > 1 else [name, *parents]
    return dataset.spec(
        SYNTHETIC,
        name,
        deps=[
            *(dataset.key(SYNTHESIZER, model) for model in models),
            *(dataset.key(SYNTHETIC, parent) for parent in parents),
        ],
        description=synthetic_text(decision),
        metadata={
            TABLE_NAME: name,
            COLUMN_SCHEMA: column_schema(dataset.table(name), decision, profiled=False),
            "mode": decision.mode.value,
        },
        kinds={"parquet"},
    )
