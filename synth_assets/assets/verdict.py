"""The verdict: one step that checks all synthetic rows, reports every check, and keeps the signed outcome."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from synth_assets.assets.checks import check_results, check_specs, gate_description, gate_key, shown, table_figures
from synth_assets.assets.dataset import PROFILE, SNAPSHOT, SYNTHETIC, VERDICT, Dataset
from synth_assets.assets.descriptions import verdict_text
from synth_assets.assets.failures import run_stage
from synth_assets.assets.metadata import outcome_metadata, pages
from synth_assets.assets.pictures import pictures
from synth_assets.assets.refreshing import open_refresh
from synth_assets.assets.renewal import resumed_refresh

if TYPE_CHECKING:
    from synth_assets.refresh import Outcome
    from synth_assets.store.verdict import Verdict


def verdict_step(dataset: Dataset) -> dg.AssetsDefinition:
    """The verdict of a dataset, with the checks of all its tables."""

    @dg.multi_asset(
        name=dataset.step(VERDICT),
        specs=[_spec(dataset)],
        check_specs=check_specs(dataset),
        required_resource_keys={dataset.resource},
        description=f"Every check of every table and key of {dataset.name}; signs what comes out.",
        # The checks are of the synthetic assets, though this step makes another one. Whoever materializes the verdict
        # alone, or without checks, selects a part of what this step reports; it always judges everything.
        can_subset=True,
        allow_arbitrary_check_specs=True,
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[Any]:
        def work() -> "tuple[Verdict, Outcome, dict[str, Any], dict[str, dict[str, Any]]]":
            refresh = resumed_refresh(context, dataset)
            verdict, outcome = refresh.judge()
            comparison = refresh.comparison
            seen = {name: pictures(comparison, verdict, name) if comparison else {} for name in dataset.published}
            return verdict, outcome, pages(refresh), seen

        verdict, outcome, to_read, seen = run_stage(VERDICT, work)
        context.log.info(f"{len(verdict.checks):,} checks in {outcome.seconds:.1f} s. {gate_description(verdict)}")
        for name in dataset.published:
            told = {**seen[name], **table_figures(verdict, name)}
            if told:
                context.log_event(dg.AssetObservation(dataset.key(SYNTHETIC, name), metadata={**to_read, **told}))
        if dataset.key(VERDICT) in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=dataset.key(VERDICT),
                metadata={**_metadata(verdict, to_read), **outcome_metadata(outcome)},
                data_version=dg.DataVersion(outcome.artifact.fingerprint),
            )
        yield from check_results(dataset, verdict, wanted=context.selected_asset_check_keys)
        # No later step reads the snapshot; after a failed verdict, a re-execution judges once more.
        if verdict.passed:
            run_stage(VERDICT, lambda: open_refresh(context, dataset).finish())
        if not verdict.passed and gate_key(dataset) not in context.selected_asset_check_keys:
            raise dg.Failure(description=gate_description(verdict), allow_retries=False)

    return step


def _metadata(verdict: "Verdict", to_read: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever signs the refresh off asks for, first things first."""
    real = "\n".join(f"- {line}" for line in verdict.let_through) or "None."
    return {
        "passed": verdict.passed,
        **to_read,
        "real_values_let_through": dg.MetadataValue.md(real),
        **{name: shown(figure) for name, figure in verdict.figures.items()},
        "rows_fingerprint": verdict.fingerprint,
    }


def _spec(dataset: Dataset) -> dg.AssetSpec:
    deps = [dataset.key(SYNTHETIC, name) for name in dataset.published]
    deps += [dataset.key(stage, name) for name in dataset.extracted for stage in (SNAPSHOT, PROFILE)]
    return dataset.spec(
        VERDICT,
        deps=deps,
        description=verdict_text(),
        metadata={"gate": dg.MetadataValue.json(dataset.plan.gate.model_dump(mode="json"))},
        kinds={"great_expectations"},
    )
