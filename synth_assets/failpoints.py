"""Named places in a refresh at which tests and drills let it fail. Nothing happens unless one is named.

    SYNTH_ASSETS_FAILPOINT="publication.swap.moved=kill" synth-assets refresh --dataset shop

`raise` fails with an InjectedFailure, `kill` ends the process as `kill -9` does, `freeze` stops it as `kill -STOP`
does, `sleep:SECONDS` goes on later. `publication.stage.table@2=kill` means the second time that the place is reached.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from synth_assets.errors import SynthAssetsError

VARIABLE = "SYNTH_ASSETS_FAILPOINT"

# In the order in which a refresh reaches them. Every name says what is done by then.
Failpoint = Literal[
    "snapshot.begun",
    "snapshot.source.held",  # every table is readable as of one instant
    "snapshot.rows",  # a batch of rows is in a draft
    "snapshot.read",  # all tables are in drafts, none of which counts
    "snapshot.held_out",
    "snapshot.done",
    "profile.begun",
    "profile.table",
    "synthesizer.begun",
    "synthesizer.table",
    "synthetic.begun",
    "synthetic.drawn",  # the rows of a group of tables are in memory
    "synthetic.table",
    "verdict.begun",
    "verdict.judged",  # and not kept yet
    "verdict.kept",
    "store.written",  # the files of an artifact are written, and nothing tells of them
    "store.committed",  # the artifact counts, and is not yet the latest
    "publication.begun",
    "publication.connected",
    "publication.guarded",
    "publication.locked",
    "publication.cleaned",
    "publication.checked",  # preflight
    "publication.stage.begun",  # there is a place for the new tables
    "publication.stage.rows",  # a batch of rows is sent
    "publication.stage.table",
    "publication.stage.keys",
    "publication.stage.done",
    "publication.audited",
    "publication.suites",  # what big tables are expected to be was asked of the target
    "publication.swap.begun",  # all that can be prepared is, locks are held where the database has them
    "publication.swap.moved",  # before the ledger's entry is written
    "publication.swap.entered",  # before the commit
    "publication.swap.committed",  # the new tables are live
    "publication.swap.done",  # what they replaced is kept or gone
    "publication.done",
    "finish.begun",
    "finish.snapshots",
    "finish.done",
]
FAILPOINTS: tuple[Failpoint, ...] = get_args(Failpoint)

_INSTRUCTION = re.compile(r"([a-z._]+)(?:@([1-9]\d*))?=(?:(raise|kill|freeze)|sleep:(\d+(?:\.\d+)?))")


class FailpointUnknown(SynthAssetsError):
    """The environment asks for a failure that there is not."""

    def __init__(self, instruction: str) -> None:
        self.instruction = instruction
        super().__init__(
            f"{VARIABLE} is {instruction!r}, which names no failpoint with what to do there.",
            untouched="Nothing was done.",
            next_step="Unset it, or write NAME=raise, NAME=kill, NAME=freeze or NAME=sleep:SECONDS, with a NAME of "
            "synth_assets/failpoints.py.",
        )


class InjectedFailure(SynthAssetsError):
    """A failpoint was asked to fail."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"The failpoint {name} was asked to fail.", next_step=f"Unset {VARIABLE}.")


def reached(name: Failpoint) -> None:
    """Do what is asked for at this place: nothing, unless somebody listens or the environment names it."""
    if _listener is not None:
        _listener(name)


@contextmanager
def listening(listener: Callable[[Failpoint], None]) -> Iterator[None]:
    """Call `listener` in this process, in every thread, at every place that is reached in the block."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before


def injector(instruction: str) -> Callable[[Failpoint], None]:
    """What does as an instruction such as `snapshot.read=raise` says.

    Raises:
        FailpointUnknown: There is no such place, or no such thing to do.
    """
    found = _INSTRUCTION.fullmatch(instruction)
    if found is None or found.group(1) not in FAILPOINTS:
        raise FailpointUnknown(instruction)
    wanted, time_reached, deed, seconds = found.groups()
    times: Counter[str] = Counter()

    def act(name: Failpoint) -> None:
        times[name] += 1
        if name == wanted and times[name] == int(time_reached or 1):
            _do(name, deed, float(seconds or 0))

    return act


def _do(name: Failpoint, deed: str | None, seconds: float) -> None:
    match deed:
        case "raise":
            raise InjectedFailure(name)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        case _:
            time.sleep(seconds)


_listener: Callable[[Failpoint], None] | None = None
if os.environ.get(VARIABLE):
    _listener = injector(os.environ[VARIABLE])
