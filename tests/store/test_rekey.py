"""Another key for a store: interrupted anywhere, started again, and all that must stay stays."""

import hashlib
import os
from pathlib import Path

import pytest

from synth_assets.plan.private_settings import Budget, PrivatePromise
from synth_assets.refresh import Refresh
from synth_assets.store.encryption import key_id
from synth_assets.store.errors import IdentityMissing, RekeyRefused, RekeyStopped, RekeyUnfinished, StoreKeyMismatch
from synth_assets.store.files import LocalFiles
from synth_assets.store.key import read_store_key
from synth_assets.store.rekey import Rekeyed, rekey
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.verdict import Verdict
from synth_assets.store.verdicts import passing_verdict, save_verdict, sign_verdict
from synth_assets.synthesize.private.ledger import PrivacyLedger
from tests.assets.projects import DATASET, KEY, make_project

OLD, NEW, THIRD = bytes(range(32)), bytes(range(100, 132)), bytes(32)
LONG, SHORT = b"0123456789abcdef" * 150_000, b"short"  # three chunks, and one
BUDGET, PROMISE = Budget(epsilon=3.0, delta=1e-6), PrivatePromise(epsilon=1.0, delta=1e-7)


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/store" if request.param == "file" else f"memory://rekey-{tmp_path.name}"


