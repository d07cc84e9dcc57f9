"""The verdict's figures in words: what each says, what the plan's gate asks of every table, and how many meet it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synth_assets.plan.limits import figure_text, limit_text

if TYPE_CHECKING:
    from synth_assets.plan.resolved import Gate
    from synth_assets.store.verdict import Verdict


@dataclass(frozen=True)
class Figure:
    """One figure of a verdict.

    Attributes:
        checks: What the names of the checks start with that it sums up.
        bound: Which way the gate's limit points; 'none' for a count that must be nought.
        limit: The gate's setting, as `family.name`; empty for a count.
    """

    name: str
    meaning: str
    checks: str
    bound: Literal["at least", "at most", "none"]
    limit: str = ""


FIGURES = (
    Figure("shape", "columns are distributed as in the source", "fidelity_shape", "at least", "fidelity.shape"),
    Figure("trend", "columns go together as in the source", "fidelity_trend", "at least", "fidelity.trend"),
    Figure(
        "cardinality",
        "parents have as many children as in the source",
        "fidelity_cardinality_",
        "at least",
        "fidelity.cardinality",
    ),
    Figure(
        "pairs_across_keys",
        "children go with their parents as in the source",
        "fidelity_pairs_",
        "at least",
        "fidelity.pairs_across_keys",
    ),
    Figure(
        "two_sample",
        "how well a classifier tells real rows from synthetic ones",
        "fidelity_two_sample",
        "at most",
        "fidelity.two_sample",
    ),
    Figure(
        "membership_auc",
        "how well an attack tells who was learned from",
        "privacy_membership_auc",
        "at most",
        "privacy.membership_auc",
    ),
    Figure(
        "closer_share",
        "rows nearer to a learned row than to a held-out one",
        "privacy_closer_share",
        "at most",
        "privacy.closer_share",
    ),
    Figure(
        "identity_disclosure",
        "rows found by what is known of a person, beyond held-out rows",
        "privacy_identity",
        "at most",
        "privacy.identity",
    ),
    Figure(
        "attribute_disclosure",
        "values guessed from the rest of a row, beyond held-out rows",
        "privacy_attribute",
        "at most",
        "privacy.attribute",
    ),
    Figure(
        "near_copies",
        "rows that came out nearly as they are, beyond held-out rows",
        "privacy_near_copies",
        "at most",
        "privacy.near_copies",
    ),
    Figure(
        "copies_beyond_chance",
        "rare rows repeated more often than held-out rows are",
        "privacy_copies",
        "at most",
        "privacy.copies",
    ),
    Figure("canaries", "invented values planted into training that came out", "privacy_canaries", "none"),
    Figure("source_values", "source's values in replaced columns, beyond chance", "privacy_source_", "none"),
    Figure("orphans", "references to rows that are not there", "integrity_orphans_", "none"),
    Figure("duplicates", "values that occur twice in a key", "integrity_unique_", "none"),
    Figure("nulls_in_not_null", "missing values where there must be one", "integrity_not_null", "none"),
)


@dataclass(frozen=True)
class FigureLine:
    """One figure of one verdict.

    Attributes:
        value, wanted: In words.
        met, of: Checks that passed, and all that it sums up.
    """

    figure: Figure
    value: str
    wanted: str
    met: int
    of: int

    @property
    def name(self) -> str:
        return self.figure.name.replace("_", " ")


def figure_lines(verdict: "Verdict", gate: "Gate") -> list[FigureLine]:
    """The figures that there are: means, or sums of counts. A check allows for the noise of small tables."""
    lines = []
    for figure in FIGURES:
        if figure.name in verdict.figures:
            checks = [check for check in verdict.checks if check.name.startswith(figure.checks)]
            lines.append(
                FigureLine(
                    figure=figure,
                    value=told(figure, verdict.figures[figure.name], gate),
                    wanted=wanted(figure, gate),
                    met=sum(check.passed for check in checks),
                    of=len(checks),
                )
            )
    return lines


def told(figure: Figure, value: float, gate: "Gate | None" = None) -> str:
    """A figure's value in words, with enough decimals to be told from the limit of the gate that judged it."""
    if not figure.limit:
        return f"{value:,.0f}"
    return f"{value:.3f}" if gate is None else figure_text(value, _limit(figure, gate))


def wanted(figure: Figure, gate: "Gate") -> str:
    """The gate's limit in words."""
    return f"{figure.bound} {limit_text(_limit(figure, gate))}" if figure.limit else "none"


def _limit(figure: Figure, gate: "Gate") -> float:
    family, name = figure.limit.split(".")
    return float(getattr(getattr(gate, family), name))
