"""`synth-assets plan`: what becomes of every table and column, before anything runs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from synth_assets.cli.console import console, reporting
from synth_assets.cli.project import PROJECT, chosen_datasets, dataset_option, open_project
from synth_assets.cli.summary import print_dependencies, print_look_ups
from synth_assets.cli.targets import print_targets

if TYPE_CHECKING:
    from synth_assets.catalog.model import Catalog, ForeignKey
    from synth_assets.plan.evidence import ColumnEvidence
    from synth_assets.plan.resolved import ColumnDecision, ResolvedPlan, TableDecision
    from synth_assets.project import Project
    from synth_assets.store.profile import TableProfile
    from synth_assets.store.store import Store

STYLES = {
    "keep": "bold yellow",
    "reference": "bold yellow",
    "partial": "bold yellow",
    "hybrid": "bold yellow",
    "exclude": "dim",
    "empty": "dim",
}


@click.command("plan", short_help="What becomes of every table and column, before anything runs.")
@dataset_option("One dataset only; all of them otherwise.")
@click.option("--diff", is_flag=True, help="Only what is different from the last refresh; nothing is kept.")
@PROJECT
@reporting
def command(dataset: str | None, folder: Path, *, diff: bool) -> None:
    """Show what becomes of every table and column, and why.

    Reads the schema of the source, no rows, and what the profile of the last refresh knows of them. Keeps the schema
    in catalogs/DATASET.json, to be committed, and says what has changed since. In targets the tables are made on
    trial, without rows, and removed again.
    """
    project = open_project(folder)
    out = console()
    for name in chosen_datasets(project, dataset):
        if diff:
            show_differences(project, name, out)
        else:
            show_plan(project, name, out)


def show_differences(project: "Project", dataset: str, out: Console) -> None:
    """Print what has changed since the last refresh: in the source, and in what the plan makes of it and asks for."""
    from synth_assets.catalog.drift import compare
    from synth_assets.plan.decided import decided, other_decisions
    from synth_assets.plan.resolve import resolve
    from synth_assets.refresh import open_store
    from synth_assets.refresh.last_refresh import last_refresh
    from synth_assets.refresh.source_catalog import source_catalog

    last = last_refresh(open_store(project), dataset)
    if last is None:
        out.print(Text(f"{dataset}: no refresh yet to compare with.", style="dim"))
        return
    catalog = source_catalog(project, dataset)
    known = known_from_rows(last_profiles(project, dataset, catalog), catalog)
    plan = resolve(project.dataset(dataset), catalog, evidence=known)
    changed = [change.message for change in compare(last.catalog, catalog).changes]
    becomes_now = other_decisions(last.decided, decided(plan, catalog))
    out.print(Text.assemble((dataset, "bold"), f": since the refresh {last.refresh}"))
    for heading, lines in (("in the source", changed), ("in what the plan makes of it", becomes_now)):
        out.print(Text(f"  {heading}: " + ("" if lines else "as it was"), style="" if lines else "dim"))
        for line in lines:
            out.print(Text(f"    {line}", style="yellow"), soft_wrap=True)


def show_plan(project: "Project", dataset: str, out: Console) -> None:
    """Print the plan of one dataset, and keep the source's catalog."""
    from synth_assets.catalog.connection import location
    from synth_assets.plan.look_ups import invented_look_ups
    from synth_assets.plan.resolve import resolve
    from synth_assets.refresh.source_catalog import source_catalog

    url = project.source(dataset).resolve_url(os.environ)
    catalog = source_catalog(project, dataset)
    profiles = last_profiles(project, dataset, catalog)
    known = known_from_rows(profiles, catalog)
    plan = resolve(project.dataset(dataset), catalog, evidence=known)
    out.print(Text.assemble((dataset, "bold"), f": {len(catalog.tables)} tables in {location(url)}"))
    out.print(decisions(plan, catalog, chosen=last_choices(project, plan), known=known or {}))
    for line in summary(plan):
        out.print(line)
    print_dependencies(
        known_dependencies(plan, profiles),
        out,
        heading="What holds in every row, declared or found at the last refresh:",
    )
    print_look_ups(invented_look_ups(plan, {name: profile.rows for name, profile in profiles.items()}), out)
    print_targets(project, plan, catalog, out)
    if project.component is None:
        out.print(keep_catalog(project.catalog_path(dataset), catalog, project.root))
    out.print()


