"""What is removed when a refresh ends: real rows at once, all else when it is old."""

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from synth_assets.failpoints import reached
from synth_assets.plan.resources import StoreSettings
from synth_assets.store.store import Artifact, Store
from synth_assets.synthesize.private.ledger import STAGE as LEDGER

SNAPSHOT = "snapshot"

# Half-written artifacts of a process that was killed: nobody has written to them for so long. A refresh that waits for
# another one takes it for one that hangs after that.
ABANDONED = timedelta(hours=6)


def remove_snapshots(store: Store, dataset: str) -> None:
    """Remove every snapshot, and what a process that was killed has written of one: only one refresh may be at work."""
    for artifact in store.artifacts(dataset, stage=SNAPSHOT):
        store.remove(artifact)
    store.remove_leftovers(dataset, older_than=timedelta(0), stage=SNAPSHOT)


def remove_old_artifacts(store: Store, dataset: str, settings: StoreSettings) -> None:
    """Remove snapshots beyond `keep_snapshots`, all else that is older than the last `keep_refreshes`, and leftovers.

    The privacy ledger is kept for ever.
    """
    # First, and alone: whatever is damaged elsewhere must not keep real rows.
    _remove_beyond(store, reversed(store.artifacts(dataset, stage=SNAPSHOT)), keep=settings.keep_snapshots)
    reached("finish.snapshots")
    others = [a for a in reversed(store.artifacts(dataset)) if a.key.stage not in (SNAPSHOT, LEDGER)]
    _remove_beyond(store, others, keep=settings.keep_refreshes)
    store.remove_leftovers(dataset, older_than=ABANDONED)


def _remove_beyond(store: Store, newest_first: Iterable[Artifact], *, keep: int) -> None:
    """Remove all but the first `keep` of each stage and table."""
    found: Counter[tuple[str, str | None]] = Counter()
    for artifact in newest_first:
        place = (artifact.key.stage, artifact.key.table)
        found[place] += 1
        if found[place] > keep and not _in_use(artifact, store):
            store.remove(artifact)


def _in_use(artifact: Artifact, store: Store) -> bool:
    """An old artifact that this refresh has reused is not old."""
    if artifact.key.stage == SNAPSHOT:
        return False
    latest = store.latest(artifact.key.dataset, artifact.key.stage, artifact.key.table)
    return latest is not None and latest.key == artifact.key


def remove_old_pages(folder: Path, *, keep: int) -> None:
    """Remove the Data Docs or reports of all refreshes but the last `keep`.

    Args:
        folder: Those of one dataset, a folder a refresh; it need not exist.
    """
    if folder.is_dir():
        refreshes = sorted(folder.iterdir(), key=lambda refresh: refresh.stat().st_mtime_ns, reverse=True)
        for old in refreshes[keep:]:
            shutil.rmtree(old)
