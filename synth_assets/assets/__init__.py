"""The Dagster layer: the stages of `synth_assets.refresh` as assets, checks, jobs, schedules and sensors."""

from synth_assets.assets.build import build_definitions, build_synthetic_database

__all__ = ["build_definitions", "build_synthetic_database"]
