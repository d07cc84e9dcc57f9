"""The resource by which the steps of a run share one refresh, and by which people set its seed in the launchpad."""

from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, PrivateAttr

from synth_assets.assets.dataset import Dataset

if TYPE_CHECKING:
    from synth_assets.refresh import Progress, Refresh

_SENTENCES = {
    "snapshot": "Reading {}.",
    "profile": "Profiling {}.",
    "synthesizer": "Learning {}.",
    "synthetic": "Generating {}.",
    "verdict": "Checking {}.",
    "report": "Writing the report on {}.",
    "publication": "Publishing {}.",
}


class RefreshResource(dg.ConfigurableResource[None]):
    """One refresh of one dataset."""

    seed: int | None = Field(
        default=None,
        ge=0,
        description=(
            "Other rows of the same kind: the same snapshot, plan and seed give the same rows. "
            "The plan's own seed unless given."
        ),
    )
    _refreshes: "dict[tuple[str, str], Refresh]" = PrivateAttr(default_factory=dict)
    _log: "_StepLog | None" = PrivateAttr(default=None)

    def refresh(self, context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
        """The refresh that this step is a part of, named after the run that began it: a re-execution continues it.

        Raises:
            SynthAssetsError: What it needs from the environment is missing, the store's key for one.
        """
        from synth_assets.refresh import Refresh

        self._log = _StepLog(context)
        name = refresh_name(context)
        key = (dataset.name, name)
        if key not in self._refreshes:
            self._refreshes[key] = Refresh(
                dataset.project, dataset.name, refresh=name, seed=self.seed, progress=self._tell
            )
        return self._refreshes[key]

    def _tell(self, progress: "Progress") -> None:
        if self._log is not None:
            self._log.tell(progress)


class _StepLog:
    """Progress as sentences in a step's log, each once."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context
        self._told: set[str] = set()

    def tell(self, progress: "Progress") -> None:
        sentence = _SENTENCES.get(progress.stage, "At work on {}.").format(progress.table or "the whole dataset")
        if sentence not in self._told:
            self._told.add(sentence)
            self._context.log.info(sentence)


def refresh_name(context: dg.AssetExecutionContext) -> str:
    """The root run's id."""
    return context.run.root_run_id or context.run.run_id


def open_refresh(context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
    """The refresh of the dataset that this step is a part of; raises SynthAssetsError."""
    resource: RefreshResource = getattr(context.resources, dataset.resource)
    return resource.refresh(context, dataset)
