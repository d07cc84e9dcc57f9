"""Refreshing some tables only: the others keep the rows of the last refresh, as far as their keys allow it."""

from collections.abc import Mapping, Sequence

from synth_assets.catalog.model import Catalog
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.nearest import hint
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.refresh.settling import SettlingStage
from synth_assets.store.verdict import dataset_fingerprint
from synth_assets.store.verdicts import STAGE as VERDICT
from synth_assets.store.verdicts import passing_verdict

_LEAVE_OUT = "leave `tables` out of the run's config."


class TablesRefused(SynthAssetsError):
    """Some tables cannot be refreshed without others."""

    def __init__(self, dataset: str, tables: Sequence[str], reason: str, *, next_step: str) -> None:
        self.dataset = dataset
        self.tables = tuple(tables)
        self.reason = reason
        named = f"The table{'s' if len(tables) > 1 else ''} {', '.join(tables)}"
        super().__init__(
            f"{named} of {dataset!r} cannot be refreshed alone: {reason}{'' if reason.endswith('?') else '.'}",
            untouched="No row was read, and no target was touched.",
            next_step=next_step,
        )


def refuse_torn_keys(plan: ResolvedPlan, chosen: Sequence[str], *, learned_as_a_whole: bool) -> None:
    """Nothing if no table that keeps its rows refers to one that gets new ones.

    Raises:
        TablesRefused: One does, a table is not published, or all tables are one model.
    """
    published = [table.name for table in plan.published]
    unknown = [name for name in chosen if name not in published]
    if unknown:
        reason = f"no published table is named {unknown[0]!r}{hint(unknown[0], published)}"
        raise TablesRefused(plan.dataset, chosen, reason, next_step="Correct `tables` in the run's config.")
    if learned_as_a_whole:
        raise TablesRefused(
            plan.dataset,
            chosen,
            "the synthesizer hma learns all tables as one",
            next_step=f"Refresh all tables: {_LEAVE_OUT}",
        )
    missing = _referring(plan, chosen)
    if missing:
        child, parent = next(iter(missing.items()))
        raise TablesRefused(
            plan.dataset,
            chosen,
            f"{child} refers to {parent}, whose keys are made anew",
            next_step=f"Choose these, too: {', '.join(sorted(missing))}.",
        )


def _referring(plan: ResolvedPlan, chosen: Sequence[str]) -> Mapping[str, str]:
    """The tables that must get new rows, too, each with one that it refers to."""
    missing: dict[str, str] = {}
    new = list(chosen)
    for parent in new:
        for child, keys in plan.foreign_keys.items():
            if child not in new and any(key.parent == parent for key in keys):
                missing[child] = parent
                new.append(child)
    return missing


def refuse_unjudged_rows(refresh: SettlingStage, chosen: Sequence[str], *, now: Catalog) -> None:
    """Nothing if the rows of the last refresh, of which some are kept, have passed, and the schema is what it was.

    Without that, rows that have failed could pass at the side of others: they would be compared with rows that they
    were not held apart from.

    Args:
        now: The source's catalog.

    Raises:
        TablesRefused: They have not, or it is not.
    """
    if refresh.store.latest(refresh.dataset, VERDICT, None) is None:
        reason = "the rows of the other tables have never been checked"
    elif refresh.catalog.fingerprint != now.fingerprint:
        reason = "the schema of the source has changed since the last refresh"
    elif not _have_passed(refresh):
        reason = "the rows that the other tables would keep have no passing verdict"
    else:
        return
    raise TablesRefused(refresh.dataset, chosen, reason, next_step=f"Refresh all tables once: {_LEAVE_OUT}")


def _have_passed(refresh: SettlingStage) -> bool:
    # By the plan itself: another scale would look for other rows.
    last = SettlingStage(refresh.project, refresh.dataset, refresh=refresh.refresh, store=refresh.store)
    fingerprint = dataset_fingerprint({name: rows.fingerprint for name, rows in last.synthetic_rows.items()})
    return passing_verdict(refresh.store, dataset=refresh.dataset, fingerprint=fingerprint) is not None
