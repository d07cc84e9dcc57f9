"""How steps run unless somebody says otherwise: each in a process forked from one that has everything loaded."""

from collections.abc import Sequence

import dagster as dg

from synth_assets.errors import SynthAssetsError
from synth_assets.project import Project

# What every step imports when it begins. A process forked from one that has them starts in about a second.
# Great Expectations is not among them: one step only needs it, and all others would wait for it.
PRELOADED = (
    "dagster._utils.test",  # by way of it, Dagster loads a job in a step's process
    "dagster._core.storage.sqlite_storage",
    "faker",
    "scipy.stats",
    "sklearn.tree",
    "synth_assets.refresh",
    "synth_assets.extract.snapshot",
    "synth_assets.profile.profile",
    "synth_assets.synthesize.registry",
    "synth_assets.synthesize.relational.fit",
    "synth_assets.synthesize.relational.generate",
    "synth_assets.synthesize.trees.synthesizer",
    "synth_assets.validate.judge",
    "synth_assets.publish.publish",
)


# What the engines import beside that, by their names in plans: `import sdv` takes seconds.
_ENGINE_MODULES = {
    "auto": "sdv.single_table",  # its own list of candidates has the Gaussian copula
    "gaussian_copula": "sdv.single_table",
    "ctgan": "sdv.single_table",
    "tvae": "sdv.single_table",
    "copula_gan": "sdv.single_table",
    "hma": "sdv.multi_table",
    "par": "sdv.sequential",
}


class KubernetesMissing(SynthAssetsError):
    """The resources ask for Kubernetes, and what speaks to it is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The resources say `compute: {kind: kubernetes}`, but dagster-k8s is not installed.",
            untouched="Nothing was contacted or changed.",
            next_step="Install it: pip install 'synth-assets[kubernetes]'",
        )


def project_executor(project: Project, *, modules: Sequence[str] = ()) -> dg.ExecutorDefinition:
    """The executor that the project's resources name under `compute`.

    Args:
        modules: Loaded before processes are forked, such as the module of the definitions.

    Raises:
        KubernetesMissing: It is Kubernetes, whose package is not installed.
    """
    if project.resources.compute.kind == "kubernetes":
        return kubernetes_executor(project)
    return preloading_executor(project, modules=modules)


def kubernetes_executor(project: Project) -> dg.ExecutorDefinition:
    """Every step in a pod of its own, as many at a time as `compute.workers` says; raises KubernetesMissing."""
    try:
        from dagster_k8s import k8s_job_executor
    except ImportError:
        raise KubernetesMissing from None
    return k8s_job_executor.configured({"max_concurrent": project.resources.compute.workers}, name="kubernetes")


def preloading_executor(project: Project, *, modules: Sequence[str] = ()) -> dg.ExecutorDefinition:
    """The multiprocess executor over a fork server, with as many steps at work at a time as `compute.workers` says.

    Args:
        modules: Loaded beforehand too, such as the module of the definitions.
    """
    preloaded = [*modules, *PRELOADED, *engine_modules(project)]
    return dg.multiprocess_executor.configured(
        {
            "max_concurrent": project.resources.compute.workers,
            "start_method": {"forkserver": {"preload_modules": preloaded}},
        },
        name="multiprocess_preloaded",
    )


def build_jobs(definitions: dg.Definitions) -> None:
    """Build the repository, its jobs and the schemas of their config, which are kept in the definitions.

    Whoever loads definitions needs them, and Dagster builds them when they are first asked for. Steps are forked from a
    process that has imported the module of the definitions: each would build them anew, which takes longer than a
    second for 300 tables.
    """
    for job in definitions.get_repository_def().get_all_jobs():
        _ = job.run_config_schema


def engine_modules(project: Project) -> list[str]:
    """The modules of the engines that the project's plans name."""
    tables = [table for settings in project.datasets.values() for table in settings.tables.values()]
    engines = [table.synthesizer for table in tables if table.synthesizer]
    named = {engine.name for engine in engines} | {c.name for engine in engines for c in engine.candidates}
    return sorted({_ENGINE_MODULES[name] for name in named if name in _ENGINE_MODULES})
