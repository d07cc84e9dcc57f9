"""`synth-assets status`: what was refreshed, judged and published."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from synth_assets.cli.console import console, grid, reporting
from synth_assets.cli.project import PROJECT, chosen_datasets, dataset_option, open_project
from synth_assets.errors import SynthAssetsError

if TYPE_CHECKING:
    from rich.table import Table as Grid

    from synth_assets.plan.private_settings import Budget
    from synth_assets.project import Project
    from synth_assets.store.store import Store

SHOWN = ("shape", "trend", "cardinality", "two_sample", "membership_auc")


@click.command("status", short_help="Refreshes, their verdicts, and what is live in each target.")
@dataset_option("One dataset only; all of them otherwise.")
@PROJECT
@reporting
def command(dataset: str | None, folder: Path) -> None:
    """Show the refreshes in the store with their verdicts, and what is live in each target."""
    from synth_assets.refresh import open_store

    project = open_project(folder)
    store = open_store(project)
    out = console()
    for name in chosen_datasets(project, dataset):
        out.print(Text(name, style="bold"))
        out.print(verdicts(store, name))
        budget = project.dataset(name).privacy.budget
        if budget:
            out.print(spent(store, name, budget))
        out.print()
        out.print(targets(project, store, name))
        out.print()


def verdicts(store: "Store", dataset: str) -> "Grid | Text":
    """One line a verdict, the newest first."""
    from synth_assets.store.verdicts import kept_verdicts

    kept = kept_verdicts(store, dataset)
    if not kept:
        return Text(f"No refresh yet: synth-assets refresh --dataset {dataset}", style="dim")
    names = [name.replace("_", " ") for name in SHOWN]
    table = grid("refresh", "judged", "verdict", "checks", *names, right=("checks", *names))
    for artifact, verdict in reversed(kept):
        passed = (
            Text("passed", style="green") if verdict.passed else Text(f"{len(verdict.failures)} failed", style="red")
        )
        figures = [f"{verdict.figures[name]:.3f}" if name in verdict.figures else "" for name in SHOWN]
        table.add_row(verdict.refresh, when(artifact.created), passed, str(len(verdict.checks)), *figures)
    return table


def spent(store: "Store", dataset: str, budget: "Budget") -> Text:
    """What learning private tables has spent, over all refreshes."""
    from synth_assets.synthesize.private.ledger import PrivacyLedger, total_epsilon

    entries = PrivacyLedger(store, dataset).entries()
    epsilon = total_epsilon(entries, budget.delta)
    learned = sum(entry.rho > 0 for entry in entries)
    line = f"privacy budget: epsilon {epsilon:.3f} of {budget.epsilon:g} spent (at delta {budget.delta:g})"
    return Text(
        f"{line}, private tables learned {learned} times", style="dim" if epsilon <= budget.epsilon else "yellow"
    )


def targets(project: "Project", store: "Store", dataset: str) -> "Grid":
    """One line a target: what is live there, and what can be live again."""
    from synth_assets.refresh.going_back import kept_refreshes

    stored = list(dict.fromkeys(kept.refresh for kept in kept_refreshes(store, dataset)))
    table = grid("target", "live", "published", "by", "rows", "", right=("rows",))
    for name, cells in target_lines(project, dataset, stored):
        table.add_row(Text(name), *cells)
    return table


def target_lines(project: "Project", dataset: str, stored: Sequence[str]) -> Iterator[tuple[str, tuple[Text, ...]]]:
    """
    Args:
        stored: Refreshes whose rows the store has, the newest first.
    """
    from synth_assets.publish.publish import history

    for name, database in project.targets(dataset).items():
        try:
            entries = history(name, database.resolve_url(os.environ), namespace=database.namespace)
        except SynthAssetsError as error:
            # One target that does not answer must not hide the others.
            yield name, (Text("not known", style="yellow"), Text(), Text(), Text(), Text(error.failed))
            continue
        entry = next((entry for entry in entries if entry.dataset == dataset), None)
        if entry is None:
            yield name, (Text("nothing of this dataset", style="dim"), Text(), Text(), Text(), Text())
            continue
        rows = f"{sum(entry.counts.values()):,}"
        kept = f"refresh {entry.previous} is kept to roll back to" if entry.previous else ""
        others = [refresh for refresh in stored if refresh not in (entry.refresh, entry.previous)]
        if others:
            kept += f"{'; ' if kept else ''}in the store: {', '.join(others)}"
        who = Text(entry.published_by)
        yield name, (Text(entry.refresh), Text(when(entry.published_at)), who, Text(rows), Text(kept, style="dim"))


def when(moment: datetime) -> str:
    """To the minute, in this machine's own time zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
