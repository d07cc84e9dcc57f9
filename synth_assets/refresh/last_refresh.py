"""What the last refresh knew: the source's catalog, and what became of every column."""

from synth_assets.catalog.drift import ChangeKind, Drift, compare
from synth_assets.catalog.model import Catalog, Value
from synth_assets.plan.decided import Decided, decided
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, ResolvedPlan, TableDecision
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.refresh.errors import NewColumnsHeld, RealColumnsHeld
from synth_assets.store.digest import digest
from synth_assets.store.store import Artifact, ArtifactKey, Store

STAGE = "plan"
_FILE = "decided.json"
_MAY_BRING_OTHER_VALUES = (ChangeKind.COLUMN_ADDED, ChangeKind.TYPE)


class LastRefresh(Value):
    """As of the last refresh of a dataset whose rows were profiled."""

    refresh: str
    catalog: Catalog
    decided: Decided


def keep_decisions(store: Store, plan: ResolvedPlan, catalog: Catalog, *, refresh: str) -> None:
    """Keep what a refresh has decided."""
    kept = LastRefresh(refresh=refresh, catalog=catalog, decided=decided(plan, catalog))
    with store.create(ArtifactKey(plan.dataset, STAGE, None, digest(refresh)), refresh=refresh) as draft:
        draft.folder.write_json(_FILE, kept.model_dump(mode="json"))


def last_refresh(store: Store, dataset: str) -> LastRefresh | None:
    """The last refresh's; None before the first."""
    artifact = store.latest(dataset, STAGE, None)
    return None if artifact is None else _read(artifact)


def refresh_before(store: Store, dataset: str, *, refresh: str) -> LastRefresh | None:
    """The newest kept one of another refresh; None if there is none."""
    others = [artifact for artifact in store.artifacts(dataset, stage=STAGE) if artifact.refresh != refresh]
    return _read(others[-1]) if others else None


def _read(artifact: Artifact) -> LastRefresh:
    return LastRefresh.model_validate(artifact.folder.read_json(_FILE))


def hold_what_is_not_planned(
    project: Project, settings: DatasetSettings, plan: ResolvedPlan, *, now: Catalog, last: LastRefresh | None
) -> None:
    """Nothing if the source is as it was planned for, or all that is new gets a treatment that lets nothing through.

    Planned for is the catalog that `synth-assets plan` has shown and kept, or that of the last refresh if none is kept.

    Raises:
        NewColumnsHeld: The plan says hold, and the source has changed.
        RealColumnsHeld: The source has a column that the plan would let through as it is, without ever having seen it.
    """
    known = project.saved_catalog(settings.dataset) or (last.catalog if last else None)
    drift = Drift() if known is None else compare(known, now)
    if drift and settings.on_new_column == "hold":
        raise NewColumnsHeld(settings.dataset, [change.message for change in drift.changes])
    real = {
        (table.name, column.name)
        for table in plan.published
        for column in table.columns
        if column.lets_real_values_through or _may_be_kept(table, column)
    }
    held = [c.message for c in drift.changes if c.kind in _MAY_BRING_OTHER_VALUES and (c.table, c.column) in real]
    if held:
        raise RealColumnsHeld(settings.dataset, held)


def _may_be_kept(table: TableDecision, column: ColumnDecision) -> bool:
    """Whether the profile may decide to keep a column, as it does in a table whose real rows are changed in part."""
    return table.mode in (Mode.PARTIAL, Mode.HYBRID) and column.decided_by is not DecidedBy.PLAN
