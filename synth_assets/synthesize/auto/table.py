"""Fitting one table with the engine that the plan names, or that `auto` chooses."""

from pydantic import JsonValue

from synth_assets.store.folder import Folder
from synth_assets.synthesize.auto.options import AUTO
from synth_assets.synthesize.relational.fit import TableFit
from synth_assets.synthesize.relational.table_training import FitInputs


def fit_table(table: str, inputs: FitInputs, *, seed: int, folder: Folder) -> dict[str, JsonValue]:
    """Fit a table, save its model, and tell figures about it (never values); those of the choice under `auto`.

    Raises:
        EngineFailed: An engine of SDV gave up; of auto, every candidate did.
    """
    if inputs.plan.table(table).synthesizer != AUTO:
        return {**TableFit(table, inputs, seed=seed).run(folder)}
    # Judging candidates takes libraries that a step with a named engine does without.
    from synth_assets.synthesize.auto.choice import choose

    choice = choose(table, inputs, seed=seed)
    facts = TableFit(table, inputs, seed=seed, engine=choice.chosen).run(folder)
    return {**facts, AUTO: choice.model_dump(mode="json")}
