"""synth-assets: production tables in, safe synthetic databases out, on a schedule, as Dagster assets."""

__version__ = "0.1.0"