def store_if_readable(project: "Project") -> "Store | None":
    """The project's store; None without its key: the plan must be there for whoever has none, too."""
    from synth_assets.plan.resources import MissingVariable
    from synth_assets.refresh import open_store

    try:
        return open_store(project)
    except MissingVariable:
        return None


def last_profiles(project: "Project", dataset: str, catalog: "Catalog") -> "dict[str, TableProfile]":
    """The profiles of the last refresh, by table; none without one, or without a key to read them with."""
    from synth_assets.profile.profile import load_profile

    store = store_if_readable(project)
    latest = {name: store.latest(dataset, "profile", name) for name in catalog.table_names} if store else {}
    return {name: load_profile(profile.folder) for name, profile in latest.items() if profile}


def known_from_rows(
    profiles: "Mapping[str, TableProfile]", catalog: "Catalog"
) -> "dict[tuple[str, str], ColumnEvidence] | None":
    """What profiles tell of the columns that are there; None if they tell nothing."""
    from synth_assets.profile.profile import evidence

    found: dict[tuple[str, str], ColumnEvidence] = {}
    for profile in profiles.values():
        found |= evidence(profile)
    return {place: known for place, known in found.items() if place[1] in catalog.table(place[0]).column_names} or None


def known_dependencies(plan: "ResolvedPlan", profiles: "Mapping[str, TableProfile]") -> dict[str, list[str]]:
    """What the plan declares to hold, and what profiles know to, by table."""
    known = {table.name: [f"{one.text} (declared)" for one in table.dependencies] for table in plan.published}
    for table in plan.published:
        if table.name in profiles and table.discover_dependencies:
            found = profiles[table.name].dependencies
            known[table.name] += [one.text for one in found if not one.declared]
    return known


def last_choices(project: "Project", plan: "ResolvedPlan") -> dict[str, str]:
    """What the synthesizer auto chose at the last refresh, by table."""
    from synth_assets.synthesize.auto.choice import choices_in
    from synth_assets.synthesize.auto.options import AUTO

    tables = [table.name for table in plan.published if table.synthesizer == AUTO]
    store = store_if_readable(project) if tables else None
    if store is None:
        return {}
    models = {name: store.latest(plan.dataset, "synthesizer", name) for name in tables}
    choices = choices_in({name: model.facts for name, model in models.items() if model})
    return {name: choice.engine for name, choice in choices.items()}


