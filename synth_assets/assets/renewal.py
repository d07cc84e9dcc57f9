"""How a re-executed run goes on whose real rows are gone, because its first try failed while it learned."""

from typing import TYPE_CHECKING

import dagster as dg

from synth_assets.assets.dataset import SYNTHESIZER, SYNTHETIC, Dataset
from synth_assets.assets.refreshing import open_refresh
from synth_assets.assets.snapshot import take_snapshot

if TYPE_CHECKING:
    from synth_assets.refresh import Refresh


def resumed_refresh(context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
    """The refresh that this step is a part of, with its real rows: a re-execution reads them again where they are gone.

    What the first try has made of them is then made again too where rows have changed since, so that all comes from one
    snapshot; what they have not changed is reused. Raises SynthAssetsError.
    """
    refresh = open_refresh(context, dataset)
    if context.run.parent_run_id is None or refresh.has_snapshot:
        return refresh
    with refresh.renewing() as gone:
        if gone:
            _renew(context, dataset, refresh)
    return refresh


def _renew(context: dg.AssetExecutionContext, dataset: Dataset, refresh: "Refresh") -> None:
    context.log.warning(
        "The real rows of the first try were removed when it failed. All tables are read again; what it has made of "
        "tables that have not changed since is reused."
    )
    steps = frozenset(context.run.step_keys_to_execute or ())
    take_snapshot(context, dataset, refresh)
    refresh.profile()
    refresh.fit([name for name in dataset.published if dataset.step(SYNTHESIZER, name) not in steps])
    for group in dataset.groups:
        if dataset.step(SYNTHETIC, sorted(group)[0]) not in steps:
            refresh.generate(group)
