"""Publishing a dataset into a target: guard, preflight, stage, audit, swap; and rolling back one step."""

import contextlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy

from synth_assets.catalog.connection import FILE_FAMILIES
from synth_assets.catalog.errors import DatabaseUnreachable
from synth_assets.catalog.identity import ServerIdentity
from synth_assets.catalog.model import Catalog
from synth_assets.failpoints import reached
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.altered import shape
from synth_assets.publish.errors import (
    AuditFailed,
    DatabaseFailed,
    ExpectationsBroken,
    NoPassingVerdict,
    NothingToRollBack,
    PreflightFailed,
)
from synth_assets.publish.examination import examine_target
from synth_assets.publish.families import open_publisher
from synth_assets.publish.finding import Finding
from synth_assets.publish.guard import check_identity, check_marker, check_settings, check_target
from synth_assets.publish.ledger import LedgerEntry, live_entries
from synth_assets.publish.protocol import Publisher
from synth_assets.publish.publication import Publication, PublishedTable
from synth_assets.publish.request import Progress, PublishRequest
from synth_assets.publish.staged_suites import Suite, run_suites
from synth_assets.store.store import Store
from synth_assets.store.tables import TableRows
from synth_assets.store.verdict import dataset_fingerprint
from synth_assets.store.verdicts import passing_verdict

PATIENCE_SECONDS = 60.0
# A lost connection is followed by another one after so many seconds: a server that restarts is back by the last.
RETRY_SECONDS = (1.0, 5.0, 20.0, 60.0)


def publish(
    *,
    target: str,
    database: DatabaseSettings,
    url: str,
    sources: Mapping[str, str],
    dataset: str,
    catalog: Catalog,
    tables: Mapping[str, TableRows],
    store: Store,
    refresh: str,
    progress: Progress | None = None,
    source_identities: Mapping[str, ServerIdentity] | None = None,
    snapshot: str | None = None,
    patience: float = PATIENCE_SECONDS,
    retry: Sequence[float] = RETRY_SECONDS,
    plan: TargetSettings | None = None,
    suites: Mapping[str, Suite] | None = None,
) -> Publication:
    """Publish the rows of all tables of a dataset, or none.

    Readers of the target see the old dataset or the new one, never a mix; whatever fails before the swap leaves the
    target as it was. A refresh that the target's ledger says is live already is not published a second time.
    After a lost connection all of it is done anew on a fresh one, as often as `retry` says.

    Args:
        target: The target's name in resources/.
        url: The target's url, resolved.
        sources: Every source's url by name: the guard compares the target with each.
        catalog: The source's; published tables and the keys among them only.
        tables: Rows by table name, exactly the catalog's tables.
        progress: Called with (table, rows just sent).
        source_identities: A source's identity at its snapshot, whatever its name leads to now.
        snapshot: What the rows were learned from, for the ledger.
        patience: Seconds to wait for locks that others hold.
        retry: Seconds to wait before each further attempt, about.
        plan: What the plan says of the target; nothing but its name if not given.
        suites: What is asked of the loaded rows of some tables before they are made live, by table.

    Raises:
        NoPassingVerdict: no passing verdict stands for exactly these rows. Nothing was connected to.
        TargetRefused: the guard.
        PreflightFailed, RowsRefused, DatabaseFailed, AuditFailed, ExpectationsBroken, TargetBusy: the target is as
            it was.
        OutcomeUnknown: the target is old or new as a whole, and cannot be asked which.
        synth_assets.catalog.errors.DatabaseError: the target cannot be connected to.
    """
    fingerprint = dataset_fingerprint({name: rows.fingerprint for name, rows in tables.items()})
    verdict = passing_verdict(store, dataset=dataset, fingerprint=fingerprint)
    if verdict is None:
        raise NoPassingVerdict(dataset, fingerprint)
    request = PublishRequest(
        target=target,
        dataset=dataset,
        refresh=refresh,
        fingerprint=fingerprint,
        catalog=catalog,
        tables=tables,
        snapshot=snapshot,
        verdict=verdict.signature,
        patience=patience,
        progress=progress,
    )
    check_settings(target, database)
    reached("publication.begun")
    attempt = 1
    while True:
        try:
            publication = _attempt(
                request, database, url, sources, source_identities, plan or TargetSettings(name=target), suites or {}
            )
            break
        except (DatabaseFailed, DatabaseUnreachable) as failure:
            if attempt > len(retry) or not _is_passing(failure, url):
                raise
            time.sleep(retry[attempt - 1] * random.uniform(0.75, 1.25))  # noqa: S311 (to part two refreshes)
            attempt += 1
    reached("publication.done")
    return publication.model_copy(update={"attempts": attempt})


def _is_passing(failure: DatabaseFailed | DatabaseUnreachable, url: str) -> bool:
    """Whether another connection may do better."""
    if isinstance(failure, DatabaseFailed):
        return failure.lost
    return sqlalchemy.make_url(url).get_backend_name() not in FILE_FAMILIES


