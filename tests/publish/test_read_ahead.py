"""Rows are prepared beside the load: in order, one ahead, and an error comes where it belongs."""

import threading
from collections.abc import Iterator

import pytest

from synth_assets.publish.read_ahead import read_ahead


def test_the_next_item_is_made_while_the_caller_is_busy() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    for number in read_ahead(items()):
        if number < 2:
            assert made[number + 1].wait(10)
        if number == 0:
            assert not made[2].is_set()
    assert number == 3


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("the second")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(LookupError, match="the second"):
        next(ahead)


def test_a_caller_that_stops_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    ahead = read_ahead(iter(range(100)))
    assert next(ahead) == 0
    ahead.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
