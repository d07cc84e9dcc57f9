"""`synth-assets report`: where the report of a refresh lies."""

from pathlib import Path

import click

from synth_assets.cli.console import reporting
from synth_assets.cli.project import PROJECT, chosen_datasets, dataset_option, open_project


@click.command("report", short_help="Where the report of a refresh lies.")
@dataset_option("One dataset only; all of them otherwise.")
@click.option("--refresh", metavar="NAME", help="The report of this refresh; of the newest unless given.")
@PROJECT
@reporting
def command(dataset: str | None, refresh: str | None, folder: Path) -> None:
    """Print where the report of a refresh lies, a path a line: one HTML file for whoever signs it off.

    \b
        xdg-open "$(synth-assets report --dataset shop)"
    """
    from synth_assets.refresh.reports import kept_report

    if refresh and not dataset:
        raise click.UsageError("--refresh needs --dataset: say whose refresh it is.")
    project = open_project(folder)
    for name in chosen_datasets(project, dataset):
        click.echo(kept_report(project, name, refresh))
