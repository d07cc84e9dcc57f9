"""What a refresh refuses, and how it says so."""

from collections.abc import Sequence

from synth_assets.errors import SynthAssetsError
from synth_assets.store.verdict import Verdict


class StageMissing(SynthAssetsError):
    """A stage was asked to run before the one that it builds on."""

    def __init__(self, dataset: str, stage: str, table: str | None) -> None:
        self.dataset = dataset
        self.stage = stage
        self.table = table
        of_table = f" of the table {table!r}" if table else ""
        gone = " Real rows are removed when a refresh ends, also when it fails." if stage == "snapshot" else ""
        super().__init__(
            f"The dataset {dataset!r} has no {stage}{of_table} in the store.{gone}",
            untouched="Nothing was changed.",
            next_step=f"Run the {stage} stage first, or the whole, which reuses what has not changed: "
            f"synth-assets refresh --dataset {dataset}, or its job in Dagster",
        )


class RowsReplaced(SynthAssetsError):
    """A refresh that would be published after another one has made newer rows."""

    def __init__(self, dataset: str, refresh: str, *, target: str) -> None:
        self.dataset = dataset
        self.refresh = refresh
        self.target = target
        super().__init__(
            f"The rows that the refresh {refresh} of {dataset!r} has judged are not the newest any more: a later "
            "refresh has made others.",
            untouched=f"The target {target} was not touched.",
            next_step=f"Look at `synth-assets status`: if {target} does not hold the later rows, go on with the "
            "refresh that made them, or refresh the dataset anew.",
        )


class NewColumnsHeld(SynthAssetsError):
    """The source has columns or tables that the catalog of the last plan does not know, and the plan says hold."""

    def __init__(self, dataset: str, changes: Sequence[str]) -> None:
        self.dataset = dataset
        self.changes = tuple(changes)
        super().__init__(
            f"The source of {dataset!r} has changed: {'; '.join(changes)}.",
            untouched="No row was read, and no target was touched.",
            next_step=f"Look at what becomes of them with `synth-assets plan --dataset {dataset}`; that accepts them.",
        )


class RealColumnsHeld(SynthAssetsError):
    """The source has columns that the plan lets through with their real values, but has never seen."""

    def __init__(self, dataset: str, changes: Sequence[str]) -> None:
        self.dataset = dataset
        self.changes = tuple(changes)
        super().__init__(
            f"The plan of {dataset!r} would let real values through of what it has not seen: {'; '.join(changes)}.",
            untouched="No row was read, and no target was touched.",
            next_step=(
                "Name a treatment for each in the plan, or give its table the mode synthetic. If they may be let "
                f"through, accept them with `synth-assets plan --dataset {dataset}`."
            ),
        )


class VerdictFailed(SynthAssetsError):
    """The synthetic rows did not pass; nothing was published."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        shown = [f"{c.table or 'dataset'}: {c.description} {c.remedy}".strip() for c in verdict.failures[:5]]
        more = len(verdict.failures) - len(shown)
        super().__init__(
            f"{len(verdict.failures)} checks of {verdict.dataset!r} failed. "
            + " | ".join(shown)
            + (f" | and {more} more" if more > 0 else ""),
            untouched="Nothing was published.",
            next_step="Follow the remedies, or lower the plan's `gate:` knowingly.",
        )


class PartlyPublished(SynthAssetsError):
    """One target could not be published to after others had been."""

    def __init__(self, target: str, done: Sequence[str], error: SynthAssetsError) -> None:
        self.target = target
        self.done = tuple(done)
        super().__init__(
            f"Publishing to {target!r} failed: {error.failed}",
            untouched=f"{error.untouched} Published before that, and whole: {', '.join(done)}.".strip(),
            next_step=error.next_step or f"Publish again: synth-assets refresh --target {target}",
        )


def require_passed(verdict: Verdict) -> None:
    """Raises VerdictFailed for a verdict that did not pass."""
    if not verdict.passed:
        raise VerdictFailed(verdict)
