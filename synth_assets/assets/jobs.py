"""One job and, if the plan has one, one schedule a dataset."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from synth_assets.assets.concurrency import run_at_work
from synth_assets.assets.dataset import DATASET_TAG, Dataset
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import DEFAULT_ENVIRONMENT, Project

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


def job_name(dataset: str) -> str:
    return f"refresh_{dataset}"


def run_tags(dataset: Dataset) -> dict[str, str]:
    """The plan's tags of runs, and the one by which runs of the dataset are known."""
    return {**{name: str(tag) for name, tag in dataset.settings.tags.items()}, DATASET_TAG: dataset.name}


def refresh_job(
    dataset: Dataset, assets: Sequence[dg.AssetsDefinition], *, executor: dg.ExecutorDefinition
) -> "UnresolvedAssetJobDefinition":
    """All stages of a dataset with all checks."""
    targets = ", ".join(dataset.settings.target_names)
    return dg.define_asset_job(
        job_name(dataset.name),
        selection=dg.AssetSelection.assets(*assets),
        description=(
            f"Reads {dataset.settings.source}, makes synthetic rows, checks them, and publishes them into {targets}. "
            "Nothing is published unless every check has passed."
        ),
        tags=run_tags(dataset),
        executor_def=executor,
    )


def unready_job(name: str, problem: SynthAssetsError) -> dg.JobDefinition:
    """The job of a dataset whose assets cannot be known yet: it says what is missing, and fails when launched."""

    @dg.op(name=f"{name}__not_ready", description=str(problem))
    def not_ready() -> None:
        raise dg.Failure(description=str(problem), allow_retries=False)

    @dg.job(
        name=job_name(name),
        description=f"Not ready. {problem}",
        tags={DATASET_TAG: name},
        metadata={"missing": problem.failed, "next_step": problem.next_step},
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        not_ready()

    return job


def refresh_schedule(
    project: Project,
    settings: DatasetSettings,
    job: "dg.JobDefinition | UnresolvedAssetJobDefinition",
    *,
    keys: Collection[dg.AssetKey] = (),
) -> dg.ScheduleDefinition | None:
    """The plan's schedule; None if it has none.

    In the environment `local` it waits to be switched on: nobody's laptop begins to read production by itself.
    In every other environment it runs, as the plan says, unless somebody switches it off. Refreshes do not pile up: as
    long as one is at work, the schedule passes over, unless the plan says that it waits in the queue.

    Args:
        keys: Of the dataset's assets: a run that makes some of them is at work on the dataset, too.
    """
    if settings.schedule is None:
        return None
    local = project.environment == DEFAULT_ENVIRONMENT

    @dg.schedule(
        name=f"{job_name(settings.dataset)}_schedule",
        job=job,
        cron_schedule=settings.schedule,
        execution_timezone=settings.time_zone,
        description=f"When the plan of {settings.dataset} says that it is refreshed.",
        default_status=dg.DefaultScheduleStatus.STOPPED if local else dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        busy = run_at_work(context.instance, settings.dataset, keys=keys)
        if busy and settings.on_running == "skip":
            return dg.SkipReason(f"The run {busy.run_id} is still refreshing {settings.dataset}.")
        return dg.RunRequest(tags={DATASET_TAG: settings.dataset})

    return schedule
