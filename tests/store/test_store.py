"""Artifacts: complete or not there, authentic or refused, private on disk."""

import multiprocessing
import resource
import secrets
import stat
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from synth_assets.store.digest import digest
from synth_assets.store.errors import (
    ArtifactDamaged,
    ArtifactMissing,
    StoreKeyMismatch,
    StoreKeyRefused,
    StoreUnavailable,
)
from synth_assets.store.records import Records
from synth_assets.store.store import Artifact, ArtifactKey, Store

KEY = bytes(range(32))
SECRET = "Grace Hopper, 7 Navy Yard"


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    url = f"file://{tmp_path}/store" if request.param == "file" else f"memory://{tmp_path.name}"
    return Store(url, key=KEY)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store", key=KEY)


def key(table: str | None = "orders", inputs: str = "aa", stage: str = "snapshot") -> ArtifactKey:
    return ArtifactKey("shop", stage, table, inputs)


def make(store: Store, artifact_key: ArtifactKey, text: str = SECRET, refresh: str = "r1") -> Artifact:
    with store.create(artifact_key, refresh=refresh) as draft:
        draft.folder.write_bytes("a", text.encode())
        draft.folder.folder("inner").write_json("b", {"rows": [1, None, "x"]})
        draft.facts["rows"] = 3
    return draft.artifact


def stored_files(tmp_path: Path, name: str = "*") -> list[Path]:
    return sorted(p for p in (tmp_path / "store").rglob(name) if p.is_file())


def test_an_artifact_comes_back(store: Store) -> None:
    made = make(store, key())
    found = store.find(key())
    assert found is not None
    assert (found.key, found.fingerprint, found.refresh, dict(found.facts)) == (
        key(),
        made.fingerprint,
        "r1",
        {"rows": 3},
    )
    assert found.folder.read_bytes("a").decode() == SECRET
    assert found.folder.folder("inner").read_json("b") == {"rows": [1, None, "x"]}
    assert found.folder.names() == ["a"]
    assert found.folder.folder_names() == ["inner"]
    assert found.folder.exists("a")
    assert not found.folder.exists("b")
    with pytest.raises(ArtifactMissing):
        found.folder.read_bytes("b")
    assert store.find(key(inputs="bb")) is None


@pytest.mark.parametrize(
    "name",
    [
        "Order Details",
        "a/b",
        "..",
        ".",
        "~dataset",
        "%2F",
        'quote"d',
        "ÄÖ 表" * 30,
        "latest",
        "manifest",
        "CON",
        "a\n",
        "",
    ],
)
def test_any_identifier_is_a_table(store: Store, name: str) -> None:
    make(store, key(table=name), text="named")
    make(store, key(table=None), text="whole dataset")
    found = store.latest("shop", "snapshot", name)
    assert found is not None
    assert found.key.table == name
    assert found.folder.read_bytes("a") == b"named"
    assert {a.key.table for a in store.artifacts("shop")} == {name, None}


def test_names_that_differ_in_case_only_stay_apart_on_any_file_system(local: Store, tmp_path: Path) -> None:
    make(local, key(table="Orders"))
    make(local, key(table="orders"))
    make(local, key(table="ORDERS"))
    places = [p.name.lower() for p in (tmp_path / "store" / "shop" / "snapshot").iterdir()]
    assert len(set(places)) == 3


def test_an_exception_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="stop"), store.create(key(), refresh="r1") as draft:
        draft.folder.write_bytes("a", b"x")
        raise RuntimeError("stop")
    assert store.find(key()) is None
    assert store.latest("shop", "snapshot", "orders") is None
    assert store.artifacts("shop") == []
    with pytest.raises(RuntimeError):
        _ = draft.artifact


def test_an_exception_keeps_the_artifact_before(store: Store) -> None:
    make(store, key(), text="before")
    with pytest.raises(RuntimeError), store.create(key(), refresh="r2") as draft:
        draft.folder.write_bytes("a", b"after")
        raise RuntimeError
    found = store.find(key())
    assert found is not None
    assert found.folder.read_bytes("a") == b"before"