def decisions(
    plan: "ResolvedPlan",
    catalog: "Catalog",
    *,
    chosen: Mapping[str, str],
    known: "Mapping[tuple[str, str], ColumnEvidence]",
) -> Grid:
    """One row a table, one row a column, and one for every path of its JSON documents that holds personal data."""
    grid = Grid(show_header=True, header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("table, column", "type", "becomes", "because"):
        grid.add_column(heading, overflow="fold", ratio=2 if heading == "because" else None)
    for table in plan.tables:
        grid.add_row()
        grid.add_row(
            Text(table.name, style="bold"),
            "",
            styled(table.mode.value),
            Text(table_reason(table, chosen.get(table.name))),
        )
        if table.mode.value in ("synthetic", "partial", "hybrid"):
            for column in table.columns:
                native = catalog.table(table.name).column(column.name).type.native
                reason = column_reason(column, plan.foreign_keys.get(table.name, ()))
                grid.add_row(Text(f"  {column.name}"), Text(native, style="dim"), becomes(column), Text(reason))
                for path in [*decided_paths(column), *personal_paths(known.get((table.name, column.name)), column)]:
                    grid.add_row(*path)
    return grid


def decided_paths(column: "ColumnDecision") -> list[tuple[Text, Text, Text, Text]]:
    """A row for every path of a column's JSON documents that the plan names, or that is invented anew."""
    return [
        (
            Text(f"    {one.path}"),
            Text("json", style="dim"),
            styled(one.treatment.value, f" {one.options['kind']}" if "kind" in one.options else ""),
            Text(one.reason),
        )
        for one in column.paths
    ]


def personal_paths(
    known: "ColumnEvidence | None", column: "ColumnDecision | None" = None
) -> list[tuple[Text, Text, Text, Text]]:
    """A row for every other path that holds personal data, as the last refresh saw them."""
    decided = {one.path for one in column.paths} if column else set()
    return [
        (
            Text(f"    {one.path}", style="dim"),
            Text("json", style="dim"),
            Text(f"seems {one.personal}", style="dim"),
            Text(f"{one.reason[:1].upper()}{one.reason[1:]} ({one.confidence:.0%} sure).", style="dim"),
        )
        for one in (known.paths if known else ())
        if one.path not in decided
    ]


def table_reason(table: "TableDecision", chosen: str | None) -> str:
    """Why the table is let through, or what learns it; `chosen` is what auto took at the last refresh."""
    wished = f", {table.balance.column} with wished shares" if table.balance else ""
    if table.because:
        share = "" if table.real_share is None else f"{table.real_share:g} of the rows real: "
        return f"{share}{table.because}"
    if table.private:
        return f"learned by private: {table.private.text}"
    scale = "" if table.scale == 1 else f", {table.scale:g} times the rows"
    last = f" (at the last refresh {chosen})" if chosen else ""
    return f"learned by {table.synthesizer}{last}{scale}{wished}" if table.mode.value == "synthetic" else ""


def column_reason(column: "ColumnDecision", keys: "Sequence[ForeignKey]") -> str:
    """The reason, and where a reference goes, one of a polymorphic key with the labels that say so."""
    parents = [
        f"{key.parent}.{key.parent_columns[key.columns.index(column.name)]}"
        + (f" ({', '.join(key.branch.labels)})" if key.branch else "")
        for key in keys
        if column.name in key.columns
    ]
    arrow = f"→ {', '.join(dict.fromkeys(parents))}  " if parents else ""
    return f"{arrow}{column.because or column.reason}"


def becomes(column: "ColumnDecision") -> Text:
    """The treatment with its options, or the role of a column that has no treatment of its own."""
    if column.role.value in ("key", "reference", "generated"):
        return styled({"key": "new key", "reference": "new reference", "generated": "computed"}[column.role.value])
    if column.treatment.value == "learn" and column.role.value == "text":
        return styled("new text")
    kind = column.options.get("kind") or column.options.get("format") or column.options.get("expression")
    real = ", real in real rows" if column.real_in_real_rows else ""
    return styled(column.treatment.value, (f" {kind}" if kind else "") + (", unique" if column.unique else "") + real)


def styled(word: str, more: str = "") -> Text:
    return Text(word, style=STYLES.get(word, "")) + Text(more)


def summary(plan: "ResolvedPlan") -> list[Text]:
    """How many tables become what, and all that lets real values through."""
    modes = [table.mode.value for table in plan.tables]
    counts = ", ".join(f"{modes.count(mode)} {mode}" for mode in dict.fromkeys(sorted(modes, key=modes.count)[::-1]))
    real = [table.name for table in plan.tables if table.mode.value == "reference"]
    real += [
        f"{table.name}.{column.name}"
        for table in plan.published
        for column in table.columns
        if column.lets_real_values_through and table.mode.value != "reference"
    ]
    lines = [Text(f"\n{counts}.")]
    if real:
        lines.append(Text(f"Real values reach the targets from: {', '.join(real)}.", style="yellow"))
    else:
        lines.append(Text("No real value reaches the targets.", style="green"))
    return lines


def keep_catalog(path: Path, catalog: "Catalog", root: Path) -> Text:
    """Write the catalog where it is new or changed; says what has."""
    from synth_assets.catalog.drift import compare
    from synth_assets.catalog.files import read_catalog, write_catalog

    shown = path.relative_to(root)
    if not path.exists():
        write_catalog(path, catalog)
        return Text(f"{shown} is new: commit it, so that Dagster knows the tables without asking the database.")
    drift = compare(read_catalog(path), catalog)
    if not drift.changes:
        return Text(f"{shown} is up to date.", style="dim")
    write_catalog(path, catalog)
    lines = Text(f"{shown} is updated. Since it was written:", style="yellow")
    for change in drift.changes:
        lines.append(f"\n  {change.message}")
    return lines
