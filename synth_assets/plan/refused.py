"""Why a plan cannot be carried out: everything that is wrong with it, each with its remedy."""

from collections.abc import Sequence
from dataclasses import dataclass

from synth_assets.errors import SynthAssetsError


@dataclass(frozen=True)
class PlanProblem:
    """One thing that is wrong.

    Attributes:
        table, column: Where; None for the whole dataset or table.
        remedy: What to do about it, a whole sentence.
    """

    table: str | None
    column: str | None
    message: str
    remedy: str

    def __str__(self) -> str:
        where = ".".join(part for part in (self.table, self.column) if part)
        end = "" if self.message.endswith("?") else "."
        return f"{where + ': ' if where else ''}{self.message}{end} {self.remedy}"


class PlanRefused(SynthAssetsError):
    """A plan that does not go with its source's catalog; `problems` holds all that was found."""

    def __init__(self, dataset: str, problems: Sequence[PlanProblem]) -> None:
        self.dataset = dataset
        self.problems = tuple(problems)
        found = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            f"The plan of the dataset {dataset!r} cannot be carried out:\n{found}\n",
            untouched="Nothing was generated or published, and no target was touched.",
            next_step=f"Change the plan as said: plans/{dataset}.yaml, or the attributes of its component.",
        )


@dataclass
class Problems:
    """What was found wrong so far."""

    found: list[PlanProblem]

    def add(self, message: str, *, table: str | None = None, column: str | None = None, remedy: str) -> None:
        self.found.append(PlanProblem(table, column, message, remedy))
