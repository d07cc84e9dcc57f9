"""The verdict's figures as a table for the terminal."""

from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from synth_assets.cli.console import grid
from synth_assets.report.figures import figure_lines

if TYPE_CHECKING:
    from synth_assets.plan.resolved import Gate
    from synth_assets.store.verdict import Verdict


def figures_grid(verdict: "Verdict", gate: "Gate") -> Grid:
    """A line a figure: its value, what is asked, how many checks meet it, and what it says."""
    table = grid("figure", "value", "wanted of each", "met by", "", right=("value", "met by"))
    for line in figure_lines(verdict, gate):
        table.add_row(
            line.name,
            line.value,
            line.wanted,
            Text(f"{line.met} of {line.of}", style="" if line.met == line.of else "yellow"),
            Text(line.figure.meaning, style="dim"),
        )
    return table
