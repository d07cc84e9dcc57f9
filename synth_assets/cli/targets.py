"""What the targets of a dataset say to it, before anything is read."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from synth_assets.errors import SynthAssetsError

if TYPE_CHECKING:
    from synth_assets.catalog.model import Catalog
    from synth_assets.plan.resolved import ResolvedPlan
    from synth_assets.project import Project


def print_targets(project: "Project", plan: "ResolvedPlan", catalog: "Catalog", out: Console) -> None:
    """Print of every target why it cannot take the dataset, and what will differ there; then what lacks space."""
    from synth_assets.refresh.preflight import lacking_space, look_at_target
    from synth_assets.refresh.space import told_by_server

    reachable = []
    for name, database in project.targets(plan.dataset).items():
        try:
            found = look_at_target(project, plan, catalog, name)
            server = told_by_server(database, source=project.source(plan.dataset), tables=plan.extracted)
        except SynthAssetsError as error:
            _print_lines(name, "cannot be published to as things stand", "yellow", [str(error)], out)
            continue
        reachable.append(name)
        findings = [finding.message for finding in found.findings]
        if findings:
            _print_lines(name, "cannot take the dataset", "yellow", findings, out)
        notes = [*found.notes, *([server] if server else [])]
        if notes or not findings:
            can = "what differs there" if findings else "can take the dataset"
            _print_lines(name, can, "" if findings else "green", notes, out)
    try:
        lacking = lacking_space(project, plan, reachable)
    except SynthAssetsError as error:
        lacking = [str(error)]
    if lacking:
        _print_lines("space", "there is too little", "yellow", lacking, out)


def _print_lines(name: str, said: str, style: str, lines: list[str], out: Console) -> None:
    out.print(Text.assemble((name, "bold"), (f": {said}{':' if lines else '.'}", style)))
    for line in lines:
        out.print(Text(f"  {line}"), soft_wrap=True)
