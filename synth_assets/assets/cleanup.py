"""A sensor that removes the snapshots of refreshes that ended before their verdict: failed, canceled or crashed."""

import dagster as dg

from synth_assets.assets.dataset import SNAPSHOT
from synth_assets.project import Project

WILL_RETRY_TAG = "dagster/will_retry"
ROOT_RUN_TAG = "dagster/root_run_id"


def cleanup_sensor(project: Project, dataset: str) -> dg.SensorDefinition:
    """It looks at what lies in the store, not at events, so that nothing is missed: a crash, a canceled run, an outage
    of the daemon. Snapshots of refreshes that Dagster did not start are left alone, and so are those of a run
    that is retried by itself. `keep_snapshots` holds here too.
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
    store = open_store(project)
    left = store.artifacts(dataset, stage=SNAPSHOT)
    ended = {name for name in {artifact.refresh for artifact in left} if has_ended(instance, name)}
    for artifact in left:
        if artifact.refresh in ended:
            store.remove(artifact)
    store.remove_leftovers(dataset, older_than=ABANDONED)
    return ended


def has_ended(instance: dg.DagsterInstance, refresh: str) -> bool:
    """Whether the run that began a refresh, and every re-execution of it, is over. False for what no run began."""
    root = instance.get_run_by_id(refresh)
    if root is None:
        return False
    runs = [root, *instance.get_runs(dg.RunsFilter(tags={ROOT_RUN_TAG: refresh}))]
    retried = {run.parent_run_id for run in runs}
    return all(run.is_finished and (run.run_id in retried or run.tags.get(WILL_RETRY_TAG) != "true") for run in runs)
