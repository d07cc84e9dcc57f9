"""The verdict stage: every check of all rows, the signed verdict, and what people read of it."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from synth_assets.catalog.drift import Drift
from synth_assets.catalog.drift import compare as compare_catalogs
from synth_assets.failpoints import reached
from synth_assets.plan.decided import decided, other_decisions
from synth_assets.refresh.last_refresh import refresh_before
from synth_assets.refresh.private import PrivateStage
from synth_assets.refresh.reports import report_path
from synth_assets.refresh.settling import SettlingStage
from synth_assets.refresh.values import Outcome, Progress
from synth_assets.store.comparison import Comparison, comparison_before, load_comparison, save_comparison
from synth_assets.store.verdict import Verdict
from synth_assets.store.verdicts import kept_verdicts, save_verdict

if TYPE_CHECKING:
    from synth_assets.store.store import Artifact


class VerdictStage(PrivateStage, SettlingStage):
    """A refresh's verdict, and the report on it."""

    def judge(self) -> tuple[Verdict, Outcome]:
        """Check all synthetic rows, keep the signed verdict on exactly these rows, and write the report on it."""
        from synth_assets.validate.judge import judge

        reached("verdict.begun")
        self._tell(Progress("verdict", None))
        started = time.perf_counter()
        self.settle()
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
            data_docs=self.project.data_docs_folder(self.dataset) / self.refresh
            if "data_docs" in self._pages
            else None,
            canaries=self.planted_canaries,
            spent_epsilon=self.spent_epsilon,
            seed=self.plan.seed,
            progress=lambda part, table, done, total: self._tell(Progress(part, table, done, total)),
        )
        reached("verdict.judged")
        rows = {name: table.fingerprint for name, table in self.synthetic_rows.items()}
        catalog = self._needed("catalog", None).key.inputs
        suites = self._suites() if verdict.passed else None
        artifact = save_verdict(self.store, verdict, tables=rows, catalog=catalog, suites=suites)
        reached("verdict.kept")
        if "report" in self._pages:
            self._write_report(artifact, self._compare(verdict))
        return verdict, Outcome(artifact, False, time.perf_counter() - started, artifact.facts)

    @property
    def report(self) -> Path | None:
        """The report of this refresh; None before it is written, and where none is."""
        path = report_path(self.project, self.dataset, self.refresh)
        return path if path.is_file() else None

    @property
    def comparison(self) -> Comparison | None:
        """Both sides of this refresh in counts; None before its verdict, and where no report is written."""
        return load_comparison(self.store, self.dataset, refresh=self.refresh)

    def _suites(self) -> dict[str, JsonValue]:
        """The expectations by which each table was judged: targets are asked them of big tables once more."""
        from synth_assets.validate.subject import subjects
        from synth_assets.validate.suites import kept_suites

        judged = subjects(self.catalog, self.plan, self.profiles, self.snapshot_rows, self.synthetic_rows)
        return kept_suites(judged, self.project.expectations_folder(self.dataset), dialect=self.catalog.dialect)

    def _compare(self, verdict: Verdict) -> Comparison:
        """Both sides in counts, kept for the report and for the next refresh."""
        from synth_assets.validate.comparison import compare

        self._tell(Progress("report", None))
        comparison = compare(
            dataset=self.dataset,
            refresh=self.refresh,
            catalog=self.catalog,
            plan=self.plan,
            profiles=self.profiles,
            snapshot=self.snapshot_rows,
            synthetic=self.synthetic_rows,
            before=comparison_before(self.store, self.dataset, refresh=self.refresh),
            seed=self.plan.seed,
        )
        save_comparison(self.store, comparison, fingerprint=verdict.fingerprint)
        return comparison

    def _write_report(self, verdict: "Artifact", comparison: Comparison) -> None:
        from synth_assets.report.history import Judged
        from synth_assets.report.page import ReportFacts, report_page

        path = report_path(self.project, self.dataset, self.refresh)
        last = refresh_before(self.store, self.dataset, refresh=self.refresh)
        source = compare_catalogs(last.catalog, self.catalog) if last else Drift()
        now = decided(self.plan, self.catalog)
        page = report_page(
            ReportFacts(
                judged=[
                    Judged(one, artifact.created)
                    for artifact, one in kept_verdicts(self.store, self.dataset)
                    if artifact.created <= verdict.created
                ],
                comparison=comparison,
                before=comparison_before(self.store, self.dataset, refresh=self.refresh),
                plan=self.plan,
                catalog=self.catalog,
                source_changes=[change.message for change in source.changes],
                plan_changes=other_decisions(last.decided, now) if last else [],
                targets=self.settings.target_names,
                data_docs=Path(os.path.relpath(self.data_docs, path.parent)).as_posix() if self.data_docs else None,
            )
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        # A report is there as a whole, or not at all.
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(path)
