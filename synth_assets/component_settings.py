"""The settings of the Dagster component: a plan, with the databases and the store beside it, in one YAML file.

Read without Dagster, so that the command line works on a component too.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from synth_assets.catalog.model import Catalog, Value
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resources import (
    AlertSettings,
    ComputeSettings,
    DatabaseSettings,
    ResourcesSettings,
    StoreSettings,
)
from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.yaml_source import SettingsInvalid, YamlDocument, read_settings, read_yaml
from synth_assets.project import DEFAULT_ENVIRONMENT, ENVIRONMENT_VARIABLE, Project, unknown_databases

COMPONENT_FILES = ("defs.yaml", "defs.yml")
_TYPE = "SyntheticDatabase"
_ATTRIBUTES = "attributes"
_PROJECT_FILES = ("dg.toml", "pyproject.toml")
_RESOURCES = ("databases", "store", "compute", "alerts")


class CatalogState(Value):
    """Where `dg utils refresh-defs-state` puts the source's catalog. Definitions never ask the source for it."""

    key: str | None = Field(
        default=None, min_length=1, description="The state's key; of the dataset's name unless set."
    )
    management_type: Literal["LOCAL_FILESYSTEM", "VERSIONED_STATE_STORAGE"] = Field(
        default="LOCAL_FILESYSTEM",
        description="LOCAL_FILESYSTEM: in the project, refreshed where its image is built. "
        "VERSIONED_STATE_STORAGE: in the instance's defs_state_storage, refreshed at any time.",
    )


class ComponentSettings(DatasetSettings):
    """A plan with the databases and the store that it needs."""

    databases: dict[str, DatabaseSettings] = Field(
        default_factory=dict, description="Sources and targets by the name that the plan uses."
    )
    store: StoreSettings | None = Field(default=None, description="The artifact store.")
    compute: ComputeSettings | None = Field(default=None, description="What refreshes run on.")
    alerts: AlertSettings | None = Field(default=None, description="Who is told of refreshes that failed.")
    resources: str | None = Field(
        default=None,
        min_length=1,
        description="Instead of these four: a file that holds them, such as resources/local.yaml, from the project's "
        "root.",
    )
    source_assets: bool = Field(
        default=True,
        description="Define an asset for each table of the source; false where the project has assets of these keys.",
    )
    translation: JsonValue = Field(
        default=None, description="What the assets are to be called and tagged, by the templates of Dagster."
    )
    defs_state: CatalogState = Field(default=CatalogState(), description="Where the source's catalog is kept.")

    @model_validator(mode="after")
    def _here_or_there(self) -> Self:
        here = [name for name in _RESOURCES if name in self.model_fields_set]
        if self.resources is not None and here:
            raise ValueError(f"`resources` names a file, and {' and '.join(here)} stand here too; leave one")
        return self

    @property
    def plan(self) -> DatasetSettings:
        """The plan alone."""
        named = self.model_fields_set & set(DatasetSettings.model_fields)
        return DatasetSettings.model_validate({name: getattr(self, name) for name in named})


class ComponentMissing(SynthAssetsError):
    """A YAML file of Dagster components without one of a synthetic database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} does not hold a component of the type synth_assets.SyntheticDatabase alone.",
            untouched="Nothing was contacted or changed.",
            next_step="Name the folder of such a component, or the folder with plans/ and resources/.",
        )


def component_file(folder: Path) -> Path | None:
    """The YAML file of the Dagster component in a folder; None if it has none."""
    return next((folder / name for name in COMPONENT_FILES if (folder / name).is_file()), None)


def load_component(path: Path, *, environment: str | None = None) -> Project:
    """The project that a component's YAML file describes, without Dagster. No database is contacted.

    Raises:
        ComponentMissing: It holds no synthetic database.
        SettingsInvalid: with every problem, its line and the nearest known key; also of templates, which only Dagster
            can fill in.
    """
    path = path.resolve()
    root = project_root(path)
    document = read_yaml(path, file=path.relative_to(root).as_posix())
    if not isinstance(document.value, dict) or not str(document.value.get("type")).endswith(_TYPE):
        raise ComponentMissing(path)
    lines = {place[1:]: line for place, line in document.lines.items() if place[:1] == (_ATTRIBUTES,)}
    attributes = YamlDocument(document.file, document.value.get(_ATTRIBUTES), lines)
    templates = [
        place for place in lines if "{{" in str(_at(attributes.value, place)) and place[:1] != ("translation",)
    ]
    innermost = [place for place in templates if isinstance(_at(attributes.value, place), str)]
    if innermost:
        message = "the command cannot fill in a template of Dagster; write {env: NAME}"
        raise SettingsInvalid([attributes.problem(place, message) for place in innermost])
    settings = read_component(attributes, root=root)
    return component_project(settings, document=attributes, root=root, component=path, environment=environment)


def read_component(document: YamlDocument, *, root: Path) -> ComponentSettings:
    """The settings that a component's attributes hold; raises SettingsInvalid."""
    return read_settings(document, ComponentSettings, context={"file": document.file, "root": root})


def component_project(
    settings: ComponentSettings,
    *,
    document: YamlDocument,
    root: Path,
    component: Path,
    environment: str | None = None,
    catalogs: Mapping[str, Catalog] | None = None,
) -> Project:
    """The project of one dataset that a component stands for.

    Args:
        document: What the settings were read from, for the lines of what is wrong with them.
        root: The root of the Dagster project.

    Raises:
        SettingsInvalid: of the file that `resources` names, or of a database that is not there.
    """
    plan, resources = settings.plan, _resources(settings, document, root)
    problems = unknown_databases(document, plan, resources)
    if problems:
        raise SettingsInvalid(problems)
    environment = environment or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT
    return Project(root, environment, {plan.dataset: plan}, resources, component, catalogs or {})


def project_root(path: Path) -> Path:
    """The nearest folder above a file with a dg.toml or pyproject.toml; that of the file if there is none."""
    above = (folder for folder in path.parents if any((folder / name).is_file() for name in _PROJECT_FILES))
    return next(above, path.parent)


def _resources(settings: ComponentSettings, document: YamlDocument, root: Path) -> ResourcesSettings:
    if settings.resources is not None:
        named = read_yaml(root / settings.resources, file=settings.resources)
        return read_settings(named, ResourcesSettings, context={"file": named.file, "root": root})
    found = {name: getattr(settings, name) for name in _RESOURCES}
    return ResourcesSettings.model_validate(found, context={"file": document.file, "root": root})


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        value = value[step]
    return value
