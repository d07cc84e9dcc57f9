"""The Dagster layer: the stages of `synth_assets.refresh` as assets, checks, jobs, schedules and sensors."""

from dagster_shared.libraries import DagsterLibraryRegistry

from synth_assets import __version__
from synth_assets.assets.build import build_definitions, build_synthetic_database
from synth_assets.assets.translator import StageAsset, SyntheticDatabaseTranslator

__all__ = ["StageAsset", "SyntheticDatabaseTranslator", "build_definitions", "build_synthetic_database"]

DagsterLibraryRegistry.register("synth-assets", __version__, is_dagster_package=False)
