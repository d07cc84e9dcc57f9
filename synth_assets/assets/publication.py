"""The publications: one step a target, all tables or none."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.concurrency import publication_pool
from synth_assets.assets.dataset import PUBLICATION, SYNTHETIC, VERDICT, Dataset
from synth_assets.assets.descriptions import published_text
from synth_assets.assets.failures import run_stage
from synth_assets.assets.freshness import freshness_policy
from synth_assets.assets.metadata import (
    COLUMN_LINEAGE,
    COLUMN_SCHEMA,
    ROW_COUNT,
    TABLE_NAME,
    URI,
    column_schema,
    pages,
    peak_memory,
    same_columns,
)
from synth_assets.assets.refreshing import open_refresh, why_not_published
from synth_assets.plan.schedules import schedule_of

if TYPE_CHECKING:
    from synth_assets.catalog.model import Catalog
    from synth_assets.plan.resolved import ResolvedPlan
    from synth_assets.publish.publication import Publication


def publication_steps(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """One step for every target."""
    targets = dataset.settings.target_names
    return [_step(dataset, name, freshness_policy(schedule_of(dataset.settings, name))) for name in targets]


def _step(dataset: Dataset, target: str, freshness: dg.FreshnessPolicy | None) -> dg.AssetsDefinition:
    stage = dataset.stage_of_target[target]

    @dg.multi_asset(
        name=dataset.step(stage),
        specs=[_spec(dataset, target, name, freshness) for name in dataset.published],
        pool=publication_pool(target),
        required_resource_keys={dataset.resource},
        description=(
            f"Publishes {dataset.name} into {target}, all tables at once. However it is started, it asks the store "
            "for a passing verdict on exactly these rows first."
        ),
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        def work() -> "tuple[Publication, Catalog, ResolvedPlan, dict[str, Any]]":
            from synth_assets.catalog.connection import location

            refresh = open_refresh(context, dataset)
            url = dataset.project.resources.databases[target].resolve_url(os.environ)
            places = {URI: location(url), **pages(refresh)}
            return refresh.publish(target), refresh.published_catalog, refresh.plan, places

        reason = why_not_published(context, dataset, target)
        if reason:
            context.log.info(f"Nothing is published into {target}: {reason}.")
            return
        publication, catalog, plan, places = run_stage(PUBLICATION, work)
        rows = {table.name: table.rows for table in publication.tables}
        context.log.info(_told(publication))
        for name in dataset.published:
            yield dg.MaterializeResult(
                asset_key=dataset.key(stage, name),
                metadata={
                    ROW_COUNT: rows[name],
                    COLUMN_SCHEMA: column_schema(catalog.table(name), plan.table(name)),
                    COLUMN_LINEAGE: same_columns(catalog.table(name), dataset.key(SYNTHETIC, name)),
                    **_metadata(publication),
                    **places,
                },
                data_version=dg.DataVersion(publication.fingerprint),
            )

    return step


def _told(publication: "Publication") -> str:
    if publication.already_live:
        return f"These rows are live in {publication.target} already: nothing was written."
    rows = sum(table.rows for table in publication.tables)
    seconds = sum(publication.seconds.values())
    return f"Published {len(publication.tables)} tables, {rows:,} rows, into {publication.target} in {seconds:.1f} s."


def _metadata(publication: "Publication") -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "target": publication.target,
        "refresh": publication.refresh,
        "fingerprint": publication.fingerprint,
        "seconds": round(sum(publication.seconds.values()), 3),
        "seconds_by_step": dg.MetadataValue.json(publication.seconds),
        "already_live": publication.already_live,
        **peak_memory(),
    }
    if publication.previous:
        metadata["previous_refresh"] = publication.previous
    if publication.expectations:
        metadata["expectations_in_target"] = dg.MetadataValue.json(publication.expectations)
    if publication.notes:
        metadata["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in publication.notes))
    return metadata


def _spec(dataset: Dataset, target: str, name: str, freshness: dg.FreshnessPolicy | None) -> dg.AssetSpec:
    database = dataset.project.resources.databases[target]
    stage = dataset.stage_of_target[target]
    return dataset.spec(
        stage,
        name,
        # The step waits for what any of its tables depends on: the verdict and all synthetic tables.
        deps=[dataset.key(VERDICT), dataset.key(SYNTHETIC, name)],
        description=published_text(name, target),
        metadata={
            TABLE_NAME: f"{database.namespace}.{name}" if database.namespace else name,
            COLUMN_SCHEMA: column_schema(dataset.table(name), dataset.decision(name), profiled=False),
            "environment": database.environment or "",
        },
        kinds={"table"},
        freshness_policy=freshness,
        # A dry run makes none of them, nor does a run for other targets.
        skippable=True,
    )
