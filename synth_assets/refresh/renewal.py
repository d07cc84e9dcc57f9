"""Real rows anew for a refresh that goes on: those of its first try are removed when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from synth_assets.refresh.inputs import RefreshInputs
from synth_assets.refresh.retention import ABANDONED, SNAPSHOT
from synth_assets.store.store import ArtifactKey

# Stands in the store from before the new snapshot is taken until all that the first try had made fits it: a process
# that was killed in between has left rows, models and profiles of two snapshots.
_STAGE = "renewal"


class RenewalStage(RefreshInputs):
    """What a refresh needs of its source once more."""

    @property
    def has_snapshot(self) -> bool:
        """Whether the real rows of this refresh are in the store, and what was made of them is made of these."""
        if self.store.find(self._renewal) is not None:
            return False
        found = (self.store.latest(self.dataset, SNAPSHOT, name) for name in self._extracted)
        return all(artifact is not None and artifact.refresh == self.refresh for artifact in found)

    @contextmanager
    def renewing(self) -> Iterator[bool]:
        """Gives whether the snapshot is gone; the block then takes it and makes anew what the first try had made of it.

        Other steps of the same refresh wait meanwhile, and find it done. A store without locks cannot keep them
        waiting, and nothing is renewed there. After an exception in the block, the snapshot counts as gone again.

        Raises:
            DatasetBusy: Another refresh of the dataset has been at work for hours.
        """
        with self.store.refreshing(self.dataset, patience=ABANDONED.total_seconds()):
            self._forget()
            if self.has_snapshot or not self.store.has_locks:
                yield False
                return
            with self._make(_STAGE, None, self._renewal.inputs) as draft:
                pass
            yield True
            self.store.remove(draft.artifact)

    @property
    def _renewal(self) -> ArtifactKey:
        return ArtifactKey(self.dataset, _STAGE, None, self.refresh)
