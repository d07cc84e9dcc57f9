"""Going back to an earlier refresh: the one that the target keeps, or any whose rows the store still has."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from synth_assets.catalog.model import Catalog
from synth_assets.project import Project
from synth_assets.publish.errors import NothingToRollBack
from synth_assets.publish.publish import publish, rollback
from synth_assets.refresh.inputs import CATALOG_FILE, ORIGIN_FILE, only_tables, open_store
from synth_assets.refresh.settling import SETTLED
from synth_assets.refresh.suites_in_target import suites_in_target
from synth_assets.refresh.values import Origin
from synth_assets.store.store import Artifact, ArtifactKey, Store
from synth_assets.store.tables import TableRows
from synth_assets.store.verdict import dataset_fingerprint
from synth_assets.store.verdicts import STAGE as VERDICT
from synth_assets.store.verdicts import passing_verdict


@dataclass(frozen=True)
class KeptRefresh:
    """A refresh that passed, with all rows that were judged."""

    refresh: str
    catalog: Catalog
    origin: Origin
    rows: dict[str, TableRows]


@dataclass(frozen=True)
class WentBack:
    """What is live since, and what the target keeps instead."""

    refresh: str
    kept: str | None


def kept_refreshes(store: Store, dataset: str) -> Iterator[KeptRefresh]:
    """Refreshes that passed and whose rows the store still has, the newest first.

    Raises:
        VerdictUnsigned: A verdict does not carry this store's signature.
    """
    rows = {
        (artifact.key.table, artifact.fingerprint): artifact
        for stage in ("synthetic", SETTLED)
        for artifact in store.artifacts(dataset, stage=stage)
    }
    for verdict in reversed(store.artifacts(dataset, stage=VERDICT)):
        found = _kept_refresh(store, verdict, rows)
        if found is not None:
            yield found


def _kept_refresh(store: Store, verdict: Artifact, rows: dict[tuple[str | None, str], Artifact]) -> KeptRefresh | None:
    tables = cast(dict[str, str], verdict.facts.get("tables") or {})
    inputs = cast(str | None, verdict.facts.get("catalog"))
    catalog = store.find(ArtifactKey(verdict.key.dataset, "catalog", None, inputs)) if inputs else None
    # What stands beside a verdict is not signed; the fingerprint of all rows is.
    fingerprint = dataset_fingerprint(tables)
    if catalog is None or not tables or any(place not in rows for place in tables.items()):
        return None
    if passing_verdict(store, dataset=verdict.key.dataset, fingerprint=fingerprint) is None:
        return None
    return KeptRefresh(
        verdict.refresh,
        only_tables(Catalog.model_validate(catalog.folder.read_json(CATALOG_FILE)), tables),
        Origin.model_validate(catalog.folder.read_json(ORIGIN_FILE)),
        {table: TableRows(rows[place]) for table, place in zip(tables, tables.items(), strict=True)},
    )


def go_back(project: Project, dataset: str, *, target: str, to: str | None) -> WentBack:
    """Make an earlier refresh live again in one atomic step.

    The one that the target keeps changes places with the live one. Any other is published anew from the store, which
    takes as long as its publication took.

    Args:
        to: The refresh that is to be live; the one that the target keeps if not named.

    Raises:
        NothingToRollBack: It is live, or neither the target nor the store has it.
        PublishError: The guard, the database, or preflight; the target is as it was.
    """
    database = project.resources.databases[target]
    url = database.resolve_url(os.environ)
    sources = {name: source.resolve_url(os.environ) for name, source in project.sources.items()}
    try:
        entry = rollback(target=target, database=database, url=url, sources=sources, dataset=dataset, to=to)
    except NothingToRollBack:
        if to is None:
            raise
        # Only now: what the target itself keeps comes back without the store and its key.
        store = open_store(project)
        with store.in_use():
            kept = next((one for one in kept_refreshes(store, dataset) if one.refresh == to), None)
            if kept is None:
                raise
            publication = publish(
                target=target,
                database=database,
                url=url,
                sources=sources,
                dataset=dataset,
                catalog=kept.catalog,
                tables=kept.rows,
                store=store,
                refresh=kept.refresh,
                source_identities={kept.origin.source: kept.origin.identity} if kept.origin.identity else {},
                snapshot=kept.origin.snapshot,
                plan=project.dataset(dataset).target(target),
                suites=suites_in_target(
                    store, dataset=dataset, tables=kept.rows, above=project.dataset(dataset).audit.suites_above
                ),
            )
            if publication.already_live:
                raise
        return WentBack(publication.refresh, publication.previous)
    return WentBack(entry.refresh, entry.previous)
