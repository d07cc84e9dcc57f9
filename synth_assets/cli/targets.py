"""Whether the targets may be written, asked before hours are spent on rows for them."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth_assets.project import Project


def check_targets(project: "Project", targets: Sequence[str]) -> None:
    """The part of the guard that needs no rows. Publishing asks all of it again.

    Raises:
        TargetRefused: A target is production, a source, or not authorized.
        DatabaseError: A target cannot be connected to.
    """
    import sqlalchemy

    from synth_assets.catalog.connection import file_path, location
    from synth_assets.publish.errors import TargetRefused
    from synth_assets.publish.families import open_publisher
    from synth_assets.publish.guard import check_identity, check_marker, check_settings

    sources = {name: source.resolve_url(os.environ) for name, source in project.sources.items()}
    for name in targets:
        database = project.resources.databases[name]
        check_settings(name, database)
        url = database.resolve_url(os.environ)
        parsed = sqlalchemy.make_url(url)
        path = file_path(parsed) if parsed.get_backend_name() == "sqlite" else None
        if path is not None and not path.exists():
            raise TargetRefused(
                name,
                f"there is no {location(url)} yet.",
                next_step=f"If that is where it belongs, make and mark it: synth-assets authorize {name}.",
            )
        with open_publisher(name, url, namespace=database.namespace) as publisher:
            state = publisher.state()
            check_identity(name, state.identity, sources)
            check_marker(name, state)
