"""The project that a command works on."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from synth_assets.project import Project

PROJECT = click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SYNTH_PROJECT",
    default=Path(),
    help="The folder with plans/ and resources/, or that of a Dagster component; SYNTH_PROJECT, or this one.",
)


def dataset_option(help_text: str) -> "Callable[[Callable[..., Any]], Callable[..., Any]]":
    return click.option("--dataset", metavar="NAME", help=help_text)


def open_project(folder: Path) -> "Project":
    """The project in a folder, which may be that of a Dagster component. Variables that the .env of the project's
    root sets count as far as the environment does not set them.

    Raises:
        ProjectNotFound, UnknownEnvironment, SettingsInvalid: see `load_project`.
        ComponentMissing: see `load_component`.
    """
    from dotenv import dotenv_values

    from synth_assets.component_settings import component_file, load_component, project_root
    from synth_assets.project import load_project

    component = component_file(folder)
    root = project_root(component.resolve()) if component else folder
    for name, text in dotenv_values(root / ".env").items():
        if text:
            os.environ.setdefault(name, text)
    return load_component(component) if component else load_project(folder)


def chosen_datasets(project: "Project", dataset: str | None) -> list[str]:
    """The dataset named, or all of them.

    Raises:
        click.UsageError: no plan has that name.
    """
    if dataset is None:
        return sorted(project.datasets)
    if dataset not in project.datasets:
        from synth_assets.plan.nearest import hint

        raise click.UsageError(f"No plan is named for the dataset {dataset!r}{hint(dataset, tuple(project.datasets))}")
    return [dataset]
