"""What definitions know of a dataset without asking its database: settings, saved catalog, plan, order of steps."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dagster as dg

from synth_assets.assets.automation import automation_condition
from synth_assets.assets.names import is_key_part, key_part
from synth_assets.assets.translator import StageAsset, SyntheticDatabaseTranslator
from synth_assets.catalog.model import Catalog, Table
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan, TableDecision
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.synthesize.relational.structure import table_structures

SOURCE, SNAPSHOT, PROFILE, SYNTHESIZER, SYNTHETIC, VERDICT = STAGES = (
    "source",
    "snapshot",
    "profile",
    "synthesizer",
    "synthetic",
    "verdict",
)
PUBLICATION = "publication"
DATASET_TAG = "synth_assets/dataset"
STAGE_TAG = "synth_assets/stage"


class CatalogMissing(SynthAssetsError):
    """The dataset's catalog was not saved, so nobody knows its tables without asking the database."""

    def __init__(self, dataset: str, *, command: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"The tables of the dataset {dataset!r} are not known: its catalog was never saved.",
            untouched="Nothing was contacted or changed.",
            next_step=f"Save it with `{command}`, then reload the definitions.",
        )


class NothingToRead(SynthAssetsError):
    """A plan by which every table stays empty: there is nothing to learn, so there are no assets."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"By the plan of the dataset {dataset!r} no table has rows.",
            untouched="Nothing was contacted or changed.",
            next_step="Give one table of its plan another mode than `empty` or `exclude`.",
        )


class KeyUnusable(SynthAssetsError):
    """A translator that gives two assets the same key, or one a key that no step can have as an output."""

    def __init__(self, dataset: str, key: dg.AssetKey, assets: Collection[str], problem: str) -> None:
        self.dataset = dataset
        self.key = key
        super().__init__(
            f"The translation of {dataset!r} gives the key {key.to_user_string()!r} to {' and to '.join(assets)}: "
            f"{problem}.",
            untouched="Nothing was contacted or changed.",
            next_step="Let keys end with the last part of `spec.key`, in YAML `{{ table }}`, and hold the stage, too.",
        )


@dataclass(frozen=True)
class Dataset:
    """One dataset as its definitions see it.

    Attributes:
        catalog: As saved by `synth-assets plan`; the source may have moved on.
        plan: Every decision as far as it is known before rows are read.
        groups: Published tables in the order of generation; those of one foreign-key cycle in one group.
        parents: By published table: the published tables that it refers to, itself not among them.
        translator: What people have changed of keys, groups, owners, tags, kinds.
    """

    project: Project
    settings: DatasetSettings
    catalog: Catalog
    plan: ResolvedPlan
    groups: tuple[tuple[str, ...], ...]
    parents: Mapping[str, tuple[str, ...]]
    translator: SyntheticDatabaseTranslator = field(default_factory=SyntheticDatabaseTranslator)

    @property
    def name(self) -> str:
        return self.settings.dataset

    @cached_property
    def published(self) -> tuple[str, ...]:
        """The tables that targets get."""
        return tuple(table.name for table in self.plan.published)

    @cached_property
    def extracted(self) -> tuple[str, ...]:
        """The tables whose rows are read."""
        return self.plan.extracted

    @cached_property
    def stage_of_target(self) -> dict[str, str]:
        """The second part of the asset keys of each target: its name, unless a stage has that name."""
        stages: dict[str, str] = {}
        for target in self.settings.target_names:
            stage = target
            while stage in (*STAGES, *stages.values()) or (stage != target and stage in self.settings.target_names):
                stage += "_database"
            stages[target] = stage
        return stages

    def table(self, name: str) -> Table:
        return self.catalog.table(name)

    def decision(self, name: str) -> TableDecision:
        return self.plan.table(name)

    def key(self, stage: str, table: str | None = None) -> dg.AssetKey:
        """`[dataset, stage, table]`, or `[dataset, stage]` for the whole dataset, unless the translator says otherwise.

        Args:
            stage: As a part of keys: of a target what `stage_of_target` says.
        """
        return self._translated(stage, table).key

    def spec(
        self,
        stage: str,
        table: str | None = None,
        *,
        deps: Iterable[dg.AssetKey],
        description: str,
        metadata: Mapping[str, Any],
        kinds: set[str],
        freshness_policy: dg.FreshnessPolicy | None = None,
        skippable: bool = False,
    ) -> dg.AssetSpec:
        """The asset of a stage as the translator wants it; the rest is said here."""
        said = self._translated(stage, table)
        return said.replace_attributes(
            deps=[*said.deps, *deps],
            description=said.description or description,
            metadata={**metadata, **said.metadata},
            kinds=said.kinds or kinds,
            freshness_policy=said.freshness_policy or freshness_policy,
            skippable=skippable,
            automation_condition=said.automation_condition or self._automation_condition(stage),
        )

    def _automation_condition(self, stage: str) -> dg.AutomationCondition[Any] | None:
        if stage == SOURCE:
            return None
        return automation_condition(self.settings, reads_source=stage == SNAPSHOT)

    def _translated(self, stage: str, table: str | None) -> dg.AssetSpec:
        found = self._specs.get((stage, table))
        if found is None:
            ours = dg.AssetSpec(
                dg.AssetKey([self.name, stage, *([] if table is None else [key_part(table)])]),
                group_name=f"{self.name}_{stage}",
                tags={DATASET_TAG: self.name, STAGE_TAG: stage if stage in STAGES else PUBLICATION},
            )
            told = StageAsset(self.name, self._targets.get(stage, stage), table, ours)
            found = self._specs[stage, table] = self.translator.get_asset_spec(told)
        return found

    @cached_property
    def _specs(self) -> dict[tuple[str, str | None], dg.AssetSpec]:
        return {}

    @cached_property
    def _targets(self) -> dict[str, str]:
        return {stage: target for target, stage in self.stage_of_target.items()}

    @cached_property
    def keys(self) -> frozenset[dg.AssetKey]:
        """The keys of all assets of the dataset."""
        return frozenset(self._assets_by_key)

    def require_usable_keys(self) -> None:
        """Raises KeyUnusable if the translator gives two assets the same key, or one a key of other signs."""
        for key, assets in self._assets_by_key.items():
            if len(assets) > 1:
                raise KeyUnusable(self.name, key, assets, "one key cannot be of two assets")
            if not all(is_key_part(part) for part in key.path):
                raise KeyUnusable(self.name, key, assets, "keys are of letters, digits and underscores")

    @cached_property
    def _assets_by_key(self) -> dict[dg.AssetKey, list[str]]:
        read = [(stage, name) for stage in (SOURCE, SNAPSHOT, PROFILE) for name in self.extracted]
        made = (SYNTHESIZER, SYNTHETIC, *self.stage_of_target.values())
        places = [*read, *((stage, name) for stage in made for name in self.published), (VERDICT, None)]
        by_key: dict[dg.AssetKey, list[str]] = {}
        for stage, table in places:
            by_key.setdefault(self.key(stage, table), []).append(" ".join(filter(None, (stage, table))))
        return by_key

    def step(self, stage: str, table: str | None = None) -> str:
        """The name of a step."""
        return "__".join([self.name, stage, *([] if table is None else [key_part(table)])])

    @property
    def resource(self) -> str:
        """The key of the resource that opens this dataset's refresh."""
        return f"{self.name}_refresh"


