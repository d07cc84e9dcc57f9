"""Refreshing when the source has changed, where the plan says so: declarative automation, and the sensor that asks."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import DEFAULT_ENVIRONMENT

if TYPE_CHECKING:
    from synth_assets.assets.dataset import Dataset


def automation_condition(settings: DatasetSettings, *, reads_source: bool) -> dg.AutomationCondition[Any] | None:
    """When an asset of the dataset is made without anybody's asking; None if the plan does not say so.

    A snapshot is taken when the data version of a source table has changed since the last one, once, and everything
    else follows in the same run. A run that failed is not begun again before the source changes once more.

    Args:
        reads_source: Whether the asset is a snapshot.
    """
    if not settings.refresh_on_change:
        return None
    if not reads_source:
        return dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
    changed = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
    return changed.since_last_handled() & ~dg.AutomationCondition.in_progress()


def automation_sensor(dataset: "Dataset", tags: dict[str, str]) -> dg.AutomationConditionSensorDefinition | None:
    """What asks whether the source has changed; None if the plan does not say so.

    In the environment `local` it waits to be switched on, as schedules do.

    Args:
        tags: Of the runs that it launches.
    """
    if not dataset.settings.refresh_on_change:
        return None
    local = dataset.project.environment == DEFAULT_ENVIRONMENT
    return dg.AutomationConditionSensorDefinition(
        name=f"{dataset.name}_source_data",
        target=dg.AssetSelection.assets(*dataset.keys),
        description=f"Refreshes {dataset.name} when the data version of a source table has changed.",
        run_tags=tags,
        default_status=dg.DefaultSensorStatus.STOPPED if local else dg.DefaultSensorStatus.RUNNING,
    )
