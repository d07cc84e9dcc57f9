"""A store folder to save to."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from synth_assets.store.folder import Folder
from synth_assets.store.store import ArtifactKey, Store

KEY = bytes(range(32))


class Savable(Protocol):
    def save(self, folder: Folder) -> None: ...


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Savable], Folder]:
    """Saves something into an artifact and gives the artifact's folder."""
    store = Store(f"file://{tmp_path}/store", key=KEY)

    def save(model: Savable) -> Folder:
        with store.create(ArtifactKey("d", "synthesizer", "t", "00"), refresh="r") as draft:
            model.save(draft.folder)
        return draft.artifact.folder

    return save
