"""One refresh of a dataset at a time: two would take each other's snapshots.

The `concurrency` section of dagster.yaml keeps a second run waiting; this refuses it where no such section does.
The pools keep runs of several datasets from training at the same time, and from publishing into one target.
"""

from collections.abc import Collection

import dagster as dg

from synth_assets.assets.dataset import DATASET_TAG, Dataset
from synth_assets.assets.refreshing import chosen_targets
from synth_assets.errors import SynthAssetsError

TRAINING_POOL = "synth_assets_training"

_AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def publication_pool(target: str) -> str:
    """The pool of all that is published into a target."""
    return f"synth_assets_publish_{target}"


class RefreshRunning(SynthAssetsError):
    """Another run is at work on the same dataset."""

    def __init__(self, dataset: str, run_id: str) -> None:
        self.dataset = dataset
        self.run_id = run_id
        super().__init__(
            f"The run {run_id} is refreshing the dataset {dataset!r} already.",
            untouched="No row was read, and no target was touched.",
            next_step="Wait for it, or end it; then launch this run again.",
        )


def refuse_second_run(instance: dg.DagsterInstance, run: dg.DagsterRun, dataset: Dataset) -> None:
    """Nothing if this run is the first that is at work on the dataset.

    Raises:
        RefreshRunning: An earlier one still is.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=_AT_WORK))
    at_work = [record for record in records if concerns(record.dagster_run, dataset.name, dataset.keys)]
    mine = next((record.storage_id for record in at_work if record.dagster_run.run_id == run.run_id), None)
    earlier = [record for record in at_work if mine is not None and record.storage_id < mine]
    if earlier:
        raise RefreshRunning(dataset.name, earlier[0].dagster_run.run_id)


def run_at_work(
    instance: dg.DagsterInstance, dataset: str, *, keys: Collection[dg.AssetKey], targets: Collection[str]
) -> dg.DagsterRun | None:
    """A run on the dataset that waits in the queue or is at work, for any of the targets."""
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED, *_AT_WORK]))
    runs = (record.dagster_run for record in records if concerns(record.dagster_run, dataset, keys))
    return next((run for run in runs if not set(chosen_targets(run, dataset) or targets).isdisjoint(targets)), None)


def concerns(run: dg.DagsterRun, dataset: str, keys: Collection[dg.AssetKey]) -> bool:
    """Whether a run is one of the dataset's job, or makes some of its assets."""
    selected = run.asset_selection or ()
    return run.tags.get(DATASET_TAG) == dataset or any(key in keys for key in selected)
