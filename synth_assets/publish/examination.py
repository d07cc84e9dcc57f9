"""Whether a target takes a dataset: its tables compared with the source's, and all of it made there on trial."""

from collections.abc import Sequence
from dataclasses import dataclass

from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.altered import altered
from synth_assets.publish.finding import Finding
from synth_assets.publish.ledger import LedgerEntry
from synth_assets.publish.match import matched
from synth_assets.publish.protocol import Publisher
from synth_assets.publish.request import PublishRequest


@dataclass(frozen=True)
class Examination:
    """
    Attributes:
        request: For the tables that are to be made.
        findings: Why the target cannot take the dataset.
        notes: What differs from the source, a line each.
    """

    request: PublishRequest
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def examine_target(
    request: PublishRequest,
    publisher: Publisher,
    plan: TargetSettings,
    entry: LedgerEntry | None,
    *,
    on_trial: bool = True,
) -> Examination:
    """Look at the live tables, and try.

    Args:
        entry: Of the live refresh.
        on_trial: Whether the dataset's tables are made there on trial, for which the target must be locked.

    Raises:
        DatabaseFailed: The target's database refused to be asked, or went away.
    """
    findings: Sequence[Finding]
    notes: Sequence[str] = ()
    if plan.ddl == "match":
        request, match = matched(request, publisher.live_catalog(), plan)
        findings, notes = match.findings, match.notes
    else:
        published = publisher.published_shape(entry.shape) if entry else None
        live = publisher.live_catalog()
        findings = tuple(altered(request.catalog, live, published=published, target=plan.name))
    if on_trial and (not findings or plan.ddl == "create"):
        findings = [*findings, *publisher.preflight(request)]
    return Examination(request, tuple(findings), tuple(notes))
