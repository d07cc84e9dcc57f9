"""The report as one HTML page: no script, no request to anywhere, all pictures within."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth_assets.catalog.model import Catalog
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.report.charts import COLOURS
from synth_assets.report.evidence import shown_evidence
from synth_assets.report.figures import figure_lines
from synth_assets.report.history import Judged, differences, figure_histories
from synth_assets.report.tables import MOST_PICTURES, shown_keys, shown_tables
from synth_assets.store.comparison import Comparison
from synth_assets.store.verdict import CheckResult, Severity, Verdict

_TEMPLATE = "report.html.jinja"


@dataclass(frozen=True)
class ReportFacts:
    """All that a report tells.

    Attributes:
        judged: Every kept verdict of the dataset, the oldest first; the last one is the one reported.
        comparison: Of the same rows.
        before: The comparison of the last refresh; None before the first.
        source_changes, plan_changes: What is different from the last refresh, a line each.
        targets: Where the rows go if they passed.
        data_docs: The link to Great Expectations' Data Docs, seen from the report; None where there are none.
    """

    judged: Sequence[Judged]
    comparison: Comparison
    before: Comparison | None
    plan: ResolvedPlan
    catalog: Catalog
    source_changes: Sequence[str]
    plan_changes: Sequence[str]
    targets: Sequence[str]
    data_docs: str | None

    @property
    def verdict(self) -> Verdict:
        return self.judged[-1].verdict


def report_page(facts: ReportFacts) -> str:
    """The whole page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    verdict = facts.verdict
    return environment.get_template(_TEMPLATE).render(
        facts=facts,
        verdict=verdict,
        at=facts.judged[-1].at,
        why=why(verdict),
        warnings=_warnings(verdict),
        passed=sum(check.passed for check in verdict.checks),
        figures=figure_lines(verdict, facts.plan.gate),
        evidence=list(shown_evidence(verdict)),
        histories=list(figure_histories(facts.judged)),
        differences=list(differences(facts.before, facts.comparison)),
        tables=list(shown_tables(facts.plan, facts.catalog, facts.comparison, verdict)),
        keys=list(shown_keys(facts.plan, facts.comparison, verdict)),
        most_pictures=MOST_PICTURES,
        colours=COLOURS,
    )


def why(verdict: Verdict) -> str:
    """Pass or fail, and because of what, in a sentence or two."""
    if verdict.passed:
        return (
            f"None of the checks that block publishing failed, of {len(verdict.checks):,} checks in all. "
            "These rows may be published."
        )
    if not verdict.failures:
        return "Nothing was checked, so nothing has passed. Nothing is published."
    number = len(verdict.failures)
    tables = sorted({check.table or "the whole dataset" for check in verdict.failures})
    failed = "1 check that blocks publishing" if number == 1 else f"{number:,} checks that block publishing"
    return f"{failed} failed, in {', '.join(tables)}. Nothing is published: every target stays as it is."


def _warnings(verdict: Verdict) -> list[CheckResult]:
    return [check for check in verdict.checks if not check.passed and check.severity is Severity.WARN]
