"""A sensor that removes the snapshots of refreshes that ended before their verdict: failed, canceled or crashed."""

import time
from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from synth_assets.assets.dataset import PROFILE, SNAPSHOT, SYNTHESIZER
from synth_assets.project import Project

WILL_RETRY_TAG = "dagster/will_retry"
ROOT_RUN_TAG = "dagster/root_run_id"


def cleanup_sensor(project: Project, dataset: str) -> dg.SensorDefinition:
    """It looks at what lies in the store, not at events, so that nothing is missed: a crash, a canceled run, an outage
    of the daemon. Snapshots of refreshes that Dagster did not start are left alone, and so are those of a run
    that is retried by itself, or that had learned all its tables and failed less than `resume_hours` ago.
    `keep_snapshots` holds here too.
    """

    @dg.sensor(
        name=f"{dataset}_snapshot_cleanup",
        description=f"Removes snapshots of {dataset} that a failed or canceled refresh left in the store.",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        removed = remove_snapshots(context.instance, project, dataset)
        if not removed:
            return dg.SkipReason("No snapshot of an ended refresh is in the store.")
        return dg.SkipReason(f"Removed what was left of {', '.join(sorted(removed))}.")

    return sensor


def remove_snapshots(instance: dg.DagsterInstance, project: Project, dataset: str) -> set[str]:
    """Remove the snapshots of every refresh whose run has ended; gives the refreshes."""
    from synth_assets.refresh import open_store
    from synth_assets.refresh.retention import ABANDONED

    if project.resources.store.keep_snapshots:
        return set()
    resumable = timedelta(hours=project.resources.store.resume_hours)
    store = open_store(project)
    left = store.artifacts(dataset, stage=SNAPSHOT)
    refreshes = {artifact.refresh for artifact in left}
    ended = {name for name in refreshes if is_over(instance, name, dataset=dataset, resumable=resumable)}
    for artifact in left:
        if artifact.refresh in ended:
            store.remove(artifact)
    store.remove_leftovers(dataset, older_than=ABANDONED)
    return ended


def is_over(instance: dg.DagsterInstance, refresh: str, *, dataset: str, resumable: timedelta) -> bool:
    """Whether nobody goes on with a refresh: its run and every re-execution have ended, a failed one a while ago.

    False for what no run began.

    Args:
        resumable: How long after a failure somebody may re-execute what failed with the same real rows. A canceled
            refresh is over at once, and so is one that failed before all its tables were learned: a re-execution of it
            reads them again.
    """
    root = instance.get_run_by_id(refresh)
    if root is None:
        return False
    runs = [root, *instance.get_runs(dg.RunsFilter(tags={ROOT_RUN_TAG: refresh}))]
    retried = {run.parent_run_id for run in runs}
    if not all(run.is_finished and (run.run_id in retried or run.tags.get(WILL_RETRY_TAG) != "true") for run in runs):
        return False
    records = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id for run in runs]))
    last = max(records, key=lambda record: record.storage_id)
    if last.dagster_run.status is not dg.DagsterRunStatus.FAILURE or last.end_time is None:
        return True
    if _steps_to_learn(instance, root, dataset) - _succeeded(instance, runs):
        return True
    return time.time() - last.end_time >= resumable.total_seconds()


def _steps_to_learn(instance: dg.DagsterInstance, run: dg.DagsterRun, dataset: str) -> set[str]:
    """The steps of a run up to the last one that learns a table."""
    if run.execution_plan_snapshot_id is None:
        return set()
    steps = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id).step_keys_to_execute
    stages = (SNAPSHOT, PROFILE, SYNTHESIZER)
    return {key for key in steps if any(f"{key}__".startswith(f"{dataset}__{stage}__") for stage in stages)}


def _succeeded(instance: dg.DagsterInstance, runs: Iterable[dg.DagsterRun]) -> set[str]:
    """The steps that one of the runs has ended well."""
    found = (instance.get_run_step_stats(run.run_id) for run in runs)
    return {one.step_key for steps in found for one in steps if one.status and one.status.value == "SUCCESS"}
