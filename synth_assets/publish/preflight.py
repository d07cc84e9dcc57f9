"""What can be told of a target before anything is extracted: the guard, and by schemas whether it takes the dataset.

Publishing asks all of it again, with the rows at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy

from synth_assets.catalog.connection import FILE_FAMILIES, file_path, location
from synth_assets.catalog.model import Catalog
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.altered import altered
from synth_assets.publish.errors import TargetRefused
from synth_assets.publish.families import open_publisher
from synth_assets.publish.finding import Finding
from synth_assets.publish.guard import check_settings, check_target
from synth_assets.publish.ledger import live_entries
from synth_assets.publish.match import match


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
    """Look at a target; writes nothing.

    Args:
        plan: What the plan says of it.
        url: The target's, resolved.
        sources: Every source's url by name.
        catalog: The source's; published tables and the keys among them only.

    Raises:
        TargetRefused: the guard.
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
        live = publisher.live_catalog()
        if plan.ddl == "match":
            held = {
                table.name: [column.name for column in table.columns if column.generated is None]
                for table in catalog.tables
            }
            found = match(catalog, live, plan, held=held)
            return Preflight(tuple(found.findings), (*found.notes, *publisher.warnings(names)))
        entry = live_entries(state.entries).get(dataset)
        published = publisher.published_shape(entry.shape) if entry else None
        findings = altered(catalog, live, published=published, target=plan.name)
        return Preflight(tuple(findings), tuple(publisher.warnings(names)))
