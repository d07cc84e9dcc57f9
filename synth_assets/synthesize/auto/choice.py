"""Which candidate is taken, and the table of scores that says why."""

from collections.abc import Mapping, Sequence

from pydantic import Field, JsonValue

from synth_assets.catalog.model import Value
from synth_assets.plan.resolved import Engine, PrivacyGate
from synth_assets.synthesize.auto.options import AUTO, TREES, auto_options, candidates
from synth_assets.synthesize.auto.score import Score, score
from synth_assets.synthesize.auto.trial import NoTrial, trial_of
from synth_assets.synthesize.relational.table_training import FitInputs
from synth_assets.synthesize.sdv.errors import EngineFailed

# Differences of fidelity below this are ties.
TIE = 0.01
# Known to be faster, first. Measured seconds would make the choice depend on what else the machine does.
FASTEST_FIRST = ("rules", "trees", "gaussian_copula", "tvae", "ctgan", "copula_gan")
HEADER = (
    *("candidate", "fidelity", "shape", "trend", "two-sample"),
    *("membership", "nearer", "copies", "private", "seconds"),
)


class Line(Value):
    """One candidate in the table of scores.

    Attributes:
        score: None if it failed.
        within: No privacy figure is above the gate's threshold by more than its standard error.
        failure: What it failed of; None if it did not.
    """

    engine: Engine
    score: Score | None = None
    within: bool = False
    failure: str | None = None


class Choice(Value):
    """What was chosen, and why; JSON-able, without any value of a row."""

    chosen: Engine
    because: str = Field(description="One sentence for people.")
    training_rows: int = 0
    held_out_rows: int = 0
    lines: tuple[Line, ...] = ()

    @property
    def engine(self) -> str:
        """The chosen engine in words."""
        return in_words(self.chosen)

    def cells(self) -> list[tuple[str, ...]]:
        """The table of scores, a tuple of texts for every line, in the order of HEADER; the chosen one has an arrow."""
        return [_cells(line, chosen=line.engine == self.chosen) for line in self.lines]

    def markdown(self) -> str:
        """The table of scores in Markdown, the reason before it."""
        table = [HEADER, ("---",) * len(HEADER), *self.cells()]
        lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in table]
        return "\n".join([f"{self.because}", "", *lines]) if self.lines else self.because


def choice_in(facts: Mapping[str, JsonValue]) -> Choice | None:
    """The choice that the facts of a fitted table tell of; None if the plan named its engine."""
    return Choice.model_validate(facts[AUTO]) if AUTO in facts else None


def choices_in(facts: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, Choice]:
    """The choices that the facts of fitted tables tell of, by table."""
    found = {table: choice_in(of_table) for table, of_table in facts.items()}
    return {table: choice for table, choice in found.items() if choice}


def choose(table: str, inputs: FitInputs, *, seed: int) -> Choice:
    """Try all candidates for a table and take one; the same for the same snapshot, plan and seed.

    Raises:
        EngineFailed: Every candidate failed.
    """
    decision = inputs.plan.table(table)
    trial = trial_of(table, inputs, rows=auto_options(decision).rows, seed=seed)
    if isinstance(trial, NoTrial):
        return Choice(chosen=Engine(name=TREES), because=f"Trees are taken without a trial: {trial.because}.")
    gate = inputs.plan.gate.privacy
    lines: list[Line] = []
    failure: EngineFailed | None = None
    for engine in candidates(decision, rows=int(inputs.source.training(table).sum())):
        try:
            found = score(engine, trial, seed=seed)
        except EngineFailed as failed:
            failure = failed
            lines.append(Line(engine=engine, failure=failed.cause))
        else:
            lines.append(Line(engine=engine, score=found, within=found.privacy.excess(gate) <= 0))
    if failure and not any(line.score for line in lines):
        raise failure
    chosen, because = pick(lines, gate)
    return Choice(
        chosen=chosen,
        because=because,
        training_rows=trial.training.rows.height,
        held_out_rows=trial.held_out.rows.height,
        lines=tuple(lines),
    )


def pick(lines: Sequence[Line], gate: PrivacyGate) -> tuple[Engine, str]:
    """The engine to take, and why; at least one line has a score.

    Of the candidates whose privacy figures are within the gate's thresholds (see Privacy.excess), the one with the best
    fidelity less what it tells of training rows (see Score.value). Ties go to the engine that is known to be faster,
    then to the one named first. If no candidate is within, the one that exceeds a threshold least: the gate itself then
    judges its rows.
    """
    scored = [(line.engine, line.score) for line in lines if line.score]
    within = [(line.engine, line.score) for line in lines if line.score and line.within]
    if not within:
        engine, _ = min(scored, key=lambda one: one[1].privacy.excess(gate))
        return engine, f"No candidate keeps to the plan's privacy gate: {in_words(engine)} exceeds it least."
    best = max(found.value for _, found in within)
    tied = [engine for engine, found in within if found.value > best - TIE]
    engine = min(tied, key=lambda one: FASTEST_FIRST.index(one.name))
    if len(tied) == 1:
        return engine, f"{in_words(engine)} is best of those that keep to the plan's privacy gate."
    return engine, (
        f"Of those that keep to the plan's privacy gate, {len(tied)} tie within {TIE} of the best: "
        f"{in_words(engine)} is of the fastest kind, and named first."
    )


def in_words(engine: Engine) -> str:
    """An engine with its options: `trees, smallest_leaf 50`."""
    return ", ".join([engine.name, *(f"{name} {value}" for name, value in engine.options.items())])


def _cells(line: Line, *, chosen: bool) -> tuple[str, ...]:
    name = f"→ {in_words(line.engine)}" if chosen else in_words(line.engine)
    if line.score is None:
        return (name, f"failed: {line.failure}", *("" for _ in HEADER[2:]))
    fidelity, privacy = line.score.fidelity, line.score.privacy
    figures = (
        *(fidelity.value, fidelity.shape, fidelity.trend, fidelity.two_sample),
        *(privacy.membership_auc, privacy.closer_share, privacy.copies),
    )
    shown = ("" if figure is None else f"{figure:.4f}" for figure in figures)
    return (name, *shown, "yes" if line.within else "no", f"{line.score.seconds:.1f}")
