"""A project: the plans, resources and expectations in one folder, read into typed, validated settings."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth_assets.catalog.files import read_catalog
from synth_assets.catalog.model import Catalog
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.nearest import hint
from synth_assets.plan.resources import DatabaseSettings, ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.yaml_problems import Location
from synth_assets.plan.yaml_source import (
    SettingsInvalid,
    SettingsProblem,
    YamlDocument,
    read_settings,
    read_yaml,
)

ENVIRONMENT_VARIABLE = "SYNTH_ENV"
DEFAULT_ENVIRONMENT = "local"
_SUFFIXES = (".yaml", ".yml")


class ProjectNotFound(SynthAssetsError):
    """A folder that holds no project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(
            f"{root} is not a project: it has no folder plans/ or no folder resources/.",
            untouched="Nothing was contacted or changed.",
            next_step="Run the command in the project's folder, or name that folder.",
        )


class UnknownEnvironment(SynthAssetsError):
    """No resources are written for the environment asked for."""

    def __init__(self, environment: str, known: tuple[str, ...]) -> None:
        self.environment = environment
        self.known = known
        super().__init__(
            f"There is no resources/{environment}.yaml{hint(environment, known)}",
            untouched="Nothing was contacted or changed.",
            next_step=f"Set {ENVIRONMENT_VARIABLE} to an environment that has one, or write that file.",
        )


class UnknownDataset(SynthAssetsError):
    """No plan has the dataset asked for."""

    def __init__(self, dataset: str, known: tuple[str, ...]) -> None:
        self.dataset = dataset
        self.known = known
        super().__init__(
            f"No plan is named for the dataset {dataset!r}{hint(dataset, known)}",
            untouched="Nothing was contacted or changed.",
            next_step=f"Name a dataset that has a plan, or write plans/{dataset}.yaml.",
        )


@dataclass(frozen=True)
class Project:
    """The settings of some datasets in one environment.

    Attributes:
        root: The folder that relative paths start at.
        environment: SYNTH_ENV, or `local`.
        component: The Dagster component's YAML file that holds the settings; None for a folder with plans/.
        catalogs: Saved catalogs by dataset as far as they lie elsewhere than in catalogs/.
    """

    root: Path
    environment: str
    datasets: Mapping[str, DatasetSettings]
    resources: ResourcesSettings
    component: Path | None = None
    catalogs: Mapping[str, Catalog] = field(default_factory=dict)

    def dataset(self, name: str) -> DatasetSettings:
        """The plan of a dataset; UnknownDataset if there is none."""
        if name not in self.datasets:
            raise UnknownDataset(name, tuple(self.datasets))
        return self.datasets[name]

    def source(self, dataset: str) -> DatabaseSettings:
        """The source of a dataset."""
        return self.resources.databases[self.dataset(dataset).source]

    def targets(self, dataset: str) -> dict[str, DatabaseSettings]:
        """The targets of a dataset by name, in the plan's order."""
        return {name: self.resources.databases[name] for name in self.dataset(dataset).target_names}

    @property
    def sources(self) -> dict[str, DatabaseSettings]:
        """Every source of the environment by name: what no target may be."""
        return {name: found for name, found in self.resources.databases.items() if found.role == "source"}

    def expectations_folder(self, dataset: str) -> Path:
        """Where the user's suites for a dataset lie, one JSON file a table; it need not exist."""
        return self.root / "expectations" / dataset

    def catalog_path(self, dataset: str) -> Path:
        """Where the dataset's catalog lies (schema only), so that definitions load without a database."""
        return self.root / "catalogs" / f"{dataset}.json"

    def saved_catalog(self, dataset: str) -> Catalog | None:
        """The dataset's catalog as last saved; None if it never was. Raises CatalogFileUnreadable."""
        if self.component is not None:
            return self.catalogs.get(dataset)
        path = self.catalog_path(dataset)
        return read_catalog(path) if path.is_file() else None

    def catalog_command(self, dataset: str) -> str:
        """The command that saves the dataset's catalog anew."""
        return f"synth-assets plan --dataset {dataset}" if self.component is None else "dg utils refresh-defs-state"

    def data_docs_folder(self, dataset: str) -> Path:
        """Where Great Expectations' Data Docs of a dataset lie, a folder a refresh; they hold no value of a real row.

        No name of a dataset has a hyphen: a store at `.synth` has no folder of this name.
        """
        return self.root / ".synth" / "data-docs" / dataset

    def reports_folder(self, dataset: str) -> Path:
        """Where the reports of a dataset lie, a folder a refresh; they hold no single value of a real row."""
        return self.root / ".synth" / "refresh-reports" / dataset


