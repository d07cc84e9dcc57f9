"""What the stages of a refresh share: the store's latest artifacts, and what follows from them."""

import os
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import IdentityUnknown
from synth_assets.catalog.identity import ServerIdentity, server_identity
from synth_assets.catalog.model import Catalog
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.refresh.errors import StageMissing
from synth_assets.refresh.source_catalog import source_catalog
from synth_assets.refresh.values import PAGES, Origin, Outcome, Page, Progress
from synth_assets.store.key import read_store_key
from synth_assets.store.profile import TableProfile
from synth_assets.store.store import Artifact, ArtifactKey, Draft, Store
from synth_assets.store.tables import TableRows

if TYPE_CHECKING:
    import polars as pl

    from synth_assets.synthesize.relational.source_features import SourceFeatures
    from synth_assets.synthesize.relational.structure import TableStructure
    from synth_assets.synthesize.relational.tables import SourceTables

FEATURES_FILE = "features.parquet"
CATALOG_FILE = "catalog.json"
ORIGIN_FILE = "origin.json"


class RefreshInputs:
    """One refresh of one dataset, before it does anything.

    Args:
        project: Plans and resources.
        dataset: The dataset's name.
        refresh: The refresh's own name, the same in every step.
        seed: Overrides the plan's.
        scale: Rows relative to what the plan says, of every table that is generated anew.
        tables: Only these get new rows; the others keep those of the last refresh. All of them unless named.
        progress: Called now and then.
        store: Where artifacts lie; the project's own if not given.
        pages: What the verdict comes with for people, in the project's folder.

    Raises:
        UnknownDataset, MissingVariable, StoreKeyRefused: see there.
    """

    def __init__(
        self,
        project: Project,
        dataset: str,
        *,
        refresh: str,
        seed: int | None = None,
        scale: float = 1.0,
        tables: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
        store: Store | None = None,
        pages: Collection[Page] = PAGES,
    ) -> None:
        settings = project.dataset(dataset)
        self.settings: DatasetSettings = settings if seed is None else settings.model_copy(update={"seed": seed})
        self.scale = scale
        self.tables = tuple(tables)
        self.project = project
        self.dataset = dataset
        self.refresh = refresh
        self.store = store or open_store(project)
        self._tell = progress or (lambda _: None)
        self._pages = frozenset(pages)

    @property
    def data_docs(self) -> Path | None:
        """The first page of the Data Docs of this refresh; None before they are built, and where none are."""
        index = self.project.data_docs_folder(self.dataset) / self.refresh / "index.html"
        return index if index.is_file() else None

    @property
    def source_url(self) -> str:
        """Never to be printed."""
        return self.project.source(self.dataset).resolve_url(os.environ)

    @cached_property
    def catalog(self) -> Catalog:
        """The source's catalog as of the snapshot."""
        return Catalog.model_validate(self._needed("catalog", None).folder.read_json(CATALOG_FILE))

    @property
    def origin(self) -> Origin:
        """Where the snapshot came from; it outlives the snapshot."""
        return Origin.model_validate(self._needed("catalog", None).folder.read_json(ORIGIN_FILE))

    @cached_property
    def _extracted(self) -> tuple[str, ...]:
        """Tables with a snapshot and a profile; their profiles outlive their snapshots."""
        return resolve(self.settings, self.catalog).extracted

    @cached_property
    def snapshot_rows(self) -> dict[str, TableRows]:
        """Real rows of every table that is extracted."""
        return {name: TableRows(self._needed("snapshot", name)) for name in self._extracted}

    @cached_property
    def profiles(self) -> dict[str, TableProfile]:
        from synth_assets.profile.profile import load_profile

        return {name: load_profile(self._needed("profile", name).folder) for name in self._extracted}

    @cached_property
    def plan(self) -> ResolvedPlan:
        """Every decision, with what the profiles told."""
        from synth_assets.profile.profile import evidence

        known = {place: found for profile in self.profiles.values() for place, found in evidence(profile).items()}
        return resolve(self.settings, self.catalog, evidence=known).scaled(self.scale, only=self.tables)

    @property
    def planted_canaries(self) -> "dict[str, pl.DataFrame]":
        """What was planted into the rows that each table's synthesizer learned."""
        from synth_assets.synthesize.relational.canaries import CANARIES_FILE

        folders = {table.name: self._needed("synthesizer", table.name).folder for table in self.plan.published}
        there = {name: folder for name, folder in folders.items() if folder.exists(CANARIES_FILE)}
        return {name: folder.read_frame(CANARIES_FILE) for name, folder in there.items()}

    @property
    def structures(self) -> "dict[str, TableStructure]":
        return self._structures[0]

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Tables in the order of generation; those of one cycle in one group."""
        return self._structures[1]

    @cached_property
    def _structures(self) -> "tuple[dict[str, TableStructure], list[tuple[str, ...]]]":
        from synth_assets.synthesize.relational.structure import table_structures

        rows = dict.fromkeys((table.name for table in self.plan.published), 0)
        rows |= {name: table.rows for name, table in self.snapshot_rows.items()}
        return table_structures(self.catalog, self.plan, rows)

    @cached_property
    def _source(self) -> "tuple[SourceTables, SourceFeatures]":
        from synth_assets.synthesize.relational.source_features import SourceFeatures
        from synth_assets.synthesize.relational.tables import SourceTables

        source = SourceTables(self.structures, self.snapshot_rows)
        return source, SourceFeatures(source, min_group=self.plan.min_group)

    def _forget(self) -> None:
        for name in ("catalog", "_extracted", "snapshot_rows", "profiles", "plan", "_structures", "_source"):
            self.__dict__.pop(name, None)

    def _needed(self, stage: str, table: str | None) -> Artifact:
        artifact = self.store.latest(self.dataset, stage, table)
        if artifact is None:
            raise StageMissing(self.dataset, stage, table)
        return artifact

    def _reusable(self, stage: str, table: str | None, inputs: str) -> Artifact | None:
        artifact = self.store.find(ArtifactKey(self.dataset, stage, table, inputs))
        if artifact is not None:
            self.store.use(artifact)
        return artifact

    def _kept(self, stage: str, table: str) -> Outcome:
        """What the last refresh has made of a table that is not to be refreshed."""
        artifact = self._needed(stage, table)
        return Outcome(artifact, True, 0.0, artifact.facts)

    def _make(self, stage: str, table: str | None, inputs: str) -> AbstractContextManager[Draft]:
        return self.store.create(ArtifactKey(self.dataset, stage, table, inputs), refresh=self.refresh)

    def _made(self, stage: str, table: str | None, inputs: str, fill: Callable[[Draft], None]) -> Outcome:
        """The stored artifact of these inputs, or else a new one that `fill` makes."""
        started = time.perf_counter()
        artifact = self._reusable(stage, table, inputs)
        reused = artifact is not None
        if artifact is None:
            with self._make(stage, table, inputs) as draft:
                fill(draft)
            artifact = draft.artifact
        return Outcome(artifact, reused, time.perf_counter() - started, artifact.facts)

    def reflect_source(self) -> Catalog:
        """The source's catalog as it is now."""
        return source_catalog(self.project, self.dataset)

    def _identify_source(self) -> ServerIdentity | None:
        """Which database the source is now; None if it does not tell, as the guard asks it again before it writes."""
        engine = open_engine(self.source_url)
        try:
            with engine.connect() as connection:
                return server_identity(connection)
        except IdentityUnknown:
            return None
        finally:
            engine.dispose()

    @property
    def published_catalog(self) -> Catalog:
        """The source's catalog reduced to the tables and keys that are published."""
        return published_part(self.plan, self.catalog)


def published_part(plan: ResolvedPlan, catalog: Catalog) -> Catalog:
    """A source's catalog reduced to the tables and keys that are published."""
    return only_tables(catalog, {table.name for table in plan.published})


def only_tables(catalog: Catalog, names: Collection[str]) -> Catalog:
    """A catalog reduced to some tables and the keys among them."""
    tables = []
    for name in sorted(names):
        table = catalog.table(name)
        keys = tuple(key for key in table.foreign_keys if key.parent in names)
        tables.append(table.model_copy(update={"foreign_keys": keys}))
    return catalog.model_copy(update={"tables": tuple(tables)})


def open_store(project: Project) -> Store:
    """The project's artifact store."""
    settings = project.resources.store
    return Store(settings.resolve_url(os.environ), key=read_store_key(settings, os.environ))
