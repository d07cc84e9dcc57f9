"""What can be told of a target before anything is extracted: the guard, and without rows whether it takes the dataset.

Publishing asks all of it again, with the rows at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy

from synth_assets.catalog.connection import FILE_FAMILIES, file_path, location
from synth_assets.catalog.model import Catalog
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.errors import TargetBusy, TargetRefused
from synth_assets.publish.examination import examine_target
from synth_assets.publish.families import open_publisher
from synth_assets.publish.finding import Finding
from synth_assets.publish.guard import check_settings, check_target
from synth_assets.publish.ledger import live_entries
from synth_assets.publish.no_rows import request_without_rows
from synth_assets.publish.protocol import Publisher


@dataclass(frozen=True)
class Preflight:
    """
    Attributes:
        findings: Why the target cannot take the dataset.
        notes: What will differ from the source, and what rows may be refused for, a line each.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def preflight(
    *,
    plan: TargetSettings,
    database: DatabaseSettings,
    url: str,
    sources: Mapping[str, str],
    dataset: str,
    catalog: Catalog,
) -> Preflight:
    """Look at a target, and make the dataset's tables there on trial, empty; nothing of it stays.

    What refreshes that were killed have left there is removed first: it would stand in the way.

    Args:
        plan: What the plan says of it.
        url: The target's, resolved.
        sources: Every source's url by name.
        catalog: The source's; published tables and the keys among them only.

    Raises:
        TargetRefused: the guard.
        DatabaseFailed: the target's database refused to be asked, or went away.
        synth_assets.catalog.errors.DatabaseError: it cannot be connected to.
    """
    check_settings(plan.name, database)
    parsed = sqlalchemy.make_url(url)
    path = file_path(parsed) if parsed.get_backend_name() in FILE_FAMILIES else None
    if path is not None and not path.exists():
        raise TargetRefused(
            plan.name,
            f"there is no {location(url)} yet.",
            next_step=f"If that is where it belongs, make and mark it: synth-assets authorize {plan.name}.",
        )
    with open_publisher(plan.name, url, namespace=database.namespace) as publisher:
        state = publisher.state()
        names = catalog.table_names
        check_target(plan.name, database, state, sources, dataset=dataset, tables=names)
        request = request_without_rows(target=plan.name, dataset=dataset, catalog=catalog)
        busy = _busy(publisher, dataset)
        entry = live_entries(state.entries).get(dataset)
        examined = examine_target(request, publisher, plan, entry, on_trial=busy is None)
        notes = (*examined.notes, *publisher.warnings(names), *([busy] if busy else []))
        return Preflight(examined.findings, notes)


def _busy(publisher: Publisher, dataset: str) -> str | None:
    """Why nothing can be tried in the target now; None if it is locked for us, and clean."""
    if not publisher.keeps_others_away:
        return "its user's rights, and whether it takes every definition, only the publication finds out."
    try:
        publisher.lock(dataset, patience=0.0)
    except TargetBusy:
        return (
            "a publication of this dataset is at work there: rights, definitions and what leans on the tables are "
            "looked at when it is the turn of this one."
        )
    publisher.clean()
    return None
