"""The whole chain as function calls: what the command line and the Dagster assets both drive.

Every stage takes its inputs from the store (`Store.latest`), so that it can run alone, again, or in another process.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.code_version import code_version
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import Mode, ResolvedPlan
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.store.digest import digest
from synth_assets.store.key import read_store_key
from synth_assets.store.profile import TableProfile
from synth_assets.store.store import Artifact, ArtifactKey, Draft, Store
from synth_assets.store.tables import ROWS_FILE, TableRows
from synth_assets.store.verdict import Verdict
from synth_assets.store.verdicts import save_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synth_assets.publish.publication import Publication
    from synth_assets.synthesize.relational.features import SourceFeatures
    from synth_assets.synthesize.relational.structure import TableStructure
    from synth_assets.synthesize.relational.tables import SourceTables

FEATURES_FILE = "features.parquet"
CATALOG_FILE = "catalog.json"


class StageMissing(SynthAssetsError):
    """A stage was asked to run before the one that it builds on."""

    def __init__(self, dataset: str, stage: str, table: str | None) -> None:
        self.dataset = dataset
        self.stage = stage
        self.table = table
        of_table = f" of the table {table!r}" if table else ""
        super().__init__(
            f"The dataset {dataset!r} has no {stage}{of_table} in the store.",
            untouched="Nothing was changed.",
            next_step=f"Run the {stage} stage first, or the whole: synth-assets refresh --dataset {dataset}",
        )


class NewColumnsHeld(SynthAssetsError):
    """The source has columns or tables that the catalog of the last plan does not know, and the plan says hold."""

    def __init__(self, dataset: str, changes: Sequence[str]) -> None:
        self.dataset = dataset
        self.changes = tuple(changes)
        super().__init__(
            f"The source of {dataset!r} has changed: {'; '.join(changes)}.",
            untouched="No row was read, and no target was touched.",
            next_step=f"Look at what becomes of them with `synth-assets plan --dataset {dataset}`; that accepts them.",
        )


class VerdictFailed(SynthAssetsError):
    """The synthetic rows did not pass; nothing was published."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        shown = [f"{c.table or 'dataset'}: {c.description} {c.remedy}".strip() for c in verdict.failures[:5]]
        more = len(verdict.failures) - len(shown)
        super().__init__(
            f"{len(verdict.failures)} checks of {verdict.dataset!r} failed. "
            + " | ".join(shown)
            + (f" | and {more} more" if more > 0 else ""),
            untouched="Nothing was published.",
            next_step="Follow the remedies, or lower the plan's `gate:` knowingly.",
        )


class PartlyPublished(SynthAssetsError):
    """One target could not be published to after others had been."""

    def __init__(self, target: str, done: Sequence[str], error: SynthAssetsError) -> None:
        self.target = target
        self.done = tuple(done)
        super().__init__(
            f"Publishing to {target!r} failed: {error.failed}",
            untouched=f"{error.untouched} Published before that, and whole: {', '.join(done)}.".strip(),
            next_step=error.next_step or f"Publish again: synth-assets refresh --target {target}",
        )


def require_passed(verdict: Verdict) -> None:
    """Raises VerdictFailed for a verdict that did not pass."""
    if not verdict.passed:
        raise VerdictFailed(verdict)


