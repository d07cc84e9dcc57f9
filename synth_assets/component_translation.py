"""`translation:` of the component: what Dagster's templates make of each asset."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster.components.resolved.core_models import (
    AssetAttributesModel,
    resolve_asset_spec_update_kwargs_to_mapping,
)
from dagster.components.utils.translation import TRANSLATOR_MERGE_ATTRIBUTES, TranslatorResolvingInfo
from jinja2 import StrictUndefined, Undefined, UndefinedError
from jinja2.nativetypes import NativeTemplate

from synth_assets.assets.names import key_part
from synth_assets.assets.translator import StageAsset, SyntheticDatabaseTranslator
from synth_assets.errors import SynthAssetsError

_MODEL_KEY = "translation"
_OF_KEYS = ("key", "key_prefix")


class TemplateRefused(SynthAssetsError):
    """A template of a translation that reads what there is not."""

    def __init__(self, dataset: str, problem: str, known: Iterable[str]) -> None:
        self.dataset = dataset
        self.problem = problem
        super().__init__(
            f"A template in the translation of {dataset!r} cannot be filled in: {problem}; known: {', '.join(known)}",
            untouched="Nothing was contacted or changed.",
            next_step="Correct the name in `translation`.",
        )


def yaml_translator(written: Any, context: dg.ResolutionContext) -> SyntheticDatabaseTranslator:
    """The translator that a component's `translation` stands for.

    Raises:
        pydantic.ValidationError: It is neither a template nor attributes of assets.
    """
    if written is None:
        return SyntheticDatabaseTranslator()
    if isinstance(written, str):
        return _OfTemplate(TranslatorResolvingInfo(written, context, model_key=_MODEL_KEY))
    AssetAttributesModel.model_validate(written)
    return _OfAttributes(written, context)


class _OfTemplate(SyntheticDatabaseTranslator):
    """One template for all attributes, such as a call of a function of the project's."""

    def __init__(self, info: TranslatorResolvingInfo) -> None:
        self._info = info

    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        return self._info.get_asset_spec(data.spec, _scope(data))


class _OfAttributes(SyntheticDatabaseTranslator):
    """A template an attribute.

    Dagster compiles every template anew for every asset, which takes 10 s for 300 tables. Here each is compiled
    once, and what is alike for many assets, which is all but their keys, is asked of Dagster once.
    """

    def __init__(self, written: Mapping[str, Any], context: dg.ResolutionContext) -> None:
        self._context = context
        self._of_keys = {name: _compiled(value) for name, value in written.items() if name in _OF_KEYS}
        self._rest = {name: value for name, value in written.items() if name not in _OF_KEYS}
        self._compiled_rest = _compiled(self._rest)
        self._updates: dict[str, Mapping[str, Any]] = {}

    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        """Raises TemplateRefused."""
        try:
            return self._translated(data, {**self._context.scope, **_scope(data)})
        except UndefinedError as error:
            raise TemplateRefused(data.dataset, error.message or "it is undefined", _scope(data)) from None

    def _translated(self, data: StageAsset, scope: Mapping[str, Any]) -> dg.AssetSpec:
        updates = self._shared(data, scope)
        merged = {
            name: {**getattr(data.spec, name), **updates[name]} for name in TRANSLATOR_MERGE_ATTRIBUTES & updates.keys()
        }
        return data.spec.replace_attributes(**{**updates, **merged, "key": self._key(data.spec.key, scope)})

    def _key(self, key: dg.AssetKey, scope: Mapping[str, Any]) -> dg.AssetKey:
        filled = _filled(self._of_keys, scope)
        key = filled.get("key", key)
        key = dg.AssetKey.from_user_string(key) if isinstance(key, str) else key
        prefix = filled.get("key_prefix")
        return key.with_prefix(prefix) if prefix else key

    def _shared(self, data: StageAsset, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """All but the key."""
        filled = repr(_filled(self._compiled_rest, scope))
        if filled not in self._updates:
            model = AssetAttributesModel.model_validate(self._rest)
            at = self._context.at_path(_MODEL_KEY).with_scope(**_scope(data))
            self._updates[filled] = resolve_asset_spec_update_kwargs_to_mapping(model=model, context=at)
        return self._updates[filled]


def _scope(data: StageAsset) -> dict[str, Any]:
    # Templates make keys: they see the table as keys spell it.
    table = None if data.table is None else key_part(data.table)
    return {"dataset": data.dataset, "stage": data.stage, "table": table, "spec": data.spec}


def _compiled(value: Any) -> Any:
    """The value with its templates compiled."""
    if isinstance(value, str) and "{" in value:
        # A misspelt name would otherwise be filled in with nothing.
        return NativeTemplate(value, undefined=StrictUndefined)
    if isinstance(value, Mapping):
        return {name: _compiled(found) for name, found in value.items()}
    return [_compiled(found) for found in value] if isinstance(value, list) else value


def _filled(value: Any, scope: Mapping[str, Any]) -> Any:
    """What `_compiled` gave with its templates filled in; raises jinja2.UndefinedError."""
    if isinstance(value, NativeTemplate):
        found = value.render(scope)
        # A template of one name alone gives what it stands for, which says that it is undefined when it becomes text.
        return str(found) if isinstance(found, Undefined) else found
    if isinstance(value, Mapping):
        return {name: _filled(found, scope) for name, found in value.items()}
    return [_filled(found, scope) for found in value] if isinstance(value, list) else value
