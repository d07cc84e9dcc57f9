"""Preparing the rows that are sent next while the database works on those sent before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made on another thread while the caller is busy with the one before.

    What making an item raises is raised to the caller in its place. At most one item waits.
    """
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = other.submit(next, items, _END)
            yield item  # type: ignore[misc]