def test_a_file_whose_writing_fails_is_not_there(local: Store, tmp_path: Path) -> None:
    with local.create(key(), refresh="r1") as draft:
        with pytest.raises(ZeroDivisionError), draft.folder.frame_writer("f", pl.Schema({"a": pl.Int64()})) as writer:
            writer.write(pl.DataFrame({"a": [1]}))
            _ = 1 / 0
        draft.folder.write_bytes("a", b"x")
    assert draft.artifact.folder.names() == ["a"]
    assert stored_files(tmp_path, "*.part") == []


def test_latest_follows_create_use_and_remove(store: Store) -> None:
    first = make(store, key(inputs="aa"))
    second = make(store, key(inputs="bb"))
    assert [a.key.inputs for a in store.artifacts("shop", stage="snapshot")] == ["aa", "bb"]
    store.use(first)
    latest = store.latest("shop", "snapshot", "orders")
    assert latest is not None
    assert latest.key.inputs == "aa"
    store.remove(second)
    assert store.latest("shop", "snapshot", "orders") is not None
    store.remove(first)
    assert store.latest("shop", "snapshot", "orders") is None
    assert store.artifacts("shop") == []


def test_the_fingerprint_is_that_of_the_content_only(store: Store) -> None:
    one = make(store, key(table="a"), refresh="r1")
    same = make(store, key(table="b"), refresh="r2")
    other = make(store, key(table="c"), text=SECRET + ".")
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_replacing_an_artifact_removes_the_files_before(local: Store, tmp_path: Path) -> None:
    make(local, key())
    before = len(stored_files(tmp_path))
    make(local, key(), text="again")
    assert len(stored_files(tmp_path)) == before


def test_only_the_owner_may_read_and_nothing_is_in_the_clear(local: Store, tmp_path: Path) -> None:
    make(local, key())
    for path in [tmp_path / "store", *(tmp_path / "store").rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    for file in stored_files(tmp_path):
        assert b"Hopper" not in file.read_bytes()
        assert b"rows" not in file.read_bytes()


def test_an_altered_manifest_is_refused(local: Store, tmp_path: Path) -> None:
    make(local, key())
    [manifest] = stored_files(tmp_path, "manifest")
    content = bytearray(manifest.read_bytes())
    content[-1] ^= 1
    manifest.write_bytes(content)
    with pytest.raises(ArtifactDamaged):
        local.find(key())
    assert make(local, key()).folder.read_bytes("a").decode() == SECRET


def test_a_manifest_of_another_artifact_is_refused(local: Store, tmp_path: Path) -> None:
    make(local, key(table="a"))
    make(local, key(table="b"))
    one, other = stored_files(tmp_path, "manifest")
    other.write_bytes(one.read_bytes())
    with pytest.raises(ArtifactDamaged):
        local.find(key(table="b"))


def test_swapped_files_of_one_artifact_are_refused(local: Store) -> None:
    with local.create(key(), refresh="r1") as draft:
        draft.folder.write_bytes("a", b"one")
        draft.folder.write_bytes("b", b"two")
    root = Path(local.url.removeprefix("file://"))
    [one] = root.rglob("a")
    [two] = root.rglob("b")
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    found = local.find(key())
    assert found is not None
    with pytest.raises(ArtifactDamaged):
        found.folder.read_bytes("a")


def test_an_earlier_writing_of_the_same_file_is_refused(local: Store) -> None:
    with local.create(key(), refresh="r1") as draft:
        draft.folder.write_bytes("a", b"old")
        [file] = Path(local.url.removeprefix("file://")).rglob("a")
        old = file.read_bytes()
        draft.folder.write_bytes("a", b"new")
    assert draft.artifact.folder.read_bytes("a") == b"new"
    file.write_bytes(old)
    with pytest.raises(ArtifactDamaged):
        draft.artifact.folder.read_bytes("a")


def test_a_truncated_file_is_refused_and_a_missing_one_means_incomplete(local: Store) -> None:
    make(local, key())
    [file] = Path(local.url.removeprefix("file://")).rglob("a")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ArtifactDamaged):
        local.find(key())
    file.unlink()
    assert local.find(key()) is None


