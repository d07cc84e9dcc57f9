"""One server for all processes of a test run."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.servers.process import AnyServer


@contextlib.contextmanager
def shared(meeting_place: Path, kind: type[AnyServer], start: Callable[..., AnyServer]) -> Iterator[AnyServer]:
    """One server for all processes that meet in this folder; the last one to leave stops it."""
    meeting_place.mkdir(parents=True, exist_ok=True)
    state = meeting_place / f"{kind.__name__}.json"
    lock = state.with_suffix(".lock")
    with _locked(lock):
        known = json.loads(state.read_text()) if state.exists() else None
        if known is None:
            # Workers come and go; their parent, pytest-xdist's controller, lives to the end.
            made = start(owner=os.getppid())
            known = {"users": 0, "server": vars(made) | {"folder": str(made.folder)}}
        known["users"] += 1
        state.write_text(json.dumps(known))
    server = kind(**(known["server"] | {"folder": Path(known["server"]["folder"])}))
    try:
        yield server
    finally:
        with _locked(lock):
            known = json.loads(state.read_text())
            known["users"] -= 1
            if known["users"]:
                state.write_text(json.dumps(known))
            else:
                state.unlink()
                server.stop()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
