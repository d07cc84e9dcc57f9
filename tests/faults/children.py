"""Publishing in processes of their own, which may be killed and frozen; forked from one that has done nothing yet."""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from synth_assets import failpoints
from synth_assets.catalog.model import Catalog
from synth_assets.errors import SynthAssetsError
from synth_assets.publish import postgres_swap, server
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.tables import ROWS_FILE, TableRows
from tests.publish.parts import Dataset

KEY = bytes(32)
SECONDS = 120.0
# What every child of a publication or of a refresh imports. Beside these modules the server of forks has nothing: no
# thread, no connection, no pool of polars.
_PRELOADED = (
    "faker",
    "great_expectations",
    "numba",
    "scipy.stats",
    "sklearn.ensemble",
    "synth_assets.extract.sqlite",
    "synth_assets.profile.dependencies",
    "synth_assets.publish.duckdb",
    "duckdb_engine",
    "synth_assets.profile.profile",
    "synth_assets.synthesize.auto.table",
    "synth_assets.synthesize.relational.fit",
    "synth_assets.synthesize.relational.generate",
    "synth_assets.validate.judge",
    "tests.faults.children",
    "tests.faults.refreshes",
    "tests.plain_dialect",
)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([*_PRELOADED])


@dataclass(frozen=True)
class Order:
    """One publication that a child is to make.

    Attributes:
        number: Of the rows to publish, which are in the store.
        refresh: The name to publish them under.
        fault: An instruction for a failpoint.
        file_bytes: The longest file that the child may write.
        options: Of `publish`.
    """

    store: str
    catalog: Catalog
    url: str
    number: int
    refresh: str
    fault: str | None = None
    file_bytes: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """How a child ended.

    Attributes:
        published: It said that the rows are live.
        error: The name of its error.
        killed: It was ended by a signal.
    """

    published: bool = False
    already_live: bool = False
    attempts: int = 0
    error: str = ""
    message: str = ""
    killed: bool = False


def forked(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a process of its own; None if that was killed."""
    receiver, process = _begun(function, *arguments)
    return _answer(receiver, process)


class Child:
    """A child at work."""

    def __init__(self, order: Order) -> None:
        self._receiver, self.process = _begun(_publish, order)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def ending(self, *, seconds: float = SECONDS) -> Ending:
        """Wait for its end."""
        found: Ending | None = _answer(self._receiver, self.process, seconds=seconds)
        return found or Ending(killed=True)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.process.join()
        self._receiver.close()


def run(order: Order) -> Ending:
    return Child(order).ending()


def keep(store: str, catalog: Catalog, frames: Mapping[str, Any], number: int) -> None:
    """Put rows and a passing verdict on them into the store."""
    opened = Store(store, key=KEY)
    for table, frame in frames.items():
        with opened.create(ArtifactKey("shop", "synthetic", table, f"{number:02d}"), refresh=f"rows{number}") as draft:
            draft.folder.write_frame(ROWS_FILE, frame)
            draft.facts.update(rows=frame.height, formats={})
    kept(store, catalog, number, refresh=f"rows{number}").judge()


def kept(store: str, catalog: Catalog, number: int, *, refresh: str) -> Dataset:
    """What `keep` has put there."""
    opened = Store(store, key=KEY)
    tables = {}
    for name in catalog.table_names:
        artifact = opened.find(ArtifactKey("shop", "synthetic", name, f"{number:02d}"))
        assert artifact is not None
        tables[name] = TableRows(artifact)
    return Dataset(catalog, tables, opened, refresh=refresh)


def _publish(order: Order) -> Ending:
    postgres_swap.IDLE_TIMEOUT = "1s"
    server.SETTLE_SECONDS = 10.0
    dataset = kept(order.store, order.catalog, order.number, refresh=order.refresh)
    if order.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.file_bytes, order.file_bytes))
    listener = failpoints.injector(order.fault) if order.fault else lambda _: None
    try:
        with failpoints.listening(listener):
            publication = dataset.publish(order.url, **order.options)
        return Ending(published=True, already_live=publication.already_live, attempts=publication.attempts)
    except SynthAssetsError as error:
        return Ending(error=type(error).__name__, message=str(error))


def _begun(function: Callable[..., Any], *arguments: Any) -> tuple[Connection, ForkServerProcess]:
    receiver, sender = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_send, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    return receiver, process


def _send(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send(function(*arguments))


def _answer(receiver: Connection, process: ForkServerProcess, *, seconds: float = SECONDS) -> Any:
    assert receiver.poll(seconds), "the child hangs"
    try:
        return receiver.recv()
    except EOFError:
        # A failure of its own prints its traceback, and is no kill.
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"the child ended with {process.exitcode}"
        return None
    finally:
        process.join()
        receiver.close()
