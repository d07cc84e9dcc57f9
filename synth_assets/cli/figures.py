"""The verdict's figures in words: what each says, and what the plan's gate asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.table import Table as Grid
from rich.text import Text

from synth_assets.cli.console import grid

if TYPE_CHECKING:
    from synth_assets.plan.resolved import Gate


@dataclass(frozen=True)
class Figure:
    """One figure of a verdict.

    Attributes:
        bound: Which way the gate's limit points; 'none' for a count that must be nought.
        limit: The gate's setting, as `family.name`; empty for a count, or for a figure that is only reported.
    """

    name: str
    meaning: str
    bound: Literal["at least", "at most", "none"]
    limit: str = ""


FIGURES = (
    Figure("shape", "columns are distributed as in the source", "at least", "fidelity.shape"),
    Figure("trend", "pairs of columns go together as in the source", "at least", "fidelity.trend"),
    Figure("cardinality", "parents have as many children", "at least", "fidelity.cardinality"),
    Figure("pairs_across_keys", "children go with parents as in the source", "at least", "fidelity.pairs_across_keys"),
    Figure("two_sample", "how well a classifier tells real from synthetic", "at most", "fidelity.two_sample"),
    Figure("membership_auc", "how well an attack finds who was learned from", "at most", "privacy.membership_auc"),
    Figure("closer_share", "rows nearer to a learned row than a held-out one", "at most", "privacy.closer_share"),
    Figure("copies_beyond_chance", "rare rows repeated, beyond what held-out rows do", "at most", "privacy.copies"),
    Figure("source_values", "values of faked columns that are the source's", "none"),
    Figure("orphans", "references to rows that are not there", "none"),
    Figure("duplicates", "values that occur twice in a key", "none"),
    Figure("nulls_in_not_null", "missing values where there must be one", "none"),
)


def figures_grid(figures: Mapping[str, float], gate: "Gate") -> Grid:
    """The figures that there are, what the gate asks of them, and what they say."""
    table = grid("figure", "value", "wanted", "", right=("value",))
    for figure in FIGURES:
        if figure.name in figures:
            value = figures[figure.name]
            shown = f"{value:,.0f}" if figure.bound == "none" else f"{value:.3f}"
            meaning = Text(figure.meaning, style="dim")
            table.add_row(figure.name.replace("_", " "), shown, wanted(figure, gate), meaning)
    return table


def wanted(figure: Figure, gate: "Gate") -> str:
    """The gate's limit in words."""
    if not figure.limit:
        return "none"
    family, name = figure.limit.split(".")
    return f"{figure.bound} {getattr(getattr(gate, family), name):.2f}"
