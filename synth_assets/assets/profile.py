"""The profile: one step that finds out what every column holds."""

from typing import TYPE_CHECKING

import dagster as dg

from synth_assets.assets.dataset import PROFILE, SNAPSHOT, Dataset
from synth_assets.assets.descriptions import profile_text
from synth_assets.assets.metadata import COLUMN_SCHEMA, TABLE_NAME, column_schema, dependencies
from synth_assets.assets.renewal import resumed_refresh
from synth_assets.assets.stage_step import stage_step

if TYPE_CHECKING:
    from synth_assets.assets.stage_step import Made


def profile_step(dataset: Dataset) -> dg.AssetsDefinition:
    """All profiles of a dataset."""

    def work(context: dg.AssetExecutionContext) -> "Made":
        refresh = resumed_refresh(context, dataset)
        outcomes = refresh.profile()
        personal = {
            name: sum(column.personal is not None for column in profile.columns)
            for name, profile in refresh.profiles.items()
        }
        return [
            (
                name,
                outcomes[name],
                {
                    COLUMN_SCHEMA: column_schema(refresh.catalog.table(name), refresh.plan.table(name)),
                    "columns_with_personal_data": personal[name],
                    **dependencies(outcomes[name].facts.get("dependencies"), name="dependencies"),
                },
            )
            for name in dataset.extracted
        ]

    return stage_step(
        dataset,
        PROFILE,
        name=dataset.step(PROFILE),
        specs=[_spec(dataset, name) for name in dataset.extracted],
        description=f"Counts, quantiles, shapes of texts and personal data in every column of {dataset.name}, "
        "and what holds between columns.",
        work=work,
    )


def _spec(dataset: Dataset, name: str) -> dg.AssetSpec:
    return dataset.spec(
        PROFILE,
        name,
        deps=[dataset.key(SNAPSHOT, name)],
        description=profile_text(name, dataset.plan),
        metadata={TABLE_NAME: name},
        kinds={"polars"},
    )