def read_dataset(project: Project, name: str, *, translator: SyntheticDatabaseTranslator | None = None) -> Dataset:
    """A dataset from its plan and its saved catalog. No database is contacted.

    Raises:
        UnknownDataset: There is no such plan.
        CatalogMissing: Its catalog was never saved.
        CatalogFileUnreadable: The file is no catalog.
        PlanRefused: The plan does not fit the catalog.
        NothingToRead: No table has rows by the plan.
        KeyUnusable: The translator gives two assets the same key, or one a key of other signs.
    """
    settings = project.dataset(name)
    catalog = project.saved_catalog(name)
    if catalog is None:
        raise CatalogMissing(name, command=project.catalog_command(name))
    dataset = dataset_of(project, settings, catalog, translator=translator)
    if not dataset.extracted:
        raise NothingToRead(name)
    dataset.require_usable_keys()
    return dataset


def dataset_of(
    project: Project,
    settings: DatasetSettings,
    catalog: Catalog,
    *,
    translator: SyntheticDatabaseTranslator | None = None,
) -> Dataset:
    """A dataset from its plan and a catalog; raises PlanRefused."""
    plan = resolve(settings, catalog)
    names = [table.name for table in plan.published]
    # Row counts only decide which parent drives a table: neither the groups nor who refers to whom.
    structures, groups = table_structures(catalog, plan, dict.fromkeys(names, 0))
    parents = {}
    for name, structure in structures.items():
        references = [structure.driving] if structure.driving else []
        found = {reference.key.parent for reference in (*references, *structure.further)}
        parents[name] = tuple(sorted(found - {name}))
    translator = translator or SyntheticDatabaseTranslator()
    return Dataset(project, settings, catalog, plan, tuple(groups), parents, translator)
