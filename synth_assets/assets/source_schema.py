"""Whether the source's schema is still that of the saved catalog: a check of every source table, and a sensor that
looks now and then.
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from synth_assets.assets.dataset import SOURCE, Dataset
from synth_assets.assets.failures import run_stage
from synth_assets.catalog.drift import Change, compare
from synth_assets.project import DEFAULT_ENVIRONMENT
from synth_assets.store.digest import digest

CHECK = "schema"
_INTERVAL_SECONDS = 3600


def schema_check(dataset: Dataset) -> dg.AssetChecksDefinition:
    """A check of each table that is read. It asks the source for its schema, never for a row."""
    specs = [
        dg.AssetCheckSpec(
            CHECK,
            asset=dataset.key(SOURCE, name),
            description="Whether the table, and which tables there are, is as the saved catalog says.",
        )
        for name in dataset.extracted
    ]

    @dg.multi_asset_check(name=dataset.step(CHECK), specs=specs)
    def check() -> Iterable[dg.AssetCheckResult]:
        for table, changes in run_stage(SOURCE, lambda: changes_by_table(dataset)).items():
            yield dg.AssetCheckResult(**_told(dataset, table, changes))

    return check


def schema_sensor(dataset: Dataset) -> dg.SensorDefinition:
    """Reports that check once when the source changes, and once when it is as saved again.

    In the environment `local` it waits to be switched on: nobody's laptop begins to ask production by itself.
    """
    local = dataset.project.environment == DEFAULT_ENVIRONMENT

    @dg.sensor(
        name=f"{dataset.name}_source_schema",
        description=f"Opens a failed check where the schema of the source of {dataset.name} has changed.",
        minimum_interval_seconds=_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED if local else dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        found = run_stage(SOURCE, lambda: changes_by_table(dataset))
        seen = digest({table: [change.message for change in changes] for table, changes in found.items() if changes})
        if seen == context.cursor:
            return dg.SensorResult(skip_reason="The source is as it was at the last look.")
        told = [dg.AssetCheckEvaluation(**_told(dataset, *one)) for one in found.items()]
        return dg.SensorResult(asset_events=told, cursor=seen)

    return sensor


def changes_by_table(dataset: Dataset) -> dict[str, tuple[Change, ...]]:
    """What differs from the saved catalog, by table that is read; tables that came or went are told of each.

    Raises:
        MissingVariable, DatabaseError: see `source_catalog`.
    """
    from synth_assets.refresh.source_catalog import source_catalog

    now = source_catalog(dataset.project, dataset.name)
    changes = compare(dataset.catalog, now).changes
    elsewhere = tuple(change for change in changes if change.table not in dataset.catalog.table_names)
    return {name: (*(change for change in changes if change.table == name), *elsewhere) for name in dataset.extracted}


def _told(dataset: Dataset, table: str, changes: tuple[Change, ...]) -> dict[str, Any]:
    return {
        "asset_key": dataset.key(SOURCE, table),
        "check_name": CHECK,
        "passed": not changes,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": _description(dataset, changes),
        "metadata": {"changes": dg.MetadataValue.md("\n".join(f"- {change}" for change in changes) or "None.")},
    }


def _description(dataset: Dataset, changes: tuple[Change, ...]) -> str:
    if not changes:
        return "The schema is that of the saved catalog."
    command = dataset.project.catalog_command(dataset.name)
    return (
        f"{'; '.join(change.message for change in changes)}. Nothing that is published changes by that; look at what "
        f"becomes of it, and save the catalog anew with `{command}`."
    )
