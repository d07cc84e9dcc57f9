"""What a refresh did, for people: rows, the verdict's figures, where the rows are."""

import os
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from synth_assets.cli.console import grid
from synth_assets.cli.figures import figures_grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from synth_assets.plan.resolved import Gate
    from synth_assets.project import Project
    from synth_assets.publish.publication import Publication
    from synth_assets.refresh import RefreshResult
    from synth_assets.store.verdict import CheckResult, Verdict
    from synth_assets.synthesize.auto.choice import Choice

MOST_LINES = 20
# The check of a verdict that tells what learning private tables has spent.
BUDGET_CHECK = "privacy_budget"


def print_result(result: "RefreshResult", project: "Project", out: Console) -> None:
    """What has changed in the source, the rows by table, what auto chose, the verdict, the publications."""
    tables = grid("table", "rows", right=("rows",))
    for name, rows in result.rows.items():
        tables.add_row(Text(name), f"{rows:,}")
    tables.add_row(Text("all", style="bold"), Text(f"{sum(result.rows.values()):,}", style="bold"))
    if result.changes:
        out.print(Text("\nWhat has changed in the source since the last refresh:", style="bold"))
    for change in result.changes:
        out.print(Text(f"  {change}", style="yellow"), soft_wrap=True)
    out.print()
    out.print(tables)
    for name, choice in result.choices.items():
        print_choice(name, choice, out)
    print_dependencies(result.dependencies, out, heading="What holds in every row:")
    print_look_ups(result.look_ups, out)
    print_verdict(result.verdict, project.dataset(result.verdict.dataset).gate, out)
    for publication in result.publications:
        print_publication(publication, project, out)


def print_dependencies(dependencies: "Mapping[str, Sequence[str]]", out: Console, *, heading: str) -> None:
    """What holds between columns, a line each; names of tables and columns only."""
    lines = [(table, text) for table, texts in dependencies.items() for text in texts]
    if lines:
        out.print(Text(f"\n{heading}", style="bold"))
    for table, text in lines:
        out.print(Text.assemble(f"  {table}: ", (text, "dim")), soft_wrap=True)


def print_look_ups(tables: "Sequence[str]", out: Console) -> None:
    """Which tables look like look-ups whose words were invented, and how they may come out as they are."""
    if tables:
        out.print(
            Text("\nLook-ups, perhaps, with invented words: ", style="bold") + Text(", ".join(tables)), soft_wrap=True
        )
        line = f"{tables[0]}: {{mode: reference, because: a public list}}"
        out.print(Text(f"  If they hold nothing personal, the plan's tables: can let them by: {line}"), soft_wrap=True)


def print_choice(table: str, choice: "Choice", out: Console) -> None:
    """The engine that auto chose for a table, why, and the scores of all candidates."""
    from synth_assets.synthesize.auto.choice import HEADER

    line = Text.assemble("\n", (table, "bold"), " is learned by ", (choice.engine, "bold"), f". {choice.because}")
    out.print(line, soft_wrap=True)
    if choice.lines:
        scores = grid(*HEADER, right=HEADER[1:])
        for cells in choice.cells():
            scores.add_row(*map(Text, cells))
        out.print(scores)


def print_verdict(verdict: "Verdict", gate: "Gate", out: Console) -> None:
    """Its figures, how many checks passed, what it warns of and what it lets through."""
    out.print()
    out.print(figures_grid(verdict, gate))
    out.print(Text("Values are means or sums over all; a check allows for the chance of few rows.\n", style="dim"))
    passed = sum(check.passed for check in verdict.checks)
    warned = [check for check in verdict.checks if not check.passed and check not in verdict.failures]
    line = Text("✓ " if verdict.passed else "✗ ", style="bold green" if verdict.passed else "bold red")
    line.append(f"{passed:,} of {len(verdict.checks):,} checks passed", style="bold")
    line.append(f", {len(warned)} warned" if warned else "")
    out.print(line)
    print_checks(warned, out, style="yellow", brief=True)
    for check in verdict.checks:
        if check.name == BUDGET_CHECK:
            out.print(Text(f"  {check.description}", style="dim"), soft_wrap=True)
    for real in verdict.let_through:
        out.print(Text(f"  real values by the plan: {real}", style="yellow"), soft_wrap=True)


def print_checks(checks: "list[CheckResult]", out: Console, *, style: str, brief: bool = False) -> None:
    """A paragraph a check, or its first sentence only."""
    for check in checks[:MOST_LINES]:
        place = ".".join(part for part in (check.table, check.column) if part) or "dataset"
        line = Text("  ")
        line.append(f"{place} {check.name}", style=style)
        line.append(f": {_briefly(check.description) if brief else check.description}")
        if check.remedy and not brief:
            line.append(f" {check.remedy}", style="dim")
        out.print(line, soft_wrap=True)
    if len(checks) > MOST_LINES:
        out.print(f"  and {len(checks) - MOST_LINES} more")


def _briefly(description: str) -> str:
    """The first sentence, and the one that says why a figure does not block."""
    first, *others = description.split(". ")
    return ". ".join([first, *(other for other in others if "does not block" in other)])


def print_failure(verdict: "Verdict", gate: "Gate", out: Console) -> None:
    """What did not pass."""
    print_verdict(verdict, gate, out)
    print_checks(list(verdict.failures), out, style="red")
    out.print()


def print_pages(report: "Path | None", data_docs: "Path | None", out: Console) -> None:
    """Where the report and Great Expectations' Data Docs are, if they were made."""
    if report is not None:
        out.print(Text(f"  the report, for whoever signs it off: {report}"), soft_wrap=True)
    if data_docs is not None:
        out.print(Text(f"  every expectation, page by page: {data_docs}", style="dim"), soft_wrap=True)


def print_publication(publication: "Publication", project: "Project", out: Console) -> None:
    from synth_assets.catalog.connection import location

    url = project.resources.databases[publication.target].resolve_url(os.environ)
    line = Text("✓ ", style="bold green")
    line.append("published", style="bold")
    line.append(f" {len(publication.tables)} tables, {publication.rows:,} rows to {location(url)}")
    if publication.previous:
        line.append(f"; refresh {publication.previous} is kept to roll back to")
    out.print(line, soft_wrap=True)
    for note in publication.notes:
        out.print(Text(f"  {note}", style="dim"), soft_wrap=True)