def load_project(root: Path, *, environment: str | None = None) -> Project:
    """Read a project folder. No database is contacted and no environment variable but SYNTH_ENV is read.

    Args:
        environment: Which resources/<environment>.yaml; SYNTH_ENV unless given, `local` unless set.

    Raises:
        ProjectNotFound: no plans/ or resources/ below root.
        UnknownEnvironment: no such file in resources/.
        SettingsInvalid: with every problem of every file, its line and the nearest known key.
    """
    root = root.resolve()
    if not (root / "plans").is_dir() or not (root / "resources").is_dir():
        raise ProjectNotFound(root)
    environment = environment or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT
    problems: list[SettingsProblem] = []
    resources = _read_resources(root, environment, problems)
    plans = _read_plans(root, problems)
    if resources:
        problems += [problem for plan in plans for problem in unknown_databases(*plan, resources)]
    if problems or resources is None:
        raise SettingsInvalid(problems)
    return Project(root, environment, {settings.dataset: settings for _, settings in plans}, resources)


def make_project(
    root: Path,
    *,
    plans: Sequence[Mapping[str, Any]],
    resources: Mapping[str, Any],
    environment: str | None = None,
) -> Project:
    """A project whose settings are written in Python. No database is contacted.

    Args:
        root: The folder that relative paths start at; catalogs/ and expectations/ lie in it.
        plans: One for each dataset, with the keys of plans/<dataset>.yaml.
        resources: With the keys of resources/<environment>.yaml.
        environment: SYNTH_ENV unless given, `local` unless set.

    Raises:
        SettingsInvalid: with every problem and the nearest known key.
    """
    root = root.resolve()
    context = {"file": "", "root": root}
    document = YamlDocument("resources", dict(resources), {})
    found = read_settings(document, ResourcesSettings, context=context)
    datasets: dict[str, DatasetSettings] = {}
    problems: list[SettingsProblem] = []
    for plan in plans:
        document = YamlDocument("plan", dict(plan), {})
        settings = read_settings(document, DatasetSettings)
        problems += unknown_databases(document, settings, found)
        datasets[settings.dataset] = settings
    if problems:
        raise SettingsInvalid(problems)
    return Project(root, environment or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT, datasets, found)


def _read_resources(root: Path, environment: str, problems: list[SettingsProblem]) -> ResourcesSettings | None:
    known = {path.stem: path for path in _yaml_files(root / "resources")}
    if environment not in known:
        raise UnknownEnvironment(environment, tuple(known))
    path = known[environment]
    file = path.relative_to(root).as_posix()
    try:
        return read_settings(read_yaml(path, file=file), ResourcesSettings, context={"file": file, "root": root})
    except SettingsInvalid as error:
        problems += error.problems
        return None


def _read_plans(root: Path, problems: list[SettingsProblem]) -> list[tuple[YamlDocument, DatasetSettings]]:
    plans: dict[str, tuple[YamlDocument, DatasetSettings]] = {}
    for path in _yaml_files(root / "plans"):
        try:
            document = read_yaml(path, file=path.relative_to(root).as_posix())
            settings = read_settings(document, DatasetSettings)
        except SettingsInvalid as error:
            problems += error.problems
            continue
        if settings.dataset in plans:
            other = plans[settings.dataset][0].file
            problems.append(
                document.problem(("dataset",), f"the dataset {settings.dataset!r} has a plan already, in {other}")
            )
            continue
        plans[settings.dataset] = (document, settings)
    return list(plans.values())


def unknown_databases(
    document: YamlDocument, settings: DatasetSettings, resources: ResourcesSettings
) -> list[SettingsProblem]:
    """The source and targets that the environment does not have in that role."""
    named: list[tuple[Location, str, str]] = [(("source",), settings.source, "source")]
    named += [(("targets", place), target, "target") for place, target in enumerate(settings.target_names)]
    problems = []
    for location, name, role in named:
        known = [database for database, found in resources.databases.items() if found.role == role]
        if name in known:
            continue
        if name in resources.databases:
            message = f"{name!r} is a {resources.databases[name].role}, not a {role}"
        else:
            message = f"unknown {role} {name!r}"
        problems.append(document.problem(location, message + _known_databases(name, known, role)))
    return problems


def _known_databases(name: str, known: list[str], role: str) -> str:
    if not known:
        return f"; the resources name no {role}"
    said = hint(name, known)
    return said if said.startswith("; known") else f"{said} (known: {', '.join(known)})"


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and not path.name.startswith("."))
