"""What definitions know of a dataset without asking its database: settings, saved catalog, plan, order of steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import dagster as dg

from synth_assets.assets.names import key_part
from synth_assets.catalog.files import read_catalog
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
DATASET_TAG = "synth_assets/dataset"
STAGE_TAG = "synth_assets/stage"


class CatalogMissing(SynthAssetsError):
    """The dataset's catalog was not saved, so nobody knows its tables without asking the database."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"The tables of the dataset {dataset!r} are not known: there is no catalogs/{dataset}.json.",
            untouched="Nothing was contacted or changed.",
            next_step=f"Write it with `synth-assets plan --dataset {dataset}`, then reload the definitions.",
        )


class NothingToRead(SynthAssetsError):
    """A plan by which every table stays empty: there is nothing to learn, so there are no assets."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"By the plan of the dataset {dataset!r} no table has rows.",
            untouched="Nothing was contacted or changed.",
            next_step=f"Give one table of plans/{dataset}.yaml another mode than `empty` or `exclude`.",
        )


@dataclass(frozen=True)
class Dataset:
    """One dataset as its definitions see it.

    Attributes:
        catalog: As saved by `synth-assets plan`; the source may have moved on.
        plan: Every decision as far as it is known before rows are read.
        groups: Published tables in the order of generation; those of one foreign-key cycle in one group.
        parents: By published table: the published tables that it refers to, itself not among them.
    """

    project: Project
    settings: DatasetSettings
    catalog: Catalog
    plan: ResolvedPlan
    groups: tuple[tuple[str, ...], ...]
    parents: Mapping[str, tuple[str, ...]]

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
        for target in self.settings.targets:
            stage = target
            while stage in (*STAGES, *stages.values()) or (stage != target and stage in self.settings.targets):
                stage += "_database"
            stages[target] = stage
        return stages

    def table(self, name: str) -> Table:
        return self.catalog.table(name)

    def decision(self, name: str) -> TableDecision:
        return self.plan.table(name)

    def key(self, stage: str, table: str | None = None) -> dg.AssetKey:
        """`[dataset, stage, table]`, or `[dataset, stage]` for the whole dataset."""
        return dg.AssetKey([self.name, stage, *([] if table is None else [key_part(table)])])

    def step(self, stage: str, table: str | None = None) -> str:
        """The name of a step."""
        return "__".join([self.name, stage, *([] if table is None else [key_part(table)])])

    def group(self, stage: str) -> str:
        """The group of a stage's assets."""
        return f"{self.name}_{stage}"

    def tags(self, stage: str) -> dict[str, str]:
        return {DATASET_TAG: self.name, STAGE_TAG: stage}

    @property
    def resource(self) -> str:
        """The key of the resource that opens this dataset's refresh."""
        return f"{self.name}_refresh"


def read_dataset(project: Project, name: str) -> Dataset:
    """A dataset from its plan and its saved catalog. No database is contacted.

    Raises:
        UnknownDataset: There is no such plan.
        CatalogMissing: Its catalog was never saved.
        CatalogFileUnreadable: The file is no catalog.
        PlanRefused: The plan does not fit the catalog.
        NothingToRead: No table has rows by the plan.
    """
    settings = project.dataset(name)
    path = project.catalog_path(name)
    if not path.is_file():
        raise CatalogMissing(name)
    dataset = dataset_of(project, settings, read_catalog(path))
    if not dataset.extracted:
        raise NothingToRead(name)
    return dataset


def dataset_of(project: Project, settings: DatasetSettings, catalog: Catalog) -> Dataset:
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
    return Dataset(project, settings, catalog, plan, tuple(groups), parents)
