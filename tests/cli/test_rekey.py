"""`synth-assets rekey`."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synth_assets.cli import main
from synth_assets.store.key import parse_key
from synth_assets.store.store import ArtifactKey, Store

OLD, NEW = "the old passphrase of the store", "the new passphrase of the store"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("plans", "resources"):
        (tmp_path / name).mkdir()
    (tmp_path / "new.key").write_text(NEW + "\n")
    (tmp_path / "resources" / "local.yaml").write_text("store: {key: {command: [cat, new.key]}}\n")
    with Store(f"file://{tmp_path}/.synth", key=parse_key(OLD)).create(
        ArtifactKey("shop", "profile", "orders", "aa"), refresh="r1"
    ) as draft:
        draft.folder.write_bytes("a", b"content")
    return tmp_path


def run(project: Path, old: str | None) -> Result:
    return CliRunner().invoke(main, ["rekey", "--project", str(project)], env={"SYNTH_STORE_KEY_OLD": old})


def test_the_store_opens_with_the_new_key_only(project: Path) -> None:
    done = run(project, OLD)
    assert done.exit_code == 0, done.output
    assert "1 artifacts are encrypted by the new key." in done.output
    found = Store(f"file://{project}/.synth", key=parse_key(NEW)).latest("shop", "profile", "orders")
    assert found is not None and found.folder.read_bytes("a") == b"content"
    assert "0 artifacts are encrypted by the new key, 1 were before." in run(project, OLD).output


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (None, "SYNTH_STORE_KEY_OLD"),
        (NEW, "the new key is the old one"),
        (OLD + "r", "neither the new key nor the old"),
    ],
)
def test_what_is_refused(project: Path, old: str | None, said: str) -> None:
    refused = run(project, old)
    assert refused.exit_code == 1
    assert said in " ".join(refused.output.split())
    assert "passphrase" not in refused.output
    assert Store(f"file://{project}/.synth", key=parse_key(OLD)).latest("shop", "profile", "orders") is not None
