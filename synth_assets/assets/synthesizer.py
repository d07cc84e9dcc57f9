"""The synthesizers: one step a table."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.concurrency import TRAINING_POOL
from synth_assets.assets.dataset import PROFILE, SNAPSHOT, SYNTHESIZER, Dataset
from synth_assets.assets.descriptions import synthesizer_text
from synth_assets.assets.metadata import COLUMN_SCHEMA, TABLE_NAME, column_schema, dependencies
from synth_assets.assets.renewal import resumed_refresh
from synth_assets.assets.stage_step import stage_step

if TYPE_CHECKING:
    from synth_assets.assets.stage_step import Made
    from synth_assets.refresh import Outcome


def synthesizer_steps(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """One step for every published table."""
    return [_step(dataset, name) for name in dataset.published]


def _step(dataset: Dataset, name: str) -> dg.AssetsDefinition:
    decision = dataset.decision(name)

    def work(context: dg.AssetExecutionContext) -> "Made":
        refresh = resumed_refresh(context, dataset)
        outcome = refresh.fit([name])[name]
        columns = {COLUMN_SCHEMA: column_schema(refresh.catalog.table(name), refresh.plan.table(name))}
        kept = dependencies(outcome.facts.get("dependencies"), name="kept_dependencies")
        promise = {"promise": decision.private.text} if decision.private else {}
        said = {"mode": decision.mode.value, **_engine(decision.synthesizer, outcome), **promise, **kept}
        return [(name, outcome, {**columns, **said})]

    return stage_step(
        dataset,
        SYNTHESIZER,
        name=dataset.step(SYNTHESIZER, name),
        specs=[_spec(dataset, name)],
        description=f"Learns {name}, and how its rows hang together with those of its parents.",
        work=work,
        pool=TRAINING_POOL,
    )


def _engine(named: str, outcome: "Outcome") -> dict[str, Any]:
    """The engine that learned the table; where auto chose it, with the table of scores."""
    from synth_assets.synthesize.auto.choice import choice_in

    choice = choice_in(outcome.facts)
    if choice is None:
        return {"engine": named}
    return {"engine": f"{named}: {choice.engine}", "candidates": dg.MetadataValue.md(choice.markdown())}


def _spec(dataset: Dataset, name: str) -> dg.AssetSpec:
    decision = dataset.decision(name)
    tables = tuple(table for table in (name, *dataset.parents[name]) if table in dataset.extracted)
    # What becomes of a table without rows is decided with the profiles of all others.
    tables = tables or dataset.extracted
    return dataset.spec(
        SYNTHESIZER,
        name,
        deps=[dataset.key(stage, table) for table in tables for stage in (SNAPSHOT, PROFILE)],
        description=synthesizer_text(decision),
        metadata={TABLE_NAME: name, "mode": decision.mode.value, "engine": decision.synthesizer},
        kinds={decision.synthesizer},
    )
