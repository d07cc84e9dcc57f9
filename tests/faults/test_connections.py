"""Connections that are lost, at every place and after any number of bytes: the publication goes on on a fresh one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from synth_assets import failpoints
from synth_assets.failpoints import Failpoint
from synth_assets.publish import postgres_swap
from tests.faults import children
from tests.faults.children import Ending, Order
from tests.faults.injection import Target, places
from tests.faults.proxy import proxied
from tests.faults.readers import two_readers

SERVERS = ("postgres", "mariadb", "mysql")
RETRY = (0.05, 0.05, 0.05)
STALLED = ("publication.connected", "publication.stage.rows", "publication.stage.keys", "publication.audited")
BYTES = (1, 300, 1_000, 2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000)


def published_here(order: Order, at: Callable[[Failpoint], None]) -> Ending:
    """Publish in this process, which so knows at what place the publication is."""
    dataset = children.kept(order.store, order.catalog, order.number, refresh=order.refresh)
    with failpoints.listening(at):
        made = dataset.publish(order.url, patience=60.0, retry=RETRY)
    return Ending(published=True, already_live=made.already_live, attempts=made.attempts)


@pytest.mark.parametrize("family", SERVERS)
def test_a_connection_cut_everywhere(make_target: Callable[[str], Target], family: str) -> None:
    target = make_target(family)
    with two_readers(target.family, target.url), proxied(target.url) as (proxy, url):
        for place in places(target.family):
            name, _, again = place.partition("@")
            waited = [None] * int(again or 1)

            def cut(reached: Failpoint, name: str = name, waited: list[None] = waited) -> None:
                if reached == name and waited:
                    waited.pop()
                    if not waited:
                        proxy.cut()

            after = target.fault(
                "connection cut", place, lambda order, cut=cut: published_here(replace(order, url=url), cut)
            )
            assert after.is_new, place
            # Before the first connection, and after the last, there is none to cut.
            expected = 1 if name in ("publication.begun", "publication.swap.done", "publication.done") else 2
            assert after.ending.attempts in (1, expected), (place, after)


@pytest.mark.parametrize("family", SERVERS)
def test_the_answer_to_the_commit_is_lost(make_target: Callable[[str], Target], family: str) -> None:
    """The ledger tells that it took place; nothing is published twice."""
    target = make_target(family)
    with two_readers(target.family, target.url), proxied(target.url) as (proxy, url):

        def lose(reached: Failpoint) -> None:
            if reached == "publication.swap.entered":
                proxy.lose_the_next_answer()

        for _ in range(3):
            after = target.fault("answer lost", "commit", lambda order: published_here(replace(order, url=url), lose))
            assert after.is_new
            assert after.ending.attempts == 1


@pytest.mark.parametrize("family", SERVERS)
def test_a_connection_cut_after_so_many_bytes(make_target: Callable[[str], Target], family: str) -> None:
    target = make_target(family)
    with two_readers(target.family, target.url), proxied(target.url) as (proxy, url):
        for sent in BYTES:

            def limited(order: Order, sent: int = sent) -> Ending:
                proxy.cut_after(sent)
                return published_here(replace(order, url=url), lambda _: None)

            after = target.fault("connection limited", f"{sent} bytes", limited)
            assert after.is_new
            proxy.cut_after(None)


@pytest.mark.parametrize("family", SERVERS)
def test_a_connection_that_stalls(make_target: Callable[[str], Target], family: str) -> None:
    """Readers, who are not behind the proxy, go on all the while; so does the publication when it can."""
    target = make_target(family)
    with two_readers(target.family, target.url), proxied(target.url) as (proxy, url):
        for place in STALLED:
            stalled: list[Failpoint] = []

            def stall(reached: Failpoint, place: str = place, stalled: list[Failpoint] = stalled) -> None:
                if reached == place and not stalled:
                    stalled.append(reached)
                    proxy.stall(0.7)

            after = target.fault(
                "connection stalled", place, lambda order, stall=stall: published_here(replace(order, url=url), stall)
            )
            assert after.is_new
            assert stalled == [place]


def test_a_connection_that_stalls_in_the_swap(
    make_target: Callable[[str], Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends the session, so that readers go on; the publication is made anew."""
    monkeypatch.setattr(postgres_swap, "IDLE_TIMEOUT", "300ms")
    target = make_target("postgres")
    with two_readers(target.family, target.url), proxied(target.url) as (proxy, url):
        for place in ("publication.swap.begun", "publication.swap.moved", "publication.swap.entered"):
            stalled: list[Failpoint] = []

            def stall(reached: Failpoint, place: str = place, stalled: list[Failpoint] = stalled) -> None:
                if reached == place and not stalled:
                    stalled.append(reached)
                    proxy.stall(2.0)

            after = target.fault(
                "connection stalled", place, lambda order, stall=stall: published_here(replace(order, url=url), stall)
            )
            assert after.is_new
            assert after.ending.attempts == 2, after
