"""How long readers wait while one refresh takes the place of another in PostgreSQL."""

import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

import psycopg

from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import rollback
from tests.extract.snapshots import Snapshots
from tests.publish.parts import Dataset, settings
from tests.publish.postgres_shop import connected
from tests.servers import PostgresServer

# For the server: every statement with its duration, after the seconds since 1970 and the number of its process.
LOG_SETTINGS = {"log_min_duration_statement": "0", "log_line_prefix": "%n %p "}
_STATEMENT = re.compile(r"^(\d+\.\d+) (\d+) LOG:  duration: \d+\.\d+ ms  statement: (LOCK TABLE|COMMIT)")
_JOIN = b"SELECT count(*), min(c.name) FROM sales s JOIN customers c ON c.id = s.customer WHERE s.id BETWEEN 5 AND 9"
_OPEN_SECONDS = 1.0


@dataclass(frozen=True)
class Span:
    """From and to, in seconds since 1970."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def meets(self, other: "Span") -> bool:
        return self.began <= other.ended and other.began <= self.ended


@dataclass(frozen=True)
class Swaps:
    """What was seen of some swaps.

    Attributes:
        held: Exclusive locks, from their grant to the end of the transaction, by the server's clock.
        changes: Each call that swaps, from its begin to its end.
        waits: Queries of a reader.
    """

    held: Sequence[Span]
    changes: Sequence[Span]
    waits: Sequence[Span]

    def lines(self) -> str:
        within = [w.seconds for w in self.waits if any(w.meets(change) for change in self.changes)]
        others = [w.seconds for w in self.waits if not any(w.meets(change) for change in self.changes)]
        return (
            f"  a swap with all that is around it {_of([change.seconds for change in self.changes])}\n"
            f"  exclusive locks held {_of([span.seconds for span in self.held])}\n"
            f"  a reader's query: in swaps {_of(within)}; between them {_of(others)}"
        )


def measure_swaps(server: PostgresServer, *, source: str, folder: Path, swaps: int) -> None:
    """Publish twice, then let the two refreshes change places under a reader, alone and beside a long transaction.

    Args:
        server: Started with LOG_SETTINGS.
        source: Its database with the tables `sales` and `customers`.
    """
    snapshots = Snapshots(folder)
    catalog = snapshots.catalog(source)
    tables = snapshots.rows(source, catalog=catalog)
    target = server.create_database()
    authorize("staging", settings(), target, {})
    for refresh in ("r1", "r2"):
        made = Dataset(catalog, tables, snapshots.store, refresh=refresh)
        made.judge()
        made.publish(target)

    def change() -> None:
        rollback(target="staging", database=settings(), url=target, sources={}, dataset=made.name)

    def change_beside_a_transaction() -> None:
        with psycopg.connect(target.replace("+psycopg", "")) as long:
            long.execute(_JOIN)
            end = threading.Timer(_OPEN_SECONDS, long.commit)
            end.start()
            change()
            end.join()

    rows = ", ".join(f"{table.rows:,}" for table in tables.values())
    print(f"{swaps} swaps of tables of {rows} rows, beside short joins of two of them")
    print(_watched(server, target, change, swaps).lines())
    print(f"the same, each beside a transaction that keeps its locks for {_OPEN_SECONDS:g} s")
    print(_watched(server, target, change_beside_a_transaction, swaps).lines())


def _watched(server: PostgresServer, target: str, change: Callable[[], None], swaps: int) -> Swaps:
    log = server.folder / "log"
    known = log.stat().st_size
    # A process of its own: readers do not wait for Python's lock on this one.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    is_over = context.Event()
    reader = context.Process(target=_read, args=(target, is_over, ours), daemon=True)
    reader.start()
    theirs.recv()
    changes = []
    for _ in range(swaps):
        began = time.time()
        change()
        changes.append(Span(began, time.time()))
        time.sleep(0.1)
    is_over.set()
    waits = theirs.recv()
    reader.join()
    with log.open() as lines:
        lines.seek(known)
        return Swaps(_held(lines), changes, waits)


def _read(url: str, is_over: Event, answers: Connection) -> None:
    waits = []
    with connected(url) as connection:
        connection.execute("SET log_min_duration_statement TO -1")
        connection.execute(_JOIN)
        answers.send("ready")
        while not is_over.is_set():
            asked = time.time()
            connection.execute(_JOIN).fetchall()
            waits.append(Span(asked, time.time()))
    answers.send(waits)


def _held(log: Iterable[str]) -> list[Span]:
    granted: dict[str, float] = {}
    held = []
    for line in log:
        found = _STATEMENT.match(line)
        if found is None:
            continue
        ended, process, statement = found.groups()
        if statement == "LOCK TABLE":
            granted[process] = float(ended)
        elif process in granted:
            held.append(Span(granted.pop(process), float(ended)))
    return held


def _of(seconds: Sequence[float]) -> str:
    return f"median {median(seconds) * 1000:.1f} ms, longest {max(seconds) * 1000:.0f} ms"
