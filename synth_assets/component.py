"""`synth_assets.SyntheticDatabase`: a synthetic database as a component of an existing Dagster project."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster.components.component.component import ComponentTypeSpec
from dagster.components.resolved.core_models import AssetAttributesModel
from dagster.components.utils.defs_state import DefsStateConfig
from dagster_shared.serdes.objects.models.defs_state_info import DefsStateManagementType
from dagster_shared.yaml_utils.source_position import SourcePositionTree
from pydantic import BaseModel, RootModel

from synth_assets.assets.build import build_synthetic_database
from synth_assets.assets.translator import StageAsset, SyntheticDatabaseTranslator
from synth_assets.catalog.files import read_catalog, write_catalog
from synth_assets.component_scaffolding import SyntheticDatabaseScaffolder
from synth_assets.component_schema import pointing_schema
from synth_assets.component_settings import (
    ComponentSettings,
    component_project,
    read_component,
)
from synth_assets.component_translation import yaml_translator
from synth_assets.plan.yaml_problems import Location
from synth_assets.plan.yaml_source import SettingsInvalid, YamlDocument, YamlValue, refuse_repeated_keys
from synth_assets.project import Project

_ATTRIBUTES = "attributes"
_IN_PYTHON = "attributes given in Python"


class SyntheticDatabaseAttributes(RootModel[dict[str, Any]]):
    """The attributes as they stand in YAML: the templates in them are filled in before they are checked.

    To editors and `dg check yaml` it shows what they must become.
    """

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        schema: dict[str, Any] = pointing_schema(_AttributesInYaml.model_json_schema(*arguments, **options))
        return schema


class _AttributesInYaml(ComponentSettings):
    """What the attributes must become, with Dagster's own model of a translation."""

    translation: str | AssetAttributesModel | None = None  # type: ignore[valid-type]


@dg.scaffold_with(SyntheticDatabaseScaffolder)
class SyntheticDatabase(dg.StateBackedComponent, dg.Resolvable):
    """Production tables in, a safe synthetic database out, on a schedule.

    The attributes are those of a plan, with the databases and the store beside them. The tables are those of the
    source's catalog, which `dg utils refresh-defs-state` reads; definitions load without asking any database.

    Override `get_asset_spec` in a subclass where `translation` is not enough.
    """

    def __init__(self, settings: ComponentSettings, project: Project, translator: SyntheticDatabaseTranslator) -> None:
        self.settings = settings
        self.project = project
        self._translator = translator

    @classmethod
    def get_spec(cls) -> ComponentTypeSpec:
        return ComponentTypeSpec(
            description="Refreshes safe synthetic databases from production tables.",
            produces=["asset", "asset_check", "job", "schedule", "sensor", "resource"],
        )

    @classmethod
    def model(cls) -> type[BaseModel]:
        return SyntheticDatabaseAttributes

    @classmethod
    def resolve_from_model(cls, context: dg.ResolutionContext, model: BaseModel) -> Self:
        """The component that attributes describe.

        Raises:
            SettingsInvalid: with every problem, its line and the nearest known key.
        """
        written: dict[str, Any] = SyntheticDatabaseAttributes.model_validate(model).root
        path, root = _origin(context)
        file = path.relative_to(root).as_posix() if path else _IN_PYTHON
        lines = _lines(context.source_position_tree)
        if path:
            refuse_repeated_keys(path, file=file)
        _refuse_other_keys(YamlDocument(file, None, lines), written)
        # The translation's templates are filled in for each asset.
        kept = {name: value for name, value in written.items() if name == "translation"}
        rest = {name: value for name, value in written.items() if name not in kept}
        values = {**context.resolve_value(rest), **kept}
        document = YamlDocument(file, values, lines)
        settings = read_component(document, root=root)
        project = component_project(settings, document=document, root=root, component=path or root)
        return cls(settings, project, yaml_translator(settings.translation, context))

    @classmethod
    def of_attributes(
        cls, attributes: Mapping[str, Any], *, root: Path, translator: SyntheticDatabaseTranslator | None = None
    ) -> Self:
        """The component for those who write it in Python; templates are not filled in.

        Args:
            attributes: As in YAML, but for `translation`.
            root: The root of the Dagster project, which relative paths start at.

        Raises:
            SettingsInvalid: with every problem and the nearest known key.
        """
        document = YamlDocument(_IN_PYTHON, dict(attributes), {})
        settings = read_component(document, root=root)
        project = component_project(settings, document=document, root=root, component=root)
        return cls(settings, project, translator or SyntheticDatabaseTranslator())

    @property
    def defs_state_config(self) -> DefsStateConfig:
        state = self.settings.defs_state
        return DefsStateConfig(
            key=state.key or f"{type(self).__name__}[{self.settings.dataset}]",
            management_type=DefsStateManagementType(state.management_type),
            # Not even in development: loading definitions must not contact production.
            refresh_if_dev=False,
        )

    def write_state_to_path(self, state_path: Path) -> None:
        """Read the source's catalog, schema only; raises as `source_catalog` does."""
        from synth_assets.refresh.source_catalog import source_catalog

        write_catalog(state_path, source_catalog(self.project, self.settings.dataset))

    def build_defs_from_state(
        self,
        context: dg.ComponentLoadContext,  # noqa: ARG002 - named so by Dagster
        state_path: Path | None,
    ) -> dg.Definitions:
        catalogs = {self.settings.dataset: read_catalog(state_path)} if state_path else {}
        known = replace(self.project, catalogs=catalogs)
        return build_synthetic_database(
            known,
            self.settings.dataset,
            translator=_OfComponent(self),
            source_assets=self.settings.source_assets,
        )

    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        """What an asset is: what `translation` says. See `SyntheticDatabaseTranslator.get_asset_spec`."""
        return self._translator.get_asset_spec(data)


class _OfComponent(SyntheticDatabaseTranslator):
    """Asks the component, whose class people may have extended."""

    def __init__(self, component: SyntheticDatabase) -> None:
        self._component = component

    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        return self._component.get_asset_spec(data)


def _origin(context: dg.ResolutionContext) -> tuple[Path | None, Path]:
    """The YAML file that the attributes stand in, and the root of the Dagster project."""
    tree = context.source_position_tree
    root = dg.ComponentLoadContext.from_resolution_context(context).project_root
    return Path(tree.position.filename).resolve() if tree else None, root.resolve()


def _lines(tree: SourcePositionTree | None) -> dict[Location, int]:
    attributes = tree.children.get(_ATTRIBUTES) if tree else None
    return dict(_places(attributes, ())) if attributes else {}


def _places(tree: SourcePositionTree, at: Location) -> Iterator[tuple[Location, int]]:
    yield at, tree.position.start.line
    for step, child in tree.children.items():
        yield from _places(child, (*at, step))


def _refuse_other_keys(document: YamlDocument, written: Mapping[Any, Any]) -> None:
    """Raises SettingsInvalid for keys that Dagster's YAML does not take for text: a column called `no` or `on`."""
    problems = [
        document.problem(place, f"the key {place[-1]!r} is not text to YAML 1.1; put it into quotes")
        for place in _other_keys(written, ())
    ]
    if problems:
        raise SettingsInvalid(problems)


def _other_keys(value: "YamlValue | Mapping[Any, Any]", at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, Mapping):
        for key, found in value.items():
            if not isinstance(key, str):
                yield (*at, key)
            yield from _other_keys(found, (*at, key))
    elif isinstance(value, list):
        for place, found in enumerate(value):
            yield from _other_keys(found, (*at, place))
