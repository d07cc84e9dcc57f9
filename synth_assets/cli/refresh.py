"""`synth-assets refresh`: production tables in, a synthetic database out."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth_assets.cli.console import console, reporting
from synth_assets.cli.project import PROJECT, chosen_datasets, dataset_option, open_project
from synth_assets.errors import SynthAssetsError
from synth_assets.silence import silent_work

if TYPE_CHECKING:
    from synth_assets.project import Project
    from synth_assets.refresh import Refresh
    from synth_assets.store.verdict import Verdict

NO_PROJECT = "--from and --to"
REMEDY = "follow the remedies above, or lower the plan's `gate:` knowingly."
REMEDY_WITHOUT_PLAN = "follow the remedies above in a plan."


class NotPublished(SynthAssetsError):
    """The checks failed; which, is printed before."""

    def __init__(self, verdict: "Verdict", *, remedy: str) -> None:
        self.verdict = verdict
        number = len(verdict.failures)
        super().__init__(
            f"{number} {'check' if number == 1 else 'checks'} of {verdict.dataset} failed.",
            untouched="Nothing was published: every target is as it was.",
            next_step=remedy,
        )


@click.command("refresh", short_help="Refresh targets with synthetic rows.")
@dataset_option("The project's dataset to refresh.")
@click.option("--target", "targets", metavar="NAME", multiple=True, help="Only this target; may be given again.")
@click.option("--from", "source_url", metavar="URL", help="Without a project: the database to learn from.")
@click.option("--to", "target_url", metavar="URL", help="Without a project: the database to write; empty, or ours.")
@click.option(
    "--report",
    "report",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Without a project: where to write the report; a new file in the working directory unless named.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Other rows of the same kind; the plan's own unless given.")
@PROJECT
@reporting
def command(
    dataset: str | None,
    targets: tuple[str, ...],
    source_url: str | None,
    target_url: str | None,
    report: Path | None,
    seed: int | None,
    folder: Path,
) -> None:
    """Refresh the targets of a DATASET, or one database from another with no project at all.

    \b
        synth-assets refresh --dataset shop
        synth-assets refresh --from sqlite:///production.db --to sqlite:///staging.db

    The source is only read. All tables are published at once, and only when every check has passed.
    """
    if source_url or target_url:
        if dataset or targets:
            raise click.UsageError(f"{NO_PROJECT} need no project: leave out --dataset and --target.")
        if not source_url or not target_url:
            raise click.UsageError(f"Without a project, refresh needs both {NO_PROJECT}.")
        run_directly(source_url, target_url, seed=seed, report=report)
        return
    if report is not None:
        raise click.UsageError("--report goes with --from and --to; a project keeps its reports: synth-assets report.")
    if dataset is None:
        raise click.UsageError(f"Say what to refresh: --dataset NAME in a project, or {NO_PROJECT} without one.")
    project = open_project(folder)
    chosen_datasets(project, dataset)
    known = project.datasets[dataset].target_names
    for target in targets:
        if target not in known:
            from synth_assets.plan.nearest import hint

            raise click.UsageError(f"{target!r} is not a target of {dataset!r}{hint(target, known)}")
    run(project, dataset, targets or known, seed=seed, remedy=REMEDY)


def run_directly(source_url: str, target_url: str, *, seed: int | None, report: Path | None) -> None:
    """Refresh the one database from the other; all that stays, beside the rows, is the report."""
    from synth_assets.cli.direct import database_url, dataset_name, direct_project

    refresh = new_refresh()
    report = report or Path(f"synth-assets-{dataset_name(database_url(source_url, '--from'))}-{refresh}.html")
    report = report.absolute()
    if not os.access(report.parent, os.W_OK):
        raise click.BadParameter(
            f"nothing can be written into {report.parent}; name a file elsewhere", param_hint="--report"
        )
    with direct_project(source_url, target_url) as project:
        name = next(iter(project.datasets))
        targets = project.datasets[name].target_names
        with told_without_plan(name):
            run(project, name, targets, refresh=refresh, seed=seed, remedy=REMEDY_WITHOUT_PLAN, report=report)


@contextmanager
def told_without_plan(dataset: str) -> Iterator[None]:
    """Adds to what is to be done in a plan, where there is none, how to come by one."""
    try:
        yield
    except SynthAssetsError as error:
        if re.search(r"\bplan\b", f"{error.failed} {error.next_step}"):
            made = (
                f"`synth-assets init my-project --dataset {dataset}` makes a project; its plan is plans/{dataset}.yaml."
            )
            error.next_step = f"{error.next_step} {NO_PROJECT} have no plan: {made}".strip()
        raise


def run(
    project: "Project",
    dataset: str,
    targets: Sequence[str],
    *,
    seed: int | None,
    remedy: str,
    refresh: str | None = None,
    report: Path | None = None,
) -> None:
    """Run all stages, showing how far they are, and print what was done.

    Args:
        refresh: The refresh's name; a new one unless given.
        report: Where the report is written instead of the project's folder; no Data Docs are built then.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from synth_assets.cli.progress import shown_progress
    from synth_assets.cli.summary import print_failure, print_pages, print_result
    from synth_assets.refresh import Refresh, VerdictFailed
    from synth_assets.refresh.values import PAGES

    out = console()
    try:
        with shown_progress(console(stderr=True)) as progress, silent_work():
            stages = Refresh(
                project,
                dataset,
                refresh=refresh or new_refresh(),
                seed=seed,
                progress=progress,
                pages=PAGES if report is None else ("report",),
            )
            result = stages.run(targets)
    except VerdictFailed as failed:
        print_failure(failed.verdict, project.dataset(dataset).gate, console(stderr=True))
        print_pages(kept_report(stages, report), stages.data_docs, console(stderr=True))
        raise NotPublished(failed.verdict, remedy=remedy) from None
    print_result(result, project, out)
    print_pages(kept_report(stages, report), stages.data_docs, out)


def kept_report(refresh: "Refresh", elsewhere: Path | None) -> Path | None:
    """Where the report of a refresh lies, once it is where it is to be kept."""
    if elsewhere is None or refresh.report is None:
        return refresh.report
    shutil.copyfile(refresh.report, elsewhere)
    return elsewhere


def new_refresh() -> str:
    """A name for a refresh: when it began, and something that no other has."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
