"""`synth-assets rollback`: an earlier refresh is live again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from synth_assets.cli.console import console, reporting
from synth_assets.cli.project import PROJECT, chosen_datasets, dataset_option, open_project

if TYPE_CHECKING:
    from synth_assets.project import Project


@click.command("rollback", short_help="Make an earlier refresh live again in a target.")
@click.option("--target", metavar="NAME", required=True, help="The target, a name in resources/.")
@click.option("--to", metavar="REFRESH", help="This refresh; `status` lists those that are kept.")
@dataset_option("Needed where several datasets are published into the target.")
@PROJECT
@reporting
def command(target: str, to: str | None, dataset: str | None, folder: Path) -> None:
    """Make the tables of the refresh before the live one live again in a TARGET, in one atomic step.

    What was live is kept in its place: a second rollback undoes the first. With --to, any refresh can come back whose
    rows are still in the store: it is published anew, which takes as long as the first time.
    """
    from synth_assets.refresh.going_back import go_back

    project = open_project(folder)
    name = published_dataset(project, target, dataset)
    done = go_back(project, name, target=target, to=to)
    line = Text("✓ ", style="bold green")
    line.append(f"{target}: refresh {done.refresh} of {name} is live again; {done.kept} is kept.")
    console().print(line, soft_wrap=True)


def published_dataset(project: "Project", target: str, dataset: str | None) -> str:
    """The dataset that is published into a target: the one named, or the only one.

    Raises:
        click.UsageError: there is none, or several.
    """
    names = [name for name in chosen_datasets(project, dataset) if target in project.datasets[name].target_names]
    if not names:
        from synth_assets.plan.nearest import hint

        known = sorted({other for plan in project.datasets.values() for other in plan.target_names})
        of = f"of {dataset!r} " if dataset else ""
        raise click.UsageError(f"{target!r} is no target {of}in plans/{hint(target, known)}")
    if len(names) > 1:
        raise click.UsageError(f"Several datasets are published into {target!r}: say --dataset {' or '.join(names)}.")
    return names[0]
