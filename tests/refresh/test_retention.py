import os
from pathlib import Path

import pytest

from synth_assets.plan.resources import StoreSettings
from synth_assets.refresh.retention import remove_old_artifacts, remove_old_pages
from synth_assets.store.errors import ArtifactDamaged
from synth_assets.store.store import ArtifactKey, Store


def test_the_data_docs_of_the_last_refreshes_are_kept(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "second", "third")):
        folder = tmp_path / "shop" / name
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(name)
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    remove_old_pages(tmp_path / "shop", keep=2)
    assert sorted(folder.name for folder in (tmp_path / "shop").iterdir()) == ["newest", "second"]
    remove_old_pages(tmp_path / "other", keep=2)
    assert not (tmp_path / "other").exists()


def artifact(store: Store, stage: str, inputs: str) -> Path:
    """Make an artifact; returns the folder that it lies in."""
    with store.create(ArtifactKey("shop", stage, "orders", inputs), refresh=inputs) as draft:
        draft.folder.write_bytes("a", b"content")
    return Path(store.url.removeprefix("file://")) / "shop" / stage / "orders" / inputs


def test_old_artifacts_go_and_snapshots_go_at_once(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}", key=bytes(32))
    made = {stage: [artifact(store, stage, f"{n:02}") for n in range(4)] for stage in ("snapshot", "profile")}
    remove_old_artifacts(store, "shop", StoreSettings(keep_refreshes=2))
    assert not any(path.exists() for path in made["snapshot"])
    assert [path.exists() for path in made["profile"]] == [False, False, True, True]


def test_what_is_damaged_elsewhere_does_not_keep_real_rows(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}", key=bytes(32))
    snapshot, profile = artifact(store, "snapshot", "aa"), artifact(store, "profile", "bb")
    (profile / "manifest").write_bytes(b"damaged")
    with pytest.raises(ArtifactDamaged):
        remove_old_artifacts(store, "shop", StoreSettings())
    assert not snapshot.exists()
