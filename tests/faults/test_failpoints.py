"""A publication that is killed, or fails, at every place: under the eyes of two readers, into every family."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from synth_assets import failpoints
from synth_assets.failpoints import FailpointUnknown
from tests.faults import children
from tests.faults.families import PARTITIONED, PLAIN
from tests.faults.injection import Target, is_live_at, places
from tests.faults.readers import two_readers
from tests.publish.postgres_shop import rows_of


def test_kill_9_everywhere(target: Target) -> None:
    with two_readers(target.family, target.url) as readers:
        for place in places(target.family):
            after = target.fault(
                "kill -9", place, lambda order, at=place: children.run(replace(order, fault=f"{at}=kill"))
            )
            assert after.ending.killed, place
            assert after.is_new == is_live_at(place), place
    assert readers.numbers == {0, 1}
    target.rolls_back_and_forth()


def test_kill_9_everywhere_by_the_generic_path(make_target: Callable[[str], Target]) -> None:
    test_kill_9_everywhere(make_target(PLAIN.name))


def test_kill_9_everywhere_with_partitions(make_target: Callable[[str], Target]) -> None:
    target = make_target(PARTITIONED.name)
    test_kill_9_everywhere(target)
    sql = 'SELECT count(DISTINCT tableoid) FROM orders UNION ALL SELECT count(DISTINCT tableoid) FROM "order lines"'
    assert rows_of(target.url, sql) == [(3,), (2,)]


def test_a_failure_everywhere(target: Target) -> None:
    """It ends by itself, and takes away what it has made."""
    with two_readers(target.family, target.url):
        for place in places(target.family):
            after = target.fault(
                "exception", place, lambda order, at=place: children.run(replace(order, fault=f"{at}=raise"))
            )
            assert after.ending.error == "InjectedFailure", (place, after)
            assert after.is_new == is_live_at(place), place
            assert set(after.leftovers) <= {"previous"}, (place, after)


@pytest.mark.parametrize("instruction", ["nowhere=kill", "snapshot.read", "snapshot.read=burn", "snapshot.read@0=kill"])
def test_an_instruction_that_means_nothing_is_refused(instruction: str) -> None:
    with pytest.raises(FailpointUnknown, match="names no failpoint"):
        failpoints.injector(instruction)
