"""A dataset, or a whole project, as Dagster definitions."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from synth_assets.assets.alerts import failure_sensor
from synth_assets.assets.automation import automation_sensor
from synth_assets.assets.cleanup import cleanup_sensor
from synth_assets.assets.dataset import Dataset, read_dataset
from synth_assets.assets.executor import project_executor
from synth_assets.assets.jobs import refresh_job, refresh_schedules, run_tags, unready_job
from synth_assets.assets.profile import profile_step
from synth_assets.assets.publication import publication_steps
from synth_assets.assets.refreshing import RefreshResource
from synth_assets.assets.snapshot import snapshot_step
from synth_assets.assets.source import source_specs
from synth_assets.assets.source_schema import schema_check, schema_sensor
from synth_assets.assets.synthesizer import synthesizer_steps
from synth_assets.assets.synthetic import synthetic_steps
from synth_assets.assets.translator import SyntheticDatabaseTranslator
from synth_assets.assets.verdict import verdict_step
from synth_assets.errors import SynthAssetsError
from synth_assets.project import Project


def build_definitions(project: Project, *, preload: Sequence[str] = ()) -> dg.Definitions:
    """Every dataset of a project. No database is contacted.

    Args:
        preload: Modules that the process has loaded from which steps are forked, beside this package's own.
    """
    executor = project_executor(project, modules=preload)
    datasets = [build_synthetic_database(project, name, executor=executor) for name in project.datasets]
    return dg.Definitions.merge(*datasets, dg.Definitions(executor=executor))


def build_synthetic_database(
    project: Project,
    dataset: str,
    *,
    executor: dg.ExecutorDefinition | None = None,
    translator: SyntheticDatabaseTranslator | None = None,
    source_assets: bool = True,
) -> dg.Definitions:
    """One dataset: its assets, checks, job, schedules and sensors, to be merged with definitions of your own.

    No database is contacted: the tables are those of the saved catalog. While there is none, or the plan does not
    fit it, the job says so and what to do, and fails when it is launched; other definitions are not affected.

        project = make_project(Path(__file__).parent, plans=[{"dataset": "shop", ...}], resources={"databases": ...})
        defs = dg.Definitions.merge(my_definitions, build_synthetic_database(project, "shop"))

    Args:
        project: As `make_project` or `load_project` gives it.
        executor: Of the dataset's job; unless given, the one that the resources name under `compute`.
        translator: Other keys, groups, owners, tags or kinds of the assets.
        source_assets: Whether to define an asset for each table of the source; not where others define those keys.

    Raises:
        UnknownDataset: There is no such plan.
    """
    with _without_collection():
        return _definitions(project, dataset, executor or project_executor(project), translator, source_assets)


def _definitions(
    project: Project,
    dataset: str,
    executor: dg.ExecutorDefinition,
    translator: SyntheticDatabaseTranslator | None,
    source_assets: bool,
) -> dg.Definitions:
    settings = project.dataset(dataset)
    try:
        known = read_dataset(project, dataset, translator=translator)
    except SynthAssetsError as problem:
        # The job tells it too, but whoever runs `dg check defs` does not look there.
        dg.get_dagster_logger("synth_assets").warning("The dataset %s is not ready. %s", dataset, problem)
        unready = unready_job(dataset, problem)
        return dg.Definitions(jobs=[unready], schedules=refresh_schedules(project, settings, unready, dataset=None))
    steps = dataset_steps(known)
    job = refresh_job(known, steps, executor=executor)
    automation = automation_sensor(known, run_tags(known))
    alerts = failure_sensor(project, dataset, job)
    optional = [sensor for sensor in (automation, alerts) if sensor]
    return dg.Definitions(
        assets=[*(source_specs(known) if source_assets else ()), *steps],
        jobs=[job],
        schedules=refresh_schedules(project, settings, job, dataset=known),
        asset_checks=[schema_check(known)],
        sensors=[cleanup_sensor(project, dataset), schema_sensor(known), *optional],
        resources={known.resource: RefreshResource.configure_at_launch()},
    )


@contextmanager
def _without_collection() -> Iterator[None]:
    """Definitions of many tables are hundreds of thousands of objects, none of them garbage: looking for some among
    them takes a fifth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def dataset_steps(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """Everything that is run for a dataset, in the order of the stages."""
    return [
        snapshot_step(dataset),
        profile_step(dataset),
        *synthesizer_steps(dataset),
        *synthetic_steps(dataset),
        verdict_step(dataset),
        *publication_steps(dataset),
    ]
