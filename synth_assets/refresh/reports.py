"""Where the reports of a dataset's refreshes lie."""

from pathlib import Path

from synth_assets.errors import SynthAssetsError
from synth_assets.plan.nearest import hint
from synth_assets.project import Project

REPORT_FILE = "report.html"


class ReportMissing(SynthAssetsError):
    """No report is kept of the refresh asked for, or of any."""

    def __init__(self, dataset: str, refresh: str | None, known: tuple[str, ...]) -> None:
        self.dataset = dataset
        self.refresh = refresh
        self.known = known
        which = f"of the refresh {refresh!r}{hint(refresh, known)}" if refresh and known else "yet."
        super().__init__(
            f"The dataset {dataset!r} has no report {which}",
            untouched="Nothing was contacted or changed.",
            next_step=f"Make one: synth-assets refresh --dataset {dataset}",
        )


def report_path(project: Project, dataset: str, refresh: str) -> Path:
    """Where the report of one refresh lies, or would lie."""
    return project.reports_folder(dataset) / refresh / REPORT_FILE


def kept_report(project: Project, dataset: str, refresh: str | None = None) -> Path:
    """The report of a refresh, of the newest unless one is named.

    Raises:
        ReportMissing: None is kept.
    """
    folder = project.reports_folder(dataset)
    kept = sorted(folder.glob(f"*/{REPORT_FILE}"), key=lambda path: path.stat().st_mtime_ns)
    chosen = [path for path in kept if refresh is None or path.parent.name == refresh]
    if not chosen:
        raise ReportMissing(dataset, refresh, tuple(path.parent.name for path in kept))
    return chosen[-1]