def _attempt(
    request: PublishRequest,
    database: DatabaseSettings,
    url: str,
    sources: Mapping[str, str],
    source_identities: Mapping[str, ServerIdentity] | None,
    plan: TargetSettings,
    suites: Mapping[str, Suite],
) -> Publication:
    """Publish on one connection."""
    clock = _Clock()
    with open_publisher(request.target, url, namespace=database.namespace) as publisher:
        reached("publication.connected")
        with clock.step("guard"):
            check_target(
                request.target,
                database,
                publisher.state(),
                sources,
                dataset=request.dataset,
                tables=request.catalog.table_names,
                recorded=source_identities,
            )
            reached("publication.guarded")
            publisher.lock(request.dataset, patience=request.patience)
            reached("publication.locked")
        with clock.step("clean"):
            publisher.clean()
            reached("publication.cleaned")
        # Asked again under the lock: another publication may have come in between.
        live = live_entries(publisher.state().entries).get(request.dataset)
        if live is not None and (live.refresh, live.fingerprint) == (request.refresh, request.fingerprint):
            return _publication(request, publisher, live, clock, already_live=True)
        with clock.step("preflight"):
            request, notes = _checked(request, publisher, plan, live)
        reached("publication.checked")
        with clock.step("stage"):
            publisher.stage()
            reached("publication.stage.done")
        with clock.step("audit"):
            differences = publisher.audit()
            made = shape(publisher.staged_catalog(), request.catalog.table_names)
        if differences:
            raise AuditFailed(request.target, differences)
        reached("publication.audited")
        with clock.step("suites"):
            asked = run_suites(publisher, suites)
        if asked.broken:
            raise ExpectationsBroken(request.target, asked.broken)
        reached("publication.suites")
        with clock.step("swap"):
            entry = publisher.swap(made)
        return _publication(request, publisher, entry, clock, notes=[*notes, *asked.notes], held=asked.held)


def _checked(
    request: PublishRequest, publisher: Publisher, plan: TargetSettings, entry: LedgerEntry | None
) -> tuple[PublishRequest, Sequence[str]]:
    """The request for the tables that are to be made, and what differs from the source, for people.

    Args:
        entry: Of the live refresh.

    Raises:
        PreflightFailed: The target cannot take the dataset.
    """
    unlike = list(_unlike(request))
    if unlike:
        raise PreflightFailed(request.target, unlike)
    examined = examine_target(request, publisher, plan, entry)
    if examined.findings:
        raise PreflightFailed(request.target, examined.findings)
    return examined.request, examined.notes


def rollback(
    *,
    target: str,
    database: DatabaseSettings,
    url: str,
    sources: Mapping[str, str],
    dataset: str,
    to: str | None = None,
    patience: float = PATIENCE_SECONDS,
) -> LedgerEntry:
    """Make the refresh before the live one live again, in one atomic step; a second rollback undoes the first.

    Args:
        to: The refresh that is to be live; whichever is kept if not named.

    Raises:
        NothingToRollBack: no earlier refresh is kept, or another one than `to`.
        TargetRefused: the guard.
        DatabaseFailed, TargetBusy: the target is as it was.
    """
    check_settings(target, database)
    with open_publisher(target, url, namespace=database.namespace) as publisher:
        state = publisher.state()
        check_identity(target, state.identity, sources)
        check_marker(target, state)
        publisher.lock(dataset, patience=patience)
        publisher.clean()
        live = live_entries(publisher.state().entries).get(dataset)
        if to is not None and live is not None and to != live.previous:
            kept = f"{live.previous} is kept" if live.previous else "none is kept"
            raise NothingToRollBack(target, dataset, f"refresh {to} is not kept there: {live.refresh} is live, {kept}")
        return publisher.rollback(dataset, target=target, patience=patience)


def history(target: str, url: str, *, namespace: str | None = None) -> tuple[LedgerEntry, ...]:
    """What was published into a target's schema, and rolled back, newest first; reads only."""
    with open_publisher(target, url, namespace=namespace) as publisher:
        return publisher.state().entries


class _Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - began, 3)


def _unlike(request: PublishRequest) -> Iterator[Finding]:
    """Rows that do not fit the catalog they are published by."""
    remedy = "Refresh again: rows and catalog are of different refreshes."
    for name in sorted(set(request.tables) ^ set(request.catalog.table_names)):
        yield Finding(table=name, problem="it is not both in the catalog and among the rows.", remedy=remedy)
    for table in request.catalog.tables:
        if table.name not in request.tables:
            continue
        held = request.tables[table.name].schema
        for column in table.columns:
            if column.generated is None and column.name not in held:
                yield Finding(table=table.name, column=column.name, problem="there are no values.", remedy=remedy)


def _publication(
    request: PublishRequest,
    publisher: Publisher,
    entry: LedgerEntry,
    clock: _Clock,
    *,
    notes: Sequence[str] = (),
    held: Mapping[str, int] | None = None,
    already_live: bool = False,
) -> Publication:
    return Publication(
        target=request.target,
        dataset=request.dataset,
        refresh=request.refresh,
        fingerprint=request.fingerprint,
        tables=tuple(PublishedTable(name=name, rows=count) for name, count in entry.counts.items()),
        seconds=clock.seconds,
        notes=(*notes, *publisher.notes),
        expectations=dict(held or {}),
        previous=entry.previous,
        already_live=already_live,
    )
