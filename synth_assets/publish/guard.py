"""The guard against production: whether a database may be written at all. It fails closed."""

import re
from collections.abc import Collection, Mapping

import sqlalchemy
from sqlalchemy import exc

from synth_assets.catalog.connection import DRIVERS, open_engine
from synth_assets.catalog.errors import DatabaseError
from synth_assets.catalog.identity import BY_CONTENTS, ServerIdentity, identity_by_contents, server_identity
from synth_assets.catalog.ownership import MARKER_TABLE
from synth_assets.plan.resources import DatabaseSettings
from synth_assets.publish.errors import TargetRefused
from synth_assets.publish.ledger import made_by
from synth_assets.publish.state import TargetState

MYSQL = "mysql"  # the family of MariaDB, too
_PRODUCTION = re.compile(r"(prod|prd|production|productive|live)\d*")
_NOT_YET = frozenset({"pre", "non", "not", "no", "post"})


def is_production(environment: str) -> bool:
    """Whether an environment's name means production, however it is spelled: `PROD`, `prod-eu`, `live_2`."""
    words = [word for word in re.split(r"[\W_]+", environment.lower()) if word]
    return any(_PRODUCTION.fullmatch(word) for word in words) and not _NOT_YET.intersection(words)


def check_settings(target: str, database: DatabaseSettings) -> None:
    """Refuse a target by its settings alone, before anything is connected to.

    Raises:
        TargetRefused: its role is not target, or its environment is production.
    """
    if database.role != "target":
        raise TargetRefused(
            target,
            f"its role is {database.role}, not target.",
            next_step="Nothing is ever written to a source. If it is a target, say role: target in resources/.",
        )
    if is_production(database.environment or ""):
        raise TargetRefused(
            target,
            f"its environment is {database.environment}.",
            next_step="Nothing is ever written to production. Choose a target of another environment.",
        )


def check_identity(
    target: str,
    identity: ServerIdentity,
    sources: Mapping[str, str],
    *,
    recorded: Mapping[str, ServerIdentity] | None = None,
) -> None:
    """Refuse a target that is the same server and database as any source, by the servers' own word.

    Args:
        identity: Of the open publishing connection.
        sources: Every source's url by name.
        recorded: A source's identity as it was when its snapshot was taken: it counts even if that name leads
            elsewhere by now, and for a source that does not answer now.

    Raises:
        TargetRefused: it is a source, or a source of the same family cannot be identified.
    """
    for name, then in (recorded or {}).items():
        if then == identity:
            raise TargetRefused(
                target,
                f"it is the same database as {_source(name)} was when its rows were read, {_by(identity)}.",
                next_step=f"Choose another database as the target; if {_source(name)} has moved, refresh again.",
            )
    for name, url in sources.items():
        by_contents = identity.family == BY_CONTENTS
        if not by_contents and _family(url) != identity.family:
            continue
        own, mark = _source_identity(url, by_contents=by_contents)
        source = own or (recorded or {}).get(name)
        if source is None:
            raise TargetRefused(
                target,
                f"{_source(name)} does not tell which database it is, so that it cannot be ruled out "
                "that both are the same.",
                next_step=f"Make {_source(name)} reachable and publish again.",
            )
        if source == identity:
            raise TargetRefused(
                target,
                f"it is the same database as {_source(name)}, {_by(identity)}.",
                next_step="Choose another database as the target.",
            )
        if mark == identity:
            raise TargetRefused(
                target,
                f"{_source(name)} holds the mark of this target: it is a read replica or a copy of it.",
                next_step="Choose another database as the target. If the source is a copy that stands alone, drop its "
                f"table {MARKER_TABLE}.",
            )


def check_marker(target: str, state: TargetState) -> None:
    """Refuse a target that was never authorized, or that is a copy of one that was.

    Raises:
        TargetRefused: there is no mark, or it was made in another database.
    """
    marker = state.marker
    if marker is None:
        raise TargetRefused(
            target,
            "it has not been authorized as a target.",
            next_step=f"If it may be overwritten, mark it once: synth-assets authorize {target}.",
        )
    if marker.identity is not None and marker.identity != state.identity:
        raise TargetRefused(
            target,
            "its mark was made in another database: this one is a copy or was moved.",
            next_step=f"If it may be overwritten, mark it again: synth-assets authorize {target}.",
        )


def check_tables(target: str, state: TargetState, *, dataset: str, tables: Collection[str]) -> None:
    """Refuse to replace tables that no refresh of this dataset made.

    Raises:
        TargetRefused: a table of the dataset is there and is another dataset's, or nobody's of ours.
    """
    makers = made_by(state.entries)
    there = sorted(set(tables) & state.tables)
    others = [table for table in there if makers.get(table, dataset) != dataset]
    if others:
        raise TargetRefused(
            target,
            f"dataset {makers[others[0]]} published {_listed(others)} there.",
            next_step="Publish the two datasets into different schemas or databases.",
        )
    foreign = [table for table in there if table not in makers]
    if foreign and not (state.marker and state.marker.replace_existing):
        raise TargetRefused(
            target,
            f"no refresh made {_listed(foreign)} there.",
            next_step="Remove what stands in the way, or allow to replace it: "
            f"synth-assets authorize {target} --replace-existing.",
        )


def check_target(
    target: str,
    database: DatabaseSettings,
    state: TargetState,
    sources: Mapping[str, str],
    *,
    dataset: str,
    tables: Collection[str],
    recorded: Mapping[str, ServerIdentity] | None = None,
) -> None:
    """All of the guard. `state` was read on the connection that publishes.

    Raises:
        TargetRefused: naming the reason and what to do.
    """
    check_settings(target, database)
    check_identity(target, state.identity, sources, recorded=recorded)
    check_marker(target, state)
    check_tables(target, state, dataset=dataset, tables=tables)


def _source_identity(url: str, *, by_contents: bool) -> tuple[ServerIdentity | None, ServerIdentity | None]:
    """Which database a source is, and which target's mark is in it; None for what is not known or not there."""
    try:
        with open_engine(url).connect() as connection:
            # A target that any dialect may lead to may be a source that another dialect leads to.
            identity = identity_by_contents(connection) if by_contents else server_identity(connection)
            return identity, _mark_in(connection) if identity.family == MYSQL else None
    except (DatabaseError, exc.SQLAlchemyError):
        # Not known is not a pass: the caller refuses.
        return None, None


def _mark_in(connection: sqlalchemy.Connection) -> ServerIdentity | None:
    """The identity of the target that a database was marked as, wherever it has been replicated to since.

    Replicas of MariaDB and MySQL have identities of their own; what is in them is their primary's.
    """
    if not sqlalchemy.inspect(connection).has_table(MARKER_TABLE):
        return None
    marker = sqlalchemy.table(MARKER_TABLE, sqlalchemy.column("identity"))
    text = connection.execute(sqlalchemy.select(marker.c.identity)).scalar()
    return ServerIdentity.model_validate_json(text) if text else None


def _by(identity: ServerIdentity) -> str:
    return "by what is in it" if identity.family == BY_CONTENTS else "by the server's own identity"


def _family(url: str) -> str:
    name = sqlalchemy.make_url(url).drivername
    family = DRIVERS.get(name, name).partition("+")[0]
    return MYSQL if family == "mariadb" else family


def _listed(tables: Collection[str], *, most: int = 10) -> str:
    names = sorted(tables)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{'table' if len(names) == 1 else 'tables'} {', '.join(names[:most])}{more}"


def _source(name: str) -> str:
    """A source's name for a sentence; one called `source` has no name but that."""
    return "the source" if name == "source" else f"source {name}"
