"""A step that makes one stage of one or more tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.dataset import SYNTHETIC, Dataset
from synth_assets.assets.failures import run_stage
from synth_assets.assets.metadata import result

if TYPE_CHECKING:
    from synth_assets.refresh import Outcome

    Made = Sequence[tuple[str, Outcome, Mapping[str, Any]]]

# What a stage makes, where its name alone is no word for it.
_MADE = {SYNTHETIC: "synthetic rows"}


def stage_step(
    dataset: Dataset,
    stage: str,
    *,
    name: str,
    specs: Sequence[dg.AssetSpec],
    description: str,
    work: "Callable[[dg.AssetExecutionContext], Made]",
    pool: str | None = None,
) -> dg.AssetsDefinition:
    """A step whose assets are all materialized when its work is done, or none.

    Args:
        name: Of the step.
        specs: Of the assets that it makes, one a table.
        pool: What the step takes a place of, where the instance limits it.
        work: Returns each table with its outcome and what more its metadata tell.
    """

    @dg.multi_asset(
        name=name, specs=specs, required_resource_keys={dataset.resource}, description=description, pool=pool
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        for table, outcome, more in run_stage(stage, lambda: work(context)):
            context.log.info(_told(stage, table, outcome))
            yield result(dataset.key(stage, table), outcome, more)

    return step


def _told(stage: str, table: str, outcome: "Outcome") -> str:
    made = _MADE.get(stage, stage)
    if outcome.reused:
        return f"Reused the {made} of {table} that the refresh {outcome.artifact.refresh} made."
    rows = outcome.facts.get("rows")
    of_rows = f", {rows:,} rows" if isinstance(rows, int) else ""
    return f"Made the {made} of {table} in {outcome.seconds:.1f} s{of_rows}."
