"""Publications that stop in the middle and hold on to what they have, and others that come meanwhile."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import children
from tests.faults.children import Child, Ending, Order
from tests.faults.families import FAMILIES, live
from tests.faults.injection import Target
from tests.faults.readers import two_readers

PLACES = ("publication.stage.rows", "publication.swap.begun", "publication.swap.entered")
RETRY = (0.05, 0.05)


def frozen(order: Order, place: str) -> Child:
    """A child that has stopped at a place."""
    child = Child(replace(order, fault=f"{place}=freeze", options=order.options | {"retry": RETRY}))
    deadline = time.monotonic() + children.SECONDS
    while _state(child.pid) != "T":
        assert time.monotonic() < deadline, "it never came there"
        time.sleep(0.01)
    return child


def test_a_frozen_client_goes_on(target: Target) -> None:
    """Readers go on before it does; whatever it has lost meanwhile, it publishes."""
    for place in PLACES:

        def thaw(order: Order, place: str = place) -> Ending:
            child = frozen(order, place)
            live(target.family, target.url)
            os.kill(child.pid, signal.SIGCONT)
            return child.ending()

        assert target.fault("client frozen", place, thaw).is_new


def test_a_frozen_client_is_killed(target: Target) -> None:
    """As long as it is there a second publication is turned away; then nothing is in the way."""
    for place in PLACES:

        def end(order: Order, place: str = place) -> Ending:
            child = frozen(order, place)
            if place == "publication.stage.rows":
                second = children.run(replace(order, options=order.options | {"patience": 0.2}))
                assert second.error == "TargetBusy", second
            child.kill()
            return Ending(killed=True)

        with two_readers(target.family, target.url):
            assert not target.fault("client frozen and killed", place, end).is_new


@pytest.mark.parametrize("family", [*FAMILIES])
@pytest.mark.parametrize("place", ["publication.stage.rows", "publication.swap.entered"])
def test_a_second_publication_waits(make_target: Callable[[str], Target], family: str, place: str) -> None:
    target = make_target(family)

    def both(order: Order) -> Ending:
        first = Child(replace(order, fault=f"{place}=sleep:0.5"))
        time.sleep(0.2)
        second = children.run(order)
        assert first.ending().published
        assert second.published
        return second

    with two_readers(target.family, target.url):
        target.fault("two publications", place, both)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
