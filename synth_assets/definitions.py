"""The Dagster definitions of a project: what workspace.yaml and dagster_cloud.yaml load.

The project is the folder that SYNTH_PROJECT names, or else the working directory.
"""

import os
from pathlib import Path

from dotenv import dotenv_values

from synth_assets.assets import build_definitions
from synth_assets.assets.executor import build_jobs
from synth_assets.project import load_project

PROJECT_VARIABLE = "SYNTH_PROJECT"


def project_folder() -> Path:
    """The folder with plans/ and resources/."""
    return Path(os.environ.get(PROJECT_VARIABLE) or Path.cwd())


def read_environment(folder: Path) -> None:
    """Variables that the project's .env sets count as far as the environment does not set them."""
    for name, text in dotenv_values(folder / ".env").items():
        if text:
            os.environ.setdefault(name, text)


# Great Expectations would otherwise report its use to its makers.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
read_environment(project_folder())
defs = build_definitions(load_project(project_folder()), preload=[__name__])
build_jobs(defs)
