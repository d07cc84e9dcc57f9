"""The whole chain as function calls: what the command line and the Dagster assets both drive.

Every stage takes its inputs from the store (`Store.latest`), so that it can run alone, again, or in another process.
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.drift import compare
from synth_assets.code_version import code_version
from synth_assets.errors import SynthAssetsError
from synth_assets.failpoints import reached
from synth_assets.plan.look_ups import invented_look_ups
from synth_assets.plan.resolve import resolve
from synth_assets.refresh.chosen_tables import refuse_torn_keys, refuse_unjudged_rows
from synth_assets.refresh.errors import require_passed
from synth_assets.refresh.inputs import CATALOG_FILE, FEATURES_FILE, ORIGIN_FILE
from synth_assets.refresh.judging import VerdictStage
from synth_assets.refresh.last_refresh import hold_what_is_not_planned, last_refresh
from synth_assets.refresh.preflight import PreflightStage
from synth_assets.refresh.profiling import ProfileStage
from synth_assets.refresh.publishing import PublicationStage
from synth_assets.refresh.renewal import RenewalStage
from synth_assets.refresh.retention import ABANDONED, remove_old_artifacts, remove_old_pages, remove_snapshots
from synth_assets.refresh.values import Origin, Outcome, Progress, RefreshResult, texts_in
from synth_assets.store.digest import digest
from synth_assets.store.store import Artifact, Draft
from synth_assets.store.tables import REAL_COLUMN, REAL_FILE, ROWS_FILE, TableRows

if TYPE_CHECKING:
    from collections.abc import Iterator


class Refresh(PreflightStage, ProfileStage, RenewalStage, VerdictStage, PublicationStage):
    """One refresh of one dataset: its stages, each alone or all in a row.

    Attributes:
        changes: What has changed in the source since the last refresh, a line each; known once the snapshot is taken.
    """

    changes: tuple[str, ...] = ()

    # snapshot

    def snapshot(self) -> dict[str, Outcome]:
        """Read all chosen tables as of one instant.

        Raises:
            NewColumnsHeld, RealColumnsHeld: The source has changed, and the plan does not say that it may.
            PlanRefused: The plan does not fit the source.
            EngineRefused, OptionRefused, SettingsRefused: An engine cannot do what the plan asks of it.
            TablesRefused: The tables chosen cannot be refreshed without others.
        """
        from synth_assets.extract.snapshot import take_snapshot
        from synth_assets.synthesize.auto.options import check_candidates
        from synth_assets.synthesize.sdv.acceptance import check_engines, learned_as_a_whole

        started = time.perf_counter()
        reached("snapshot.begun")
        self._tell(Progress("snapshot", None))
        catalog = self.reflect_source()
        plan = resolve(self.settings, catalog)
        last = last_refresh(self.store, self.dataset)
        hold_what_is_not_planned(self.project, self.settings, plan, now=catalog, last=last)
        self.changes = tuple(change.message for change in compare(last.catalog, catalog).changes) if last else ()
        check_engines(plan)
        check_candidates(plan)
        if self.tables:
            refuse_torn_keys(plan, self.tables, learned_as_a_whole=learned_as_a_whole(plan))
            refuse_unjudged_rows(self, self.tables, now=catalog)
        remove_snapshots(self.store, self.dataset)
        self.store.remove_dead_drafts(self.dataset)
        identity = self._identify_source()
        artifacts = take_snapshot(
            self.source_url,
            catalog=catalog,
            tables=plan.extracted,
            store=self.store,
            dataset=self.dataset,
            refresh=self.refresh,
            hold_out=plan.hold_out,
            foreign_keys=plan.foreign_keys,
            seed=plan.seed,
            # Private tables are compared with nothing, and which rows are held out depends on how many there are.
            kept_whole=[table.name for table in plan.published if table.private],
            copied=plan.copied,
            progress=lambda table, rows: self._tell(Progress("snapshot", table, done=rows)),
        )
        origin = Origin(source=self.settings.source, identity=identity, snapshot=self._keyed_digest(artifacts))
        with self._make("catalog", None, digest(catalog.fingerprint, self.refresh)) as draft:
            draft.folder.write_json(CATALOG_FILE, catalog.model_dump(mode="json"))
            draft.folder.write_json(ORIGIN_FILE, origin.model_dump(mode="json"))
        self._forget()
        reached("snapshot.done")
        seconds = time.perf_counter() - started
        return {name: Outcome(artifact, False, seconds, artifact.facts) for name, artifact in artifacts.items()}

    def _keyed_digest(self, artifacts: Mapping[str, Artifact]) -> str:
        content = digest({name: artifact.fingerprint for name, artifact in artifacts.items()})
        return hmac.new(self.store.derive_key("origin of published rows"), content.encode(), "sha256").hexdigest()

    # synthesizer

    def fit(self, tables: Sequence[str]) -> dict[str, Outcome]:
        """Learn tables, those of one cycle one by one; raises BudgetExceeded where a private table costs too much."""
        from synth_assets.synthesize.auto.table import fit_table
        from synth_assets.synthesize.relational.table_training import FitInputs

        reached("synthesizer.begun")
        self._fit_whole_dataset()
        outcomes = {}
        for name in tables:
            if self.tables and name not in self.tables:
                outcomes[name] = self._kept("synthesizer", name)
                continue
            self._tell(Progress("synthesizer", name))
            promise = self.plan.table(name).private
            if promise:
                outcomes[name] = self.fit_private(name, promise)
                reached("synthesizer.table")
                continue

            def fill(draft: Draft, name: str = name) -> None:
                source, features = self._source
                shared = FitInputs(
                    plan=self.plan,
                    source=source,
                    features=features,
                    snapshot=self.snapshot_rows,
                    profiles=self.profiles,
                    key=self.store.derive_key("values seen in the source"),
                )
                draft.facts.update(fit_table(name, shared, seed=self.plan.seed, folder=draft.folder))

            outcomes[name] = self._made("synthesizer", name, self._fit_inputs(name), fill)
            reached("synthesizer.table")
        return outcomes

    def _fit_inputs(self, name: str) -> str:
        from synth_assets.synthesize.auto.options import AUTO

        around = self._around(name)
        return digest(
            code_version(),
            self.plan.table(name).model_dump(mode="json"),
            self.plan.gate.privacy.model_dump(mode="json") if self.plan.table(name).synthesizer == AUTO else None,
            [self.plan.min_group, self.plan.canaries],
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
        self._made(
            "dataset synthesizer",
            None,
            inputs,
            lambda draft: fit_whole_dataset(draft.folder, plan=self.plan, source=self._source[0]),
        )

    # synthetic

    def _whole_dataset(self) -> Artifact | None:
        """The rows of all tables where one model has learned them as a whole; drawn once for all tables."""
        from synth_assets.synthesize.relational.whole_dataset import sample_whole_dataset
        from synth_assets.synthesize.sdv.acceptance import learned_as_a_whole

        if not learned_as_a_whole(self.plan):
            return None
        model = self._needed("dataset synthesizer", None)
        inputs = digest(code_version(), model.fingerprint, self.plan.seed)
        return self._made(
            "dataset rows",
            None,
            inputs,
            lambda draft: sample_whole_dataset(model.folder, draft.folder, plan=self.plan, structures=self.structures),
        ).artifact

    def generate(self, tables: Sequence[str]) -> dict[str, Outcome]:
        """Generate the tables of one group: one table, or all tables of one cycle."""
        from synth_assets.synthesize.relational.consistent import consistent_tables
        from synth_assets.synthesize.relational.generate import Generation
        from synth_assets.synthesize.relational.generated import Finished
        from synth_assets.synthesize.relational.whole_dataset import read_whole_dataset

        group = next(group for group in self.groups if set(tables) == set(group))
        reached("synthetic.begun")
        if self.tables and not set(group) & set(self.tables):
            return {name: self._kept("synthetic", name) for name in group}
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
        consistent = consistent_tables(self.structures)
        inputs = digest(
            code_version(),
            self.plan.seed,
            whole.fingerprint if whole else "",
            {name: artifact.fingerprint for name, artifact in models.items()},
            {name: artifact.fingerprint for name, artifact in above.items()},
            {name: self.plan.table(name).model_dump(mode="json") for name in (*group, *parents)},
            {name: self.snapshot_rows[name].fingerprint for name in consistent if set(group) & set(consistent)},
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
            models={name: artifact.folder for name, artifact in models.items()},
            finished=finished,
            snapshot=self.snapshot_rows,
            profiles=self.profiles,
            key=self.store.derive_key("pseudonyms"),
            seed=self.plan.seed,
            whole=read_whole_dataset(whole.folder) if whole else None,
        )
        outcomes = {}
        drawn = generation.run(group)
        reached("synthetic.drawn")
        for name, table in drawn.items():
            with self._make("synthetic", name, inputs) as draft:
                draft.folder.write_frame(ROWS_FILE, table.rows)
                draft.folder.write_frame(FEATURES_FILE, table.features)
                if table.source_rows is not None:
                    real = pl.Series(REAL_COLUMN, table.source_rows)
                    draft.folder.write_frame(REAL_FILE, real.set(real < 0, None).to_frame())
                formats: dict[str, JsonValue] = {}
                if self.plan.table(name).private:
                    formats |= self.public_formats(name)
                elif name in self.snapshot_rows:
                    formats |= self.snapshot_rows[name].formats
                reaches = self.reached_columns(name)
                computed: list[JsonValue] = list(self.held_by_computed(name, reaches))
                draft.facts.update(
                    rows=table.rows.height,
                    formats=formats,
                    dropped=table.dropped,
                    computed=computed,
                    reaches=cast(dict[str, JsonValue], reaches),
                )
            reached("synthetic.table")
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
        return next(iter(self.synthetic_table(table).batches(rows=rows)), pl.DataFrame())

    # the whole

    def run(self, targets: Sequence[str]) -> RefreshResult:
        """All stages, one after the other.

        Raises:
            DatasetBusy: Another refresh of the dataset is at work, and the plan does not say to wait for it.
            TargetRefused, PreflightFailed, TooLittleSpace: A target or a disk cannot take it; nothing was read.
            VerdictFailed: The rows did not pass.
            SynthAssetsError: Whatever else was refused or failed.
        """
        patience = ABANDONED.total_seconds() if self.settings.on_running == "wait" else 0.0
        with self.store.in_use(), self.store.refreshing(self.dataset, patience=patience):
            return self._run(targets)

    def _run(self, targets: Sequence[str]) -> RefreshResult:
        from synth_assets.synthesize.auto.choice import choices_in

        seconds: dict[str, float] = {}

        @contextmanager
        def timed(stage: str) -> "Iterator[None]":
            started = time.perf_counter()
            yield
            seconds[stage] = time.perf_counter() - started

        with timed("preflight"):
            for refused in self.preflight(targets).values():
                raise refused
        try:
            with timed("snapshot"):
                self.snapshot()
            with timed("profile"):
                self.profile()
            names = [name for group in self.groups for name in group]
            fitted: dict[str, Outcome] = {}
            with timed("synthesizer"):
                for done, name in enumerate(names):
                    self._tell(Progress("synthesizer", name, done, len(names)))
                    fitted |= self.fit([name])
            with timed("synthetic"):
                for done, group in enumerate(self.groups):
                    self._tell(Progress("synthetic", group[0], done, len(self.groups)))
                    self.generate(group)
            with timed("verdict"):
                verdict, _ = self.judge()
            require_passed(verdict)
            with timed("publication"):
                publications = self.publish_all(targets)
            rows = {name: table.rows for name, table in self.synthetic_rows.items()}
        except BaseException as error:
            self._finish_after(error)
            raise
        self.finish()
        choices = choices_in({name: outcome.facts for name, outcome in fitted.items()})
        held = {name: texts_in(outcome.facts.get("dependencies")) for name, outcome in fitted.items()}
        known = invented_look_ups(self.plan, {name: profile.rows for name, profile in self.profiles.items()})
        return RefreshResult(verdict, publications, rows, choices, held, seconds, self.changes, known)

    def _finish_after(self, error: BaseException) -> None:
        """Clean up after a failure, without hiding it behind another one."""
        try:
            self.finish()
        except SynthAssetsError as second:
            error.add_note(f"Removing the snapshot failed, too: {second}")

    def finish(self) -> None:
        """Remove snapshots beyond `keep_snapshots`, and all else that is older than the last `keep_refreshes`."""
        reached("finish.begun")
        settings = self.project.resources.store
        remove_old_artifacts(self.store, self.dataset, settings)
        for pages in (self.project.data_docs_folder(self.dataset), self.project.reports_folder(self.dataset)):
            remove_old_pages(pages, keep=settings.keep_refreshes)
        reached("finish.done")
