"""`synth-assets authorize`: the mark without which nothing is ever written to a database."""

import os
from pathlib import Path

import click
from rich.text import Text

from synth_assets.cli.console import console, reporting
from synth_assets.cli.project import PROJECT, open_project


@click.command("authorize", short_help="Mark a database as a target that may be overwritten.")
@click.argument("target")
@click.option("--replace-existing", is_flag=True, help="Also allow to replace tables that no refresh made.")
@PROJECT
@reporting
def command(target: str, folder: Path, *, replace_existing: bool) -> None:
    """Mark TARGET, a name in resources/, as a database that refreshes may overwrite.

    Done once. Refused for a database that is a source under whatever name, or whose environment is production.
    """
    project = open_project(folder)
    databases = project.resources.databases
    known = [name for name, database in databases.items() if database.role == "target"]
    if target not in databases:
        from synth_assets.plan.nearest import hint

        raise click.UsageError(f"The resources name no target {target!r}{hint(target, known)}")
    from synth_assets.catalog.connection import location
    from synth_assets.refresh.authorizing import authorize_target

    authorize_target(project, target, replace_existing=replace_existing)
    line = Text("✓ ", style="bold green")
    line.append(f"{target} may be overwritten by refreshes: {location(databases[target].resolve_url(os.environ))}")
    console().print(line, soft_wrap=True)