def test_another_key_is_told_apart_from_damage(local: Store) -> None:
    make(local, key())
    with pytest.raises(StoreKeyMismatch):
        Store(local.url, key=bytes(32)).find(key())
    with pytest.raises(StoreKeyRefused):
        Store(local.url, key=b"short")


def test_an_artifact_cannot_be_written(store: Store) -> None:
    made = make(store, key())
    with pytest.raises(OSError, match="complete"):
        made.folder.write_bytes("a", b"x")


def test_a_full_disk_leaves_no_half_of_an_artifact(local: Store, tmp_path: Path) -> None:
    """Files may not grow beyond a limit: what is written beyond it fails as on a full disk."""
    make(local, key(), text="old")
    before = stored_files(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 2**10, hard))
    try:
        with pytest.raises(StoreUnavailable, match="too large"):
            make(local, key(), text=secrets.token_hex(2**20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert stored_files(tmp_path) == before
    kept = local.find(key())
    assert kept is not None and kept.folder.read_bytes("a") == b"old"


def test_an_artifact_that_is_replaced_while_it_is_read_is_the_new_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store, key(), text="old")
    read = Records.read

    def replaced_after(self: Records, path: str) -> dict[str, object]:
        content = read(self, path)
        monkeypatch.setattr(Records, "read", read)
        make(store, key(), text="new")
        return content

    monkeypatch.setattr(Records, "read", replaced_after)
    found = store.find(key())
    assert found is not None
    assert found.folder.read_bytes("a") == b"new"


def _make_many(url: str, name: str) -> None:
    store = Store(url, key=KEY)
    for i in range(10):
        make(store, key(table="same"), text=f"{name}{i}" * 1000)
        make(store, key(table=name, inputs=f"{i:02}"))


def test_two_processes_at_once(local: Store) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_make_many, args=(local.url, name)) for name in ("one", "two")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    found = local.find(key(table="same"))
    assert found is not None
    assert found.folder.read_bytes("a").decode() in {"one9" * 1000, "two9" * 1000}
    assert len(local.artifacts("shop")) == 21


def test_leftovers_of_killed_processes_are_removed(local: Store, tmp_path: Path) -> None:
    made = make(local, key())
    draft = local.create(key(), refresh="r2")
    draft.__enter__().folder.write_bytes("a", b"left behind")
    assert len(stored_files(tmp_path, "a")) == 2
    assert local.remove_leftovers("shop", older_than=timedelta(hours=1)) == 0
    assert local.remove_leftovers("shop", older_than=timedelta(seconds=-5)) == 1
    assert len(stored_files(tmp_path, "a")) == 1
    assert made.folder.read_bytes("a").decode() == SECRET


def test_signatures_and_derived_keys(store: Store) -> None:
    signature = store.sign(b"content")
    assert store.is_signed(b"content", signature)
    assert not store.is_signed(b"other", signature)
    assert not store.is_signed(b"content", "é")
    assert len(store.derive_key("pseudonyms")) == 32
    assert store.derive_key("pseudonyms") != store.derive_key("other")
    assert repr(KEY) not in repr(store)


def test_digests_are_stable_and_tell_types_apart() -> None:
    assert digest({"a": 1, "b": [True, None]}, "x") == digest({"b": [True, None], "a": 1}, "x")
    assert len({digest("1"), digest(1), digest(b"1"), digest("1", ""), digest(["1"]), digest(True), digest(1.0)}) == 7
    assert digest("a", "b") != digest("ab", "")
