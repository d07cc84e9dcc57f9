"""A whole refresh that is killed at every place of every stage before it publishes, and after."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from synth_assets.failpoints import FAILPOINTS
from tests.faults import refreshes
from tests.faults.injection import Injected

# A place in the store is passed by every artifact: those of the snapshot, of what is learned, of the verdict.
AGAIN = ("store.written@2", "store.written@9", "store.committed@2", "store.committed@9")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    refreshes.build(tmp_path)
    return tmp_path


def published(root: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{root}/staging.db?mode=ro", uri=True)
    try:
        return [
            *connection.execute("SELECT refresh FROM synth_assets_ledger ORDER BY id"),
            *connection.execute("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id"),
        ]
    finally:
        connection.close()


def drafts_and_snapshots(root: Path) -> list[str]:
    """Files of artifacts that no manifest names, files half written, and real rows."""
    found = []
    for path in (root / "store").rglob("*"):
        if path.name.endswith(".part") or ("/snapshot/" in str(path) and path.is_file() and path.name != "latest"):
            found.append(str(path))
        if path.is_dir() and len(path.name) == 16 and not (path.parent / "manifest").exists():
            found.append(str(path))
    return found


def test_a_refresh_is_killed_everywhere(root: Path, injected: Injected) -> None:
    """Each refresh finds what the one before it left, and comes farther; the target is as it was all the while."""
    reached = refreshes.refresh(root, "first")
    assert set(reached) == set(FAILPOINTS), "every failpoint is one that a refresh comes to"
    before = published(root)
    places = [place for place in FAILPOINTS if not place.startswith("publication.")]
    for number, place in enumerate((*places, *AGAIN), start=1):
        # With another seed nothing that is stored already serves; the checks are those of the first.
        seed = 0 if place.startswith(("verdict.", "finish.")) else number
        assert refreshes.refresh(root, f"killed{number}", fault=f"{place}=kill", seed=seed) is None, place
        injected.add("whole refresh", "kill -9", place)
        now = published(root)
        if place.startswith("finish."):
            assert now[0] == before[0] and len(now) > len(before), place
            before = now
        else:
            assert now == before, place
    last = refreshes.refresh(root, "last")
    assert isinstance(last, list), last
    assert ("last",) in published(root)
    assert drafts_and_snapshots(root) == []


def test_two_refreshes_at_once(root: Path, injected: Injected) -> None:
    """The second one skips, or waits, as the plan says."""
    for on_running, expected in (("skip", "DatasetBusy"), ("wait", "")):
        first: list[object] = []
        at_work = threading.Thread(
            target=lambda first=first, on_running=on_running: first.append(
                refreshes.refresh(root, f"first_{on_running}", fault="snapshot.read=sleep:4")
            )
        )
        at_work.start()
        _wait_for_lock(root)
        second = refreshes.refresh(root, f"second_{on_running}", plan=refreshes.PLAN | {"on_running": on_running})
        at_work.join()
        injected.add("whole refresh", "two refreshes", on_running)
        assert first == [[]], first
        if expected:
            assert second.startswith(expected), second
        else:
            assert isinstance(second, list), second
    assert [entry for entry in published(root) if len(entry) == 1] == [
        ("first_skip",),
        ("first_wait",),
        ("second_wait",),
    ]


def _wait_for_lock(root: Path) -> None:
    deadline = time.monotonic() + 120
    while not list((root / "store").glob("zoo/snapshot/*/*/*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
