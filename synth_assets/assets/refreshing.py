"""The resource by which the steps of a run share one refresh, and what people set of it in the launchpad."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, PrivateAttr

from synth_assets.assets.dataset import Dataset, refresh_resource
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.nearest import hint

if TYPE_CHECKING:
    from synth_assets.refresh import Progress, Refresh

_SENTENCES = {
    "snapshot": "Reading {}.",
    "profile": "Profiling {}.",
    "synthesizer": "Learning {}.",
    "synthetic": "Generating {}.",
    "verdict": "Checking {}.",
    "expectations": "Checking the values of {}.",
    "comparison": "Comparing {} with the source.",
    "report": "Writing the report on {}.",
    "publication": "Publishing into {}.",
    "loading": "Loading {} beside the live tables.",
}
# Between two sentences on one table.
_SECONDS_BETWEEN = 10
_LARGEST_SCALE = 1000


class UnknownTarget(SynthAssetsError):
    """A run that is to be published into what is no target of the dataset."""

    def __init__(self, dataset: str, target: str, known: tuple[str, ...]) -> None:
        self.dataset = dataset
        self.target = target
        self.known = known
        super().__init__(
            f"{target!r} is not a target of {dataset!r}{hint(target, known)}",
            untouched="No row was read, and no target was touched.",
            next_step=f"Launch the run again with `targets` out of {', '.join(known)}, or without.",
        )


class NumberRefused(SynthAssetsError):
    """A run whose config names a number that no refresh can go by."""

    def __init__(self, setting: str, value: float, wanted: str) -> None:
        self.setting = setting
        self.value = value
        super().__init__(
            f"`{setting}` in the run's config is {value}; {wanted}.",
            untouched="No row was read, and no target was touched.",
            next_step=f"Launch the run again with another `{setting}`, or without.",
        )


class RefreshResource(dg.ConfigurableResource[None]):
    """One refresh of one dataset."""

    seed: int | None = Field(
        default=None,
        description=(
            "Other rows of the same kind: the same snapshot, plan and seed give the same rows. 0 or more. "
            "The plan's own seed unless given."
        ),
    )
    scale: float = Field(
        default=1.0,
        description=(
            "As many times the rows that the plan asks for, in every table that is generated. More than 0, at most "
            f"{_LARGEST_SCALE:,}."
        ),
    )
    tables: list[str] = Field(
        default=[],
        description=(
            "Only these tables get new rows, the others keep those of the last refresh; all tables unless named. "
            "Tables that refer to one of them must be named, too. The whole dataset is checked and published."
        ),
    )
    targets: list[str] = Field(
        default=[], description="Publish into these targets only; into all targets of the dataset unless named."
    )
    dry_run: bool = Field(default=False, description="Do and check everything, but publish nothing.")
    _refreshes: "dict[tuple[str, str], Refresh]" = PrivateAttr(default_factory=dict)
    _log: "_StepLog | None" = PrivateAttr(default=None)

    def refresh(self, context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
        """The refresh that this step is a part of, named after the run that began it: a re-execution continues it.

        Raises:
            UnknownTarget: The run's config names one.
            NumberRefused: Its seed or its scale cannot be.
            SynthAssetsError: What it needs from the environment is missing, the store's key for one.
        """
        from synth_assets.refresh import Refresh

        self._refuse_numbers()
        known = dataset.settings.target_names
        for target in self.targets:
            if target not in known:
                raise UnknownTarget(dataset.name, target, known)

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

    def _refuse_numbers(self) -> None:
        # Not as constraints of the fields: the launchpad does not know these, and no step could say what to do.
        if self.seed is not None and self.seed < 0:
            raise NumberRefused("seed", self.seed, "it is a whole number of 0 or more")
        if not 0 < self.scale <= _LARGEST_SCALE:
            raise NumberRefused("scale", self.scale, f"it is more than 0 and at most {_LARGEST_SCALE:,}")

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


def why_not_published(context: dg.AssetExecutionContext, dataset: Dataset, target: str) -> str | None:
    """Why the run's config lets nothing be published into a target; None if it does not."""
    resource: RefreshResource = getattr(context.resources, dataset.resource)
    if resource.dry_run:
        return "this is a dry run"
    if resource.targets and target not in resource.targets:
        return f"this run is for {', '.join(resource.targets)} only"
    return None


def resource_config(dataset: Dataset, *, targets: Sequence[str]) -> dict[str, Any]:
    """The config of a run that is published into these targets only."""
    return {"resources": {dataset.resource: {"config": {"targets": list(targets)}}}}


def chosen_targets(run: dg.DagsterRun, dataset: str) -> tuple[str, ...]:
    """The targets that a run's config names; none for a run that is for all of them."""
    place: Any = run.run_config
    for step in ("resources", refresh_resource(dataset), "config", "targets"):
        place = place.get(step) if isinstance(place, dict) else None
    return tuple(place) if isinstance(place, list) else ()


def open_refresh(context: dg.AssetExecutionContext, dataset: Dataset) -> "Refresh":
    """The refresh of the dataset that this step is a part of; raises SynthAssetsError."""
    resource: RefreshResource = getattr(context.resources, dataset.resource)
    return resource.refresh(context, dataset)