@dataclass(frozen=True)
class Progress:
    """One sentence of progress.

    Attributes:
        stage: The stage at work.
        table: The table at work; None for the whole dataset.
        done: Steps of this stage that are done.
        total: Steps of this stage; 0 if not known.
    """

    stage: str
    table: str | None
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a stage made of one table, or of the dataset.

    Attributes:
        reused: The inputs were those of a stored artifact, which was taken instead.
        seconds: Time spent.
        facts: Small JSON, never real values.
    """

    artifact: Artifact
    reused: bool
    seconds: float
    facts: Mapping[str, JsonValue]


@dataclass(frozen=True)
class RefreshResult:
    """One pass through all stages."""

    verdict: Verdict
    publications: "tuple[Publication, ...]"
    rows: Mapping[str, int]
    seconds: Mapping[str, float]


class Refresh:
    """One refresh of one dataset.

    Args:
        project: Plans and resources.
        dataset: The dataset's name.
        refresh: The refresh's own name, the same in every step.
        seed: Overrides the plan's.
        progress: Called now and then.

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
        progress: Callable[[Progress], None] | None = None,
        store: Store | None = None,
    ) -> None:
        settings = project.dataset(dataset)
        self.settings: DatasetSettings = settings if seed is None else settings.model_copy(update={"seed": seed})
        self.project = project
        self.dataset = dataset
        self.refresh = refresh
        self.store = store or open_store(project)
        self._tell = progress or (lambda _: None)

    # snapshot

    def snapshot(self) -> dict[str, Outcome]:
        """Read all chosen tables as of one instant.

        Raises:
            NewColumnsHeld: The plan says hold, and the source has changed.
            PlanRefused: The plan does not fit the source.
            EngineRefused, OptionRefused: An engine of SDV cannot do what the plan asks of it.
        """
        from synth_assets.extract.snapshot import take_snapshot
        from synth_assets.synthesize.sdv.acceptance import check_engines

        started = time.perf_counter()
        self._tell(Progress("snapshot", None))
        catalog = self.reflect_source()
        self._hold_changes(catalog)
        plan = resolve(self.settings, catalog)
        check_engines(plan)
        names = [table.name for table in plan.published if table.mode is not Mode.EMPTY]
        for old in self.store.artifacts(self.dataset, stage="snapshot"):
            self.store.remove(old)
        with self._make("catalog", None, digest(catalog.fingerprint, self.refresh)) as draft:
            draft.folder.write_json(CATALOG_FILE, catalog.model_dump(mode="json"))
        artifacts = take_snapshot(
            self.source_url,
            catalog=catalog,
            tables=names,
            store=self.store,
            dataset=self.dataset,
            refresh=self.refresh,
            hold_out=plan.hold_out,
            foreign_keys=plan.foreign_keys,
            seed=plan.seed,
            progress=lambda table, rows: self._tell(Progress("snapshot", table, done=rows)),
        )
        self._forget()
        seconds = time.perf_counter() - started
        return {name: Outcome(artifact, False, seconds, artifact.facts) for name, artifact in artifacts.items()}

    def reflect_source(self) -> Catalog:
        """The source's catalog as it is now."""
        engine = open_engine(self.source_url)
        try:
            return reflect(engine, namespace=self.project.source(self.dataset).namespace)
        finally:
            engine.dispose()

    def _hold_changes(self, catalog: Catalog) -> None:
        from synth_assets.catalog.drift import compare
        from synth_assets.catalog.files import read_catalog

        path = self.project.catalog_path(self.dataset)
        if self.settings.on_new_column != "hold" or not path.is_file():
            return
        drift = compare(read_catalog(path), catalog)
        if drift.changes:
            raise NewColumnsHeld(self.dataset, [change.message for change in drift.changes])

    # profile

    def profile(self) -> dict[str, Outcome]:
        """Profile every table of the snapshot."""
        from synth_assets.profile.profile import profile_table, save_profile

        outcomes = {}
        min_group = self.settings.privacy.min_group
        names = list(self.snapshot_rows)
        for done, name in enumerate(names):
            self._tell(Progress("profile", name, done, len(names)))
            started = time.perf_counter()
            rows, table = self.snapshot_rows[name], self.catalog.table(name)
            inputs = digest(code_version(), rows.fingerprint, min_group, table.model_dump(mode="json"))
            artifact = self._reusable("profile", name, inputs)
            reused = artifact is not None
            if artifact is None:
                profile = profile_table(rows, table=table, min_group=min_group)
                with self._make("profile", name, inputs) as draft:
                    save_profile(draft.folder, profile)
                    draft.facts.update(rows=profile.rows, columns=len(profile.columns))
                artifact = draft.artifact
            outcomes[name] = Outcome(artifact, reused, time.perf_counter() - started, artifact.facts)
        self._forget()
        return outcomes

    # synthesizer

    def fit(self, tables: Sequence[str]) -> dict[str, Outcome]:
        """Learn tables; those of one cycle belong together but are learned one by one."""
        from synth_assets.synthesize.relational.fit import FitInputs, TableFit

        self._fit_whole_dataset()
        outcomes = {}
        for name in tables:
            self._tell(Progress("synthesizer", name))
            started = time.perf_counter()
            inputs = self._fit_inputs(name)
            artifact = self._reusable("synthesizer", name, inputs)
            reused = artifact is not None
            if artifact is None:
                source, features = self._source
                shared = FitInputs(
                    plan=self.plan,
                    source=source,
                    features=features,
                    snapshot=self.snapshot_rows,
                    profiles=self.profiles,
                    key=self.store.derive_key("values seen in the source"),
                )
                with self._make("synthesizer", name, inputs) as draft:
                    draft.facts.update(TableFit(name, shared, seed=self.plan.seed).run(draft.folder))
                artifact = draft.artifact
            outcomes[name] = Outcome(artifact, reused, time.perf_counter() - started, artifact.facts)
        return outcomes

    def _fit_inputs(self, name: str) -> str:
        around = self._around(name)
        return digest(
            code_version(),
            self.plan.table(name).model_dump(mode="json"),
            self.plan.min_group,
            self.plan.seed,
            {
                other: [
                    self.snapshot_rows[other].fingerprint if other in self.snapshot_rows else "",
                    [key.model_dump(mode="json") for key in self.plan.foreign_keys.get(other, ())],
                ]
                for other in sorted(around)
            },
        )

    def _around(self, name: str) -> set[str]:
        """The tables whose rows a table is learned with: all above it, and the children of all of these."""
        above, waiting = {name}, [name]
        while waiting:
            structure = self.structures[waiting.pop()]
            keys = [r.key for r in (structure.driving, *structure.further) if r]
            new = {key.parent for key in keys} - above
            above |= new
            waiting += new
        below = {r.child for other in above for r in (*self.structures[other].driven, *self.structures[other].chosen)}
        return above | below

    def _fit_whole_dataset(self) -> None:
        """Learn all tables at once where the plan says so; the first table to be fitted does it for all."""
        from synth_assets.synthesize.relational.whole_dataset import fit_whole_dataset
        from synth_assets.synthesize.sdv.acceptance import learned_as_a_whole

        if not learned_as_a_whole(self.plan):
            return
        inputs = digest(
            code_version(),
            self.plan.model_dump(mode="json", include={"tables", "foreign_keys", "min_group", "seed"}),
            {name: rows.fingerprint for name, rows in self.snapshot_rows.items()},
        )
        if self._reusable("dataset synthesizer", None, inputs) is None:
            with self._make("dataset synthesizer", None, inputs) as draft:
                fit_whole_dataset(draft.folder, plan=self.plan, source=self._source[0])

    # synthetic

    def _whole_dataset(self) -> Artifact | None:
        """The rows of all tables where one model has learned them as a whole; drawn once for all tables."""
        from synth_assets.synthesize.relational.whole_dataset import sample_whole_dataset
        from synth_assets.synthesize.sdv.acceptance import learned_as_a_whole

        if not learned_as_a_whole(self.plan):
            return None
        model = self._needed("dataset synthesizer", None)
        inputs = digest(code_version(), model.fingerprint, self.plan.seed)
        artifact = self._reusable("dataset rows", None, inputs)
        if artifact is None:
            with self._make("dataset rows", None, inputs) as draft:
                sample_whole_dataset(model.folder, draft.folder, plan=self.plan, structures=self.structures)
            artifact = draft.artifact
        return artifact

    def generate(self, tables: Sequence[str]) -> dict[str, Outcome]:
        """Generate the tables of one group: one table, or all tables of one cycle."""
        from synth_assets.synthesize.relational.generate import Finished, Generation
        from synth_assets.synthesize.relational.whole_dataset import read_whole_dataset

        group = next(group for group in self.groups if set(tables) == set(group))
        self._tell(Progress("synthetic", group[0]))
        started = time.perf_counter()
        models = {name: self._needed("synthesizer", name) for name in group}
        parents = {
            r.key.parent
            for name in group
            for r in (self.structures[name].driving, *self.structures[name].further)
            if r and r.key.parent not in group
        }
        above = {name: self._needed("synthetic", name) for name in sorted(self._ancestry(parents))}
        models |= {name: self._needed("synthesizer", name) for name in sorted(parents)}
        whole = self._whole_dataset()
        inputs = digest(
            code_version(),
            self.plan.seed,
            whole.fingerprint if whole else "",
            {name: artifact.fingerprint for name, artifact in models.items()},
            {name: artifact.fingerprint for name, artifact in above.items()},
            {name: self.plan.table(name).model_dump(mode="json") for name in (*group, *parents)},
        )
        found = {name: self._reusable("synthetic", name, inputs) for name in group}
        if all(found.values()):
            return {
                name: Outcome(artifact, True, time.perf_counter() - started, artifact.facts)
                for name, artifact in found.items()
                if artifact
            }
        finished = {
            name: Finished(TableRows(artifact), artifact.folder.read_frame(FEATURES_FILE))
            for name, artifact in above.items()
        }
        generation = Generation(
            self.structures,
            self.plan,
            models={name: artifact.folder for name, artifact in models.items()},
            finished=finished,
            snapshot=self.snapshot_rows,
            profiles=self.profiles,
            key=self.store.derive_key("pseudonyms"),
            seed=self.plan.seed,
            whole=read_whole_dataset(whole.folder) if whole else None,
        )
        outcomes = {}
        for name, table in generation.run(group).items():
            with self._make("synthetic", name, inputs) as draft:
                draft.folder.write_frame(ROWS_FILE, table.rows)
                draft.folder.write_frame(FEATURES_FILE, table.features)
                formats: dict[str, JsonValue] = (
                    dict(self.snapshot_rows[name].formats) if name in self.snapshot_rows else {}
                )
                draft.facts.update(rows=table.rows.height, formats=formats, dropped=table.dropped)
            seconds = (time.perf_counter() - started) / len(group)
            outcomes[name] = Outcome(draft.artifact, False, seconds, draft.artifact.facts)
        return outcomes

    def _ancestry(self, tables: set[str]) -> set[str]:
        """The tables and everything that drives them, up to the roots."""
        found, waiting = set(tables), list(tables)
        while waiting:
            driving = self.structures[waiting.pop()].driving
            if driving and driving.key.parent not in found:
                found.add(driving.key.parent)
                waiting.append(driving.key.parent)
        return found

    def preview(self, table: str, *, rows: int = 5) -> pl.DataFrame:
        """The first synthetic rows of a table."""
        return next(iter(TableRows(self._needed("synthetic", table)).batches(rows=rows)), pl.DataFrame())

    # verdict

    def judge(self) -> tuple[Verdict, Outcome]:
        """Check all synthetic rows, and keep the signed verdict on exactly these rows."""
        from synth_assets.validate.judge import judge

        self._tell(Progress("verdict", None))
        started = time.perf_counter()
        verdict = judge(
            dataset=self.dataset,
            refresh=self.refresh,
            catalog=self.catalog,
            plan=self.plan,
            profiles=self.profiles,
            snapshot=self.snapshot_rows,
            synthetic=self.synthetic_rows,
            expectations=self.project.expectations_folder(self.dataset),
            store=self.store,
            data_docs=None,
            seed=self.plan.seed,
        )
        artifact = save_verdict(self.store, verdict)
        return verdict, Outcome(artifact, False, time.perf_counter() - started, artifact.facts)

    # publication

    def publish(self, target: str) -> "Publication":
        """Publish the latest synthetic rows to one target; refused without a passing verdict on exactly them."""
        from synth_assets.publish.publish import publish

        self._tell(Progress("publication", target))
        return publish(
            target=target,
            database=self.project.resources.databases[target],
            url=self.project.resources.databases[target].resolve_url(os.environ),
            sources={name: source.resolve_url(os.environ) for name, source in self.project.sources.items()},
            dataset=self.dataset,
            catalog=self.published_catalog,
            tables=self.synthetic_rows,
            store=self.store,
            refresh=self.refresh,
        )

    @property
    def published_catalog(self) -> Catalog:
        """The source's catalog reduced to the tables and keys that are published."""
        names = {table.name for table in self.plan.published}
        tables = []
        for name in sorted(names):
            table = self.catalog.table(name)
            keys = tuple(key for key in table.foreign_keys if key.parent in names)
            tables.append(table.model_copy(update={"foreign_keys": keys}))
        return self.catalog.model_copy(update={"tables": tuple(tables)})

    # the whole

    def run(self, targets: Sequence[str]) -> RefreshResult:
        """All stages, one after the other.

        Raises:
            VerdictFailed: The rows did not pass.
            SynthAssetsError: Whatever else was refused or failed.
        """
        seconds: dict[str, float] = {}

        @contextmanager
        def timed(stage: str) -> "Iterator[None]":
            started = time.perf_counter()
            yield
            seconds[stage] = time.perf_counter() - started

        try:
            with timed("snapshot"):
                self.snapshot()
            with timed("profile"):
                self.profile()
            names = [name for group in self.groups for name in group]
            with timed("synthesizer"):
                for done, name in enumerate(names):
                    self._tell(Progress("synthesizer", name, done, len(names)))
                    self.fit([name])
            with timed("synthetic"):
                for done, group in enumerate(self.groups):
                    self._tell(Progress("synthetic", group[0], done, len(self.groups)))
                    self.generate(group)
            with timed("verdict"):
                verdict, _ = self.judge()
            require_passed(verdict)
            with timed("publication"):
                publications = self._publish_all(targets)
            rows = {name: table.rows for name, table in self.synthetic_rows.items()}
        except BaseException as error:
            self._finish_after(error)
            raise
        self.finish()
        return RefreshResult(verdict, publications, rows, seconds)

    def _publish_all(self, targets: Sequence[str]) -> "tuple[Publication, ...]":
        done: list[Publication] = []
        for target in targets:
            try:
                done.append(self.publish(target))
            except SynthAssetsError as error:
                if not done:
                    raise
                raise PartlyPublished(target, [publication.target for publication in done], error) from None
        return tuple(done)

    def _finish_after(self, error: BaseException) -> None:
        """Clean up after a failure, without hiding it behind another one."""
        try:
            self.finish()
        except SynthAssetsError as second:
            error.add_note(f"Removing the snapshot failed, too: {second}")

    def finish(self) -> None:
        """Remove snapshots beyond `keep_snapshots`, and artifacts older than the last `keep_refreshes`."""
        settings = self.project.resources.store
        newest: dict[tuple[str, str | None], int] = {}
        for artifact in reversed(self.store.artifacts(self.dataset)):
            place = (artifact.key.stage, artifact.key.table)
            newest[place] = newest.get(place, 0) + 1
            kept = settings.keep_snapshots if artifact.key.stage == "snapshot" else settings.keep_refreshes
            if newest[place] > kept and not self._in_use(artifact):
                self.store.remove(artifact)

    def _in_use(self, artifact: Artifact) -> bool:
        """An old artifact that this refresh has reused is not old."""
        if artifact.key.stage == "snapshot":
            return False
        latest = self.store.latest(self.dataset, artifact.key.stage, artifact.key.table)
        return latest is not None and latest.key == artifact.key

    # what the stages share

    @property
    def source_url(self) -> str:
        """Never to be printed."""
        return self.project.source(self.dataset).resolve_url(os.environ)

    @cached_property
    def catalog(self) -> Catalog:
        """The source's catalog as of the snapshot."""
        return Catalog.model_validate(self._needed("catalog", None).folder.read_json(CATALOG_FILE))

    @cached_property
    def _extracted(self) -> list[str]:
        """Tables with a snapshot and a profile; their profiles outlive their snapshots."""
        plan = resolve(self.settings, self.catalog)
        return [table.name for table in plan.published if table.mode is not Mode.EMPTY]

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
        return resolve(self.settings, self.catalog, evidence=known)

    @property
    def structures(self) -> "dict[str, TableStructure]":
        return self._structures[0]

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Tables in the order of generation; those of one cycle in one group."""
        return self._structures[1]

    @property
    def synthetic_rows(self) -> dict[str, TableRows]:
        """The latest synthetic rows of every published table."""
        return {table.name: self.synthetic_table(table.name) for table in self.plan.published}

    def synthetic_table(self, table: str) -> TableRows:
        """The latest synthetic rows of one table."""
        return TableRows(self._needed("synthetic", table))

    @cached_property
    def _structures(self) -> "tuple[dict[str, TableStructure], list[tuple[str, ...]]]":
        from synth_assets.synthesize.relational.structure import table_structures

        rows = dict.fromkeys((table.name for table in self.plan.published), 0)
        rows |= {name: table.rows for name, table in self.snapshot_rows.items()}
        return table_structures(self.catalog, self.plan, rows)

    @cached_property
    def _source(self) -> "tuple[SourceTables, SourceFeatures]":
        from synth_assets.synthesize.relational.features import SourceFeatures
        from synth_assets.synthesize.relational.tables import SourceTables

        source = SourceTables(self.structures, self.snapshot_rows)
        return source, SourceFeatures(source)

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

    @contextmanager
    def _make(self, stage: str, table: str | None, inputs: str) -> "Iterator[Draft]":
        with self.store.create(ArtifactKey(self.dataset, stage, table, inputs), refresh=self.refresh) as draft:
            yield draft


def open_store(project: Project) -> Store:
    """The project's artifact store."""
    settings = project.resources.store
    return Store(settings.resolve_url(os.environ), key=read_store_key(settings, os.environ))
