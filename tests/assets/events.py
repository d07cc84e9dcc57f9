"""Runs of some stages, and what a run left in its event log."""

from pathlib import Path

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.execution.job_execution_result import JobExecutionResult

from synth_assets.assets.build import build_synthetic_database, dataset_steps
from synth_assets.assets.dataset import read_dataset
from synth_assets.assets.refreshing import RefreshResource
from synth_assets.project import Project, load_project
from tests.assets.projects import DATASET


def materialize(project: Project, instance: dg.DagsterInstance, *stages: str) -> dg.ExecuteInProcessResult:
    """Run the steps of some stages of a project whose rows are generated."""
    dataset = read_dataset(project, DATASET)
    steps = dataset_steps(dataset)
    chosen = [step for step in steps if {key.path[1] for key in step.keys} <= set(stages)]
    return dg.materialize(
        steps,
        selection=dg.AssetSelection.assets(*chosen) | dg.AssetSelection.checks(*chosen),
        instance=instance,
        resources={dataset.resource: RefreshResource()},
        raise_on_error=False,
    )


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    return {
        (found.asset_key.to_user_string(), found.check_name): found for found in result.get_asset_check_evaluations()
    }


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Messages by failed step."""
    return {
        event.step_key: event.step_failure_data.error.message if event.step_failure_data.error else ""
        for event in result.get_step_failure_events()
        if event.step_key
    }


def metadata(result: dg.ExecuteInProcessResult, *path: str) -> dict[str, object]:
    """Metadata of an asset's materialization, as plain values."""
    key = dg.AssetKey(path)
    (event,) = [event for event in result.get_asset_materialization_events() if event.asset_key == key]
    return {name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()}


def refresh_in_process(root: str) -> ReconstructableJob:
    """The job of a project, its steps in this process, as a re-execution needs it."""
    return dg.build_reconstructable_job(__name__, build_refresh.__name__, reconstructable_args=(root,))


def build_refresh(root: str) -> dg.JobDefinition:
    definitions = build_synthetic_database(load_project(Path(root)), DATASET, executor=dg.in_process_executor)
    return definitions.resolve_job_def(f"refresh_{DATASET}")


def re_execute(root: str, failed: JobExecutionResult, instance: dg.DagsterInstance) -> JobExecutionResult:
    """A second run, from where the first one failed."""
    options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
    return dg.execute_job(refresh_in_process(root), instance, reexecution_options=options)


def started_steps(result: JobExecutionResult) -> set[str]:
    return {event.step_key for event in result.all_events if event.is_step_start and event.step_key}


def log_lines(result: JobExecutionResult, instance: dg.DagsterInstance) -> list[str]:
    """What the steps of a run have said in plain sentences."""
    return [entry.user_message for entry in instance.all_logs(result.run_id) if not entry.is_dagster_event]
