"""Marking a database as a target, once, in the database itself."""

from collections.abc import Mapping
from datetime import UTC, datetime

from synth_assets.plan.resources import DatabaseSettings
from synth_assets.publish.errors import TargetRefused
from synth_assets.publish.families import open_publisher
from synth_assets.publish.guard import check_identity, check_settings
from synth_assets.publish.ledger import made_by
from synth_assets.publish.marker import Marker
from synth_assets.publish.protocol import Publisher
from synth_assets.publish.state import TargetState


def authorize(
    target: str,
    database: DatabaseSettings,
    url: str,
    sources: Mapping[str, str],
    *,
    replace_existing: bool = False,
) -> Marker:
    """Mark a database as one that may be overwritten. A SQLite or DuckDB file that does not exist is made.

    Args:
        target: Its name in resources/.
        sources: Every source's url by name.
        replace_existing: Whether tables of the dataset's names that no refresh made may be replaced, too.

    Raises:
        TargetRefused: it is no target, is production, or is a source.
    """
    check_settings(target, database)
    with open_publisher(target, url, namespace=database.namespace, create=True) as publisher:
        state = publisher.state()
        check_identity(target, state.identity, sources)
        return _mark(publisher, state, target, database, replace_existing=replace_existing)


def authorize_if_empty(target: str, database: DatabaseSettings, url: str, sources: Mapping[str, str]) -> Marker:
    """Mark a database that holds nothing but what refreshes made: for a target named on the command line only.

    Raises:
        TargetRefused: as `authorize`, or there are tables, in any schema of it, that no refresh made.
    """
    check_settings(target, database)
    with open_publisher(target, url, namespace=database.namespace, create=True) as publisher:
        state = publisher.state()
        check_identity(target, state.identity, sources)
        if state.marker is not None and state.marker.identity in (None, state.identity):
            return state.marker
        ours = made_by(state.entries)
        foreign = sorted(
            table for table in state.all_tables if table not in ours and table.partition(".")[2] not in ours
        )
        if foreign:
            more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
            raise TargetRefused(
                target,
                f"it has tables that no refresh made: {', '.join(foreign[:5])}{more}.",
                next_step="Name an empty database, or make a project (synth-assets init) and authorize this one there.",
            )
        return _mark(publisher, state, target, database, replace_existing=False)


def _mark(
    publisher: Publisher, state: TargetState, target: str, database: DatabaseSettings, *, replace_existing: bool
) -> Marker:
    marker = Marker(
        target=target,
        environment=database.environment or "",
        authorized_at=datetime.now(UTC),
        replace_existing=replace_existing,
        identity=state.identity,
    )
    publisher.mark(marker)
    return marker