@pytest.fixture
def local(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store"


def fill(url: str) -> Store:
    """Two datasets: artifacts with nested folders, a signed verdict, an entry of the privacy ledger."""
    store = Store(url, key=OLD)
    for dataset in ("shop", "bank"):
        for table in ("orders", "Order Details", None):
            with store.create(ArtifactKey(dataset, "snapshot", table, "aa"), refresh="r1") as draft:
                draft.folder.write_bytes("a", LONG if table == "orders" and dataset == "shop" else SHORT)
                draft.folder.folder("inner").folder("most").write_json("b", [1, None])
                draft.facts["rows"] = 3
    verdict = Verdict(dataset="shop", refresh="r1", fingerprint="f", passed=True, checks=(), figures={})
    save_verdict(store, sign_verdict(store, verdict))
    PrivacyLedger(store, "shop").spend("orders", PROMISE, budget=BUDGET, refresh="r1")
    return store


def told(store: Store) -> dict[ArtifactKey, tuple[object, ...]]:
    """All that an artifact tells and holds."""
    return {
        a.key: (a.fingerprint, a.created, a.refresh, dict(a.facts), hashlib.sha256(a.folder.read_bytes("a")).digest())
        for dataset in ("shop", "bank")
        for a in store.artifacts(dataset, stage="snapshot")
    }


def keys_on_disk(url: str) -> set[bytes]:
    """Which keys wrote the files that lie in the store."""
    root = Path(url.removeprefix("file://"))
    return {path.read_bytes()[5:13] for path in root.rglob("[!.]*") if path.is_file()}


def test_all_that_must_stay_stays(url: str) -> None:
    before = fill(url)
    kept = told(before), before.sign(b"x"), before.derive_key("pseudonyms"), PrivacyLedger(before, "shop").entries()
    assert len(kept[0]) == 6
    assert rekey(url, old=OLD, new=NEW) == Rekeyed(renewed=8, before=0)
    after = Store(url, key=NEW)
    assert (
        told(after),
        after.sign(b"x"),
        after.derive_key("pseudonyms"),
        PrivacyLedger(after, "shop").entries(),
    ) == kept
    verdict = passing_verdict(after, dataset="shop", fingerprint="f")
    assert verdict is not None and verdict.passed
    latest = after.latest("bank", "snapshot", "Order Details")
    assert latest is not None
    assert latest.folder.folder("inner").folder("most").read_json("b") == [1, None]
    with pytest.raises(StoreKeyMismatch):
        Store(url, key=OLD).artifacts("shop")


def test_no_file_needs_the_old_key_any_more(local: str) -> None:
    store = fill(local)
    store.create(ArtifactKey("shop", "profile", "orders", "bb"), refresh="r2").__enter__().folder.write_bytes("a", b"x")
    pointer = Path(local[7:]) / "shop" / "snapshot" / "orders" / "latest"
    pointer.with_name(".0123456789abcdef.part").write_bytes(pointer.read_bytes())  # of a process that was killed
    (Path(local[7:]) / ".0123456789abcdef.part").write_bytes(pointer.read_bytes())
    assert keys_on_disk(local) == {key_id(OLD)}
    rekey(local, old=OLD, new=NEW)
    assert keys_on_disk(local) == {key_id(NEW)}
    assert {oct(p.stat().st_mode & 0o777) for p in Path(local[7:]).rglob("*")} == {"0o600", "0o700"}


class _Stop(BaseException):
    """What ends a process where it stands: no handler of errors sees it."""


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 20, 24, 30])
def test_it_may_be_interrupted_anywhere_and_started_again(local: str, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    before = told(fill(local))
    writing, removing = LocalFiles.writing, LocalFiles.remove_folder
    written = 0

    def until(self: LocalFiles, path: str) -> object:
        nonlocal written
        written += 1
        if written > at:
            raise _Stop
        return writing(self, path)

    def nothing(self: LocalFiles, path: str) -> None:
        """A killed process does not clean up."""

    with monkeypatch.context() as killed:
        killed.setattr(LocalFiles, "writing", until)
        killed.setattr(LocalFiles, "remove_folder", nothing)
        with pytest.raises(_Stop):
            rekey(local, old=OLD, new=NEW)
    assert LocalFiles.remove_folder is removing
    done = rekey(local, old=OLD, new=NEW)
    assert done.renewed + done.before == 8
    assert told(Store(local, key=NEW)) == before
    assert keys_on_disk(local) == {key_id(NEW)}


def test_a_store_whose_key_is_half_changed_is_read_by_no_one(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(local)

    def stop(_: int) -> None:
        raise _Stop

    with pytest.raises(_Stop):
        rekey(local, old=OLD, new=NEW, progress=stop)
    for key, refused in ((OLD, StoreKeyMismatch), (NEW, RekeyUnfinished)):
        store = Store(local, key=key)
        with (
            pytest.raises(refused, match="rekey"),
            store.create(ArtifactKey("new", "profile", None, "cc"), refresh="r"),
        ):
            pass
        with pytest.raises(refused, match="rekey"):
            store.sign(b"x")
        with pytest.raises(StoreKeyMismatch, match="rekey"):
            PrivacyLedger(store, "shop").spend("orders", PROMISE, budget=BUDGET, refresh="r2")


def test_what_is_refused(local: str) -> None:
    with pytest.raises(RekeyRefused, match="no store"):
        rekey(local, old=OLD, new=NEW)
    fill(local)
    before = keys_on_disk(local)
    with pytest.raises(RekeyRefused, match="is the old one"):
        rekey(local, old=OLD, new=OLD)
    with pytest.raises(RekeyRefused, match="neither"):
        rekey(local, old=THIRD, new=NEW)
    assert keys_on_disk(local) == before


def test_a_refresh_at_work_and_a_change_of_the_key_exclude_each_other(local: str) -> None:
    store = fill(local)
    key, refused = ArtifactKey("shop", "profile", None, "cc"), []
    for at_work in (store.in_use(), store.create(key, refresh="r2")):
        with at_work, pytest.raises(RekeyRefused, match=r"at work in the store.*Wait until it has ended"):
            rekey(local, old=OLD, new=NEW)
    assert store.find(key) is not None

    def begin(_: int) -> None:
        for work in (lambda: store.in_use().__enter__(), lambda: rekey(local, old=OLD, new=NEW)):
            with pytest.raises((RekeyUnfinished, RekeyRefused)) as caught:
                work()
            refused.append(caught.type)

    rekey(local, old=OLD, new=NEW, progress=begin)
    assert set(refused) == {RekeyUnfinished, RekeyRefused}
    # A refresh that had begun before finds another key when it goes on.
    with pytest.raises(StoreKeyMismatch, match="rekey"), store.create(key, refresh="r2"):
        pass


def test_a_refresh_is_at_work_from_its_beginning_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_STORE_KEY", KEY)
    project = make_project(tmp_path / "project")
    refresh = Refresh(project, DATASET, refresh="r1")

    def look(_: Refresh) -> None:
        with pytest.raises(RekeyRefused, match="at work"):
            rekey(refresh.store.url, old=read_store_key(project.resources.store, os.environ), new=NEW)
        raise _Stop

    monkeypatch.setattr(Refresh, "profile", look)
    with pytest.raises(_Stop):
        refresh.run([])


@pytest.mark.parametrize("damage", ["altered", "truncated", "removed"])
def test_a_damaged_artifact_is_not_blessed(local: str, damage: str) -> None:
    fill(local)
    (file,) = (Path(local[7:]) / "shop" / "snapshot" / "orders" / "aa").rglob("a")
    content = bytearray(file.read_bytes())
    if damage == "removed":
        file.unlink()
    else:
        content[2_000_000] ^= 1
        file.write_bytes(content if damage == "altered" else content[:-20])
    with pytest.raises(RekeyStopped, match="snapshot/orders/aa") as stopped:
        rekey(local, old=OLD, new=NEW)
    assert "rekey" in stopped.value.next_step
    for path in sorted((Path(local[7:]) / "shop" / "snapshot" / "orders" / "aa").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    rekey(local, old=OLD, new=NEW)
    assert len(told(Store(local, key=NEW))) == 5


def test_a_lost_identity_is_not_made_anew(local: str) -> None:
    fill(local)
    (Path(local[7:]) / "store-identity").unlink()
    with pytest.raises(IdentityMissing, match="store-identity"):
        Store(local, key=OLD).sign(b"x")
