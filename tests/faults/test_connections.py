"""Connections that are lost, at every place and after any number of bytes: the publication goes on on a fresh one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from synth_assets import failpoints
from synth_assets.failpoints import Failpoint
from tests.faults import children
from tests.faults.children import Ending, Order
from tests.faults.injection import Target, places
from tests.faults.proxy import proxied
from tests.faults.readers import two_readers

SERVERS = ("postgres", "mariadb")
RETRY = (0.05, 0.05, 0.05)
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
            assert after.ending is not None and after.is_new, place
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
            assert after.ending is not None and after.ending.attempts == 1


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
