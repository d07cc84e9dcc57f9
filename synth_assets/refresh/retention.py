"""What is removed when a refresh ends: real rows at once, all else when it is old."""

import shutil
from pathlib import Path

from synth_assets.plan.resources import StoreSettings
from synth_assets.store.store import Artifact, Store
from synth_assets.synthesize.private.ledger import STAGE as LEDGER


def remove_old_artifacts(store: Store, dataset: str, settings: StoreSettings) -> None:
    """Remove snapshots beyond `keep_snapshots`, and all else that is older than the last `keep_refreshes`.

    The privacy ledger is kept for ever.
    """
    newest: dict[tuple[str, str | None], int] = {}
    for artifact in reversed(store.artifacts(dataset)):
        if artifact.key.stage == LEDGER:
            continue
        place = (artifact.key.stage, artifact.key.table)
        newest[place] = newest.get(place, 0) + 1
        kept = settings.keep_snapshots if artifact.key.stage == "snapshot" else settings.keep_refreshes
        if newest[place] > kept and not _in_use(artifact, store):
            store.remove(artifact)


def _in_use(artifact: Artifact, store: Store) -> bool:
    """An old artifact that this refresh has reused is not old."""
    if artifact.key.stage == "snapshot":
        return False
    latest = store.latest(artifact.key.dataset, artifact.key.stage, artifact.key.table)
    return latest is not None and latest.key == artifact.key


def remove_old_data_docs(folder: Path, *, keep: int) -> None:
    """Remove the Data Docs of all refreshes but the last `keep`.

    Args:
        folder: Those of one dataset, a folder a refresh; it need not exist.
    """
    if folder.is_dir():
        refreshes = sorted(folder.iterdir(), key=lambda refresh: refresh.stat().st_mtime_ns, reverse=True)
        for old in refreshes[keep:]:
            shutil.rmtree(old)
