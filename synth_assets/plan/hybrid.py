"""Hybrid tables: what the plan must say of them, and which columns keep their values in the real rows."""

from collections.abc import Iterator

from synth_assets.plan.personal import SURE_ENOUGH
from synth_assets.plan.resolved import ColumnDecision, Mode, Role, Treatment
from synth_assets.plan.safe import ColumnPlace, personal_finding
from synth_assets.plan.settings import TableSettings


def share_problems(settings: TableSettings) -> Iterator[tuple[str, str]]:
    """What is wrong with the share of real rows, with the remedy."""
    share = settings.real_share
    if settings.mode is not Mode.HYBRID:
        if share is not None:
            yield (
                f"`real_share` cannot go with the mode {settings.mode}",
                "Take `real_share` out, or give it the mode hybrid.",
            )
    elif share is None:
        yield "the mode hybrid needs the share of real rows", "Say it, such as real_share: 0.3."
    elif share * settings.scale > 1:
        yield (
            f"{share:g} of {settings.scale:g} times the rows are more real rows than the source has",
            f"Lower `real_share` to at most {1 / settings.scale:.3g}, or `scale`.",
        )


def in_real_rows(decision: ColumnDecision, place: ColumnPlace, *, named: bool, because: str | None) -> ColumnDecision:
    """The decision for a column of a hybrid table, with what becomes of it in the real rows.

    A learned column that the plan does not name keeps its real values there, unless it seems to be personal data; one
    that is named `learn`, or seems personal, is drawn anew in the real rows, too, so that it fits the rest of the row.
    Every other treatment is that of all rows.
    """
    if decision.treatment is not Treatment.LEARN or decision.role is not Role.VALUE:
        return decision
    finding, _ = personal_finding(place)
    drawn = named or (finding is not None and finding.confidence >= SURE_ENOUGH)
    # The label of a polymorphic key goes with the row that the real one refers to.
    if drawn and not decision.labels:
        return decision
    reason = f"{decision.reason.rstrip('.')}; the real rows keep their values."
    return decision.model_copy(update={"real_in_real_rows": True, "reason": reason, "because": because})
