"""One job a dataset, and the schedules that its plan has: that of the dataset, and those of single targets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from synth_assets.assets.concurrency import run_at_work
from synth_assets.assets.dataset import DATASET_TAG, Dataset
from synth_assets.assets.refreshing import resource_config
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.schedules import Schedule, schedules
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


def refresh_schedules(
    project: Project,
    settings: DatasetSettings,
    job: "dg.JobDefinition | UnresolvedAssetJobDefinition",
    *,
    dataset: Dataset | None,
) -> list[dg.ScheduleDefinition]:
    """The plan's schedules.

    In the environment `local` they wait to be switched on: nobody's laptop begins to read production by itself.
    In every other environment they run, as the plan says, unless somebody switches them off. Refreshes do not pile up:
    as long as one is at work for any of the same targets, a schedule passes over, unless the plan says that it waits in
    the queue. For a refresh that is for other targets only it always waits: its next time may be a week away.

    Args:
        dataset: Whose assets the job makes; None while they are not known.
    """
    status = dg.DefaultScheduleStatus
    default = status.STOPPED if project.environment == DEFAULT_ENVIRONMENT else status.RUNNING
    return [_schedule(schedule, settings, job, dataset, default) for schedule in schedules(settings)]


def _schedule(
    schedule: Schedule,
    settings: DatasetSettings,
    job: "dg.JobDefinition | UnresolvedAssetJobDefinition",
    dataset: Dataset | None,
    default: dg.DefaultScheduleStatus,
) -> dg.ScheduleDefinition:
    name = job_name(settings.dataset) if schedule.own is None else f"{job_name(settings.dataset)}_into_{schedule.own}"
    keys = dataset.keys if dataset else ()
    narrowed = dataset is not None and schedule.targets != settings.target_names
    config = resource_config(dataset, targets=schedule.targets) if dataset and narrowed else {}

    @dg.schedule(
        name=f"{name}_schedule",
        job=job,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.time_zone,
        description=f"When the plan says that {settings.dataset} is refreshed and published into "
        f"{', '.join(schedule.targets)}.",
        default_status=default,
    )
    def evaluate(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        busy = run_at_work(context.instance, settings.dataset, keys=keys, targets=schedule.targets)
        if busy and settings.on_running == "skip":
            return dg.SkipReason(f"The run {busy.run_id} is still refreshing {settings.dataset}.")
        return dg.RunRequest(tags={DATASET_TAG: settings.dataset}, run_config=config)

    return evaluate
