"""synth-assets: production tables in, safe synthetic databases out, on a schedule, as Dagster assets."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What Dagster projects use, by module. Imported when asked for: the command line does without Dagster.
_OFFERED = {
    "StageAsset": "synth_assets.assets",
    "SyntheticDatabase": "synth_assets.component",
    "SyntheticDatabaseTranslator": "synth_assets.assets",
    "authorize_target": "synth_assets.refresh.authorizing",
    "build_synthetic_database": "synth_assets.assets",
    "load_project": "synth_assets.project",
    "make_project": "synth_assets.project",
    "save_catalog": "synth_assets.refresh.source_catalog",
}

__all__ = ["__version__", *_OFFERED]


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OFFERED[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_OFFERED]
