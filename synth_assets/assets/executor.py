"""How steps run unless somebody says otherwise: each in a process forked from one that has everything loaded."""

from collections.abc import Sequence

import dagster as dg

# What steps import when they begin. A process forked from one that has them starts in about a second.
PRELOADED = (
    "synth_assets.refresh",
    "synth_assets.extract.snapshot",
    "synth_assets.profile.profile",
    "synth_assets.synthesize.registry",
    "synth_assets.synthesize.relational.fit",
    "synth_assets.synthesize.relational.generate",
    "synth_assets.validate.judge",
    "synth_assets.publish.publish",
)


def preloading_executor(*, workers: int, modules: Sequence[str] = ()) -> dg.ExecutorDefinition:
    """The multiprocess executor over a fork server.

    Args:
        workers: Steps at work at the same time.
        modules: Loaded beforehand too, such as the module of the definitions.
    """
    return dg.multiprocess_executor.configured(
        {
            "max_concurrent": workers,
            "start_method": {"forkserver": {"preload_modules": [*modules, *PRELOADED]}},
        },
        name="multiprocess_preloaded",
    )
