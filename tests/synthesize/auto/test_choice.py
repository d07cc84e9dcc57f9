"""Which candidate is picked of scored ones, and how the scores are shown."""

import pytest

from synth_assets.plan.resolved import Engine, PrivacyGate
from synth_assets.synthesize.auto.choice import HEADER, Choice, Line, pick
from synth_assets.synthesize.auto.score import Fidelity, Privacy, Score, score
from tests.synthesize.auto.trials import made_trial

GATE = PrivacyGate()
TREES, MEMORISING, INDEPENDENT = (
    Engine(name="trees"),
    Engine(name="trees", options={"smallest_leaf": 2}),
    Engine(name="rules"),
)


@pytest.fixture(scope="module")
def lines() -> dict[str, Line]:
    """An honest candidate, one that keeps rows in mind, and one that knows nothing of how columns go together."""
    trial = made_trial()
    found = {}
    for name, engine in {"trees": TREES, "memorising": MEMORISING, "independent": INDEPENDENT}.items():
        scored = score(engine, trial, seed=0)
        found[name] = Line(engine=engine, score=scored, within=scored.privacy.excess(GATE) <= 0)
    return found


def line(
    engine: Engine, fidelity: float, *, membership: float = 0.5, copies: float = 0.0, gate: PrivacyGate = GATE
) -> Line:
    """A line whose figures are all made up."""
    privacy = Privacy(
        membership_auc=membership,
        membership_error=0.01,
        closer_share=None,
        closer_error=None,
        copies=copies,
        copies_bound=copies,
    )
    scored = Score(
        engine=engine,
        fidelity=Fidelity(shape=fidelity, trend=fidelity, two_sample=1 - fidelity / 2),
        privacy=privacy,
        seconds=1.0,
    )
    return Line(engine=engine, score=scored, within=privacy.excess(gate) <= 0)


def fidelity(one: Line) -> float:
    assert one.score is not None
    return one.score.fidelity.value


def test_trees_are_picked_over_columns_by_themselves(lines: dict[str, Line]) -> None:
    engine, because = pick([lines["independent"], lines["trees"]], GATE)
    assert engine == TREES
    assert because == "trees is best of those that keep to the plan's privacy gate."


def test_a_candidate_that_keeps_rows_in_mind_is_not_picked_although_as_close(lines: dict[str, Line]) -> None:
    assert fidelity(lines["memorising"]) > fidelity(lines["trees"]) - 0.01
    assert fidelity(lines["trees"]) > fidelity(lines["independent"]) + 0.01
    assert [one.within for one in lines.values()] == [True, False, True]
    engine, _ = pick(list(lines.values()), GATE)
    assert engine == TREES


def test_a_lenient_gate_lets_what_tells_of_training_rows_in_at_its_price() -> None:
    lenient = PrivacyGate(membership_auc=1.0, closer_share=1.0, copies=1.0)
    telling = line(MEMORISING, 0.95, membership=0.6, gate=lenient)
    assert telling.within
    assert pick([line(TREES, 0.90, gate=lenient), telling], lenient)[0] == TREES
    assert pick([line(TREES, 0.80, gate=lenient), telling], lenient)[0] == MEMORISING


def test_ties_go_to_the_faster_engine_and_then_to_the_first_named() -> None:
    copula, larger = Engine(name="gaussian_copula"), Engine(name="trees", options={"smallest_leaf": 200})
    tied = [line(copula, 0.905), line(larger, 0.899), line(TREES, 0.90)]
    engine, because = pick(tied, GATE)
    assert engine == larger
    assert "3 tie within 0.01 of the best" in because
    assert pick([line(copula, 0.92), *tied[1:]], GATE)[0] == copula


def test_if_none_is_private_enough_the_least_excess_is_taken_and_said() -> None:
    engine, because = pick([line(TREES, 0.99, membership=0.7), line(INDEPENDENT, 0.5, copies=0.02)], GATE)
    assert engine == INDEPENDENT
    assert because == "No candidate keeps to the plan's privacy gate: rules exceeds it least."


def test_the_scores_of_a_trial_are_the_same_every_time() -> None:
    trial = made_trial(training=900, held_out=120)
    first, second = (score(TREES, trial, seed=3) for _ in range(2))
    assert first.model_copy(update={"seconds": 0.0}) == second.model_copy(update={"seconds": 0.0})
    assert score(TREES, trial, seed=4).fidelity != first.fidelity


def test_the_table_of_scores_shows_every_candidate(lines: dict[str, Line]) -> None:
    failed = Line(engine=Engine(name="ctgan", options={"epochs": 1}), failure="ValueError")
    chosen, because = pick(list(lines.values()), GATE)
    choice = Choice(chosen=chosen, because=because, lines=(*lines.values(), failed))
    assert Choice.model_validate(choice.model_dump(mode="json")) == choice
    cells = choice.cells()
    assert [row[0] for row in cells] == ["→ trees", "trees, smallest_leaf 2", "rules", "ctgan, epochs 1"]
    assert [row[8] for row in cells] == ["yes", "no", "yes", ""]
    assert cells[0][1] == f"{fidelity(lines['trees']):.4f}"
    assert cells[3][1] == "failed: ValueError"
    assert {len(row) for row in cells} == {len(HEADER)}
    markdown = choice.markdown().splitlines()
    assert markdown[0] == because
    assert markdown[4] == f"| {' | '.join(cells[0])} |"
