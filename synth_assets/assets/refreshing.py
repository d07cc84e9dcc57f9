"""The resource by which the steps of a run share one refresh, and what people set of it in the launchpad."""

import time
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
# Between two sentences on one table.
_SECONDS_BETWEEN = 10


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
    scale: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description="As many times the rows that the plan asks for, in every table that is generated.",
    )
    tables: list[str] = Field(
        default=[],
        description=(
            "Only these tables get new rows, the others keep those of the last refresh; all tables unless named. "
            "Tables that refer to one of them must be named, too. The whole dataset is checked and published."
        ),
    )
    dry_run: bool = Field(default=False, description="Do and check everything, but publish nothing.")
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
                dataset.project,
                dataset.name,
                refresh=name,
                seed=self.seed,
                scale=self.scale,
                tables=self.tables,
                progress=self._tell,
            )
        return self._refreshes[key]

    def _tell(self, progress: "Progress") -> None:
        if self._log is not None:
            self._log.tell(progress)


class _StepLog:
    """Progress as sentences in a step's log, of one table not more often than people read them."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context
        self._told: dict[tuple[str, str | None], float] = {}

    def tell(self, progress: "Progress") -> None:
        place, now = (progress.stage, progress.table), time.monotonic()
        if now - self._told.get(place, -_SECONDS_BETWEEN) >= _SECONDS_BETWEEN:
            self._told[place] = now
            self._context.log.info(_sentence(progress))


def _sentence(progress: "Progress") -> str:
    sentence = _SENTENCES.get(progress.stage, "At work on {}.").format(progress.table or "the whole dataset")
    if progress.total > 1:
        return f"{sentence[:-1]}, {progress.done + 1} of {progress.total}."
    return f"{sentence[:-1]}, {progress.done:,} rows so far." if progress.done else sentence


def refresh_name(context: dg.AssetExecutionContext) -> str:
    """The root run's id."""
    return context.run.root_run_id or context.run.run_id


def is_dry_run(context: dg.AssetExecutionContext, dataset: Dataset) -> bool:
    """Whether the run's config says that nothing is to be published."""
    resource: RefreshResource = getattr(context.resources, dataset.resource)
    return resource.dry_run


def open_refresh(context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
    """The refresh of the dataset that this step is a part of; raises SynthAssetsError."""
    resource: RefreshResource = getattr(context.resources, dataset.resource)
    return resource.refresh(context, dataset)
