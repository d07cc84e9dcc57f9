"""Marking a target of a project, by its name."""

import os

from synth_assets.project import Project
from synth_assets.publish.authorize import authorize
from synth_assets.publish.marker import Marker


def authorize_target(project: Project, target: str, *, replace_existing: bool = False) -> Marker:
    """Mark a target as a database that refreshes may overwrite: done once.

    Args:
        target: Its name in the project's resources.
        replace_existing: Whether tables of the dataset's names that no refresh made may be replaced, too.

    Raises:
        KeyError: The resources have no database of that name.
        MissingVariable: What a url stands in is not set.
        TargetRefused: It is no target, is production, or is a source.
    """
    database = project.resources.databases[target]
    sources = {name: source.resolve_url(os.environ) for name, source in project.sources.items()}
    return authorize(target, database, database.resolve_url(os.environ), sources, replace_existing=replace_existing)
