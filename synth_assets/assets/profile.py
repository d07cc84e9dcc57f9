"""The profile: one step that finds out what every column holds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.dataset import PROFILE, SNAPSHOT, Dataset
from synth_assets.assets.failures import run_stage
from synth_assets.assets.metadata import TABLE_NAME, result
from synth_assets.assets.refreshing import open_refresh

if TYPE_CHECKING:
    from synth_assets.refresh import Outcome


def profile_step(dataset: Dataset) -> dg.AssetsDefinition:
    """All profiles of a dataset."""

    @dg.multi_asset(
        name=dataset.step(PROFILE),
        specs=[_spec(dataset, name) for name in dataset.extracted],
        required_resource_keys={dataset.resource},
        description=f"Counts, quantiles, shapes of texts and personal data in every column of {dataset.name}.",
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        def work() -> "tuple[dict[str, Outcome], dict[str, int]]":
            refresh = open_refresh(context, dataset)
            outcomes = refresh.profile()
            personal = {
                name: sum(column.personal is not None for column in profile.columns)
                for name, profile in refresh.profiles.items()
            }
            return outcomes, personal

        outcomes, personal = run_stage(PROFILE, work)
        for name in dataset.extracted:
            more = {"columns_with_personal_data": personal[name]}
            yield result(dataset.key(PROFILE, name), outcomes[name], more)

    return step


def _spec(dataset: Dataset, name: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        dataset.key(PROFILE, name),
        deps=[dataset.key(SNAPSHOT, name)],
        description=f"What is known of the columns of {name}: nothing that fewer than `min_group` rows share.",
        group_name=dataset.group(PROFILE),
        metadata={TABLE_NAME: name},
        tags=dataset.tags(PROFILE),
        kinds={"polars"},
    )
