"""Two readers that look all the while."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.faults.families import Family, Torn, seen

PAUSE = 0.02


class Readers:
    """What they saw.

    Attributes:
        torn: What no reader may see.
        numbers: Refreshes seen.
        reads: Transactions that ended well.
        errors: What was not allowed to fail, unless the server itself was made to.
        longest: Seconds of the longest transaction.
    """

    def __init__(self, family: Family, url: str) -> None:
        self._family = family
        self._url = url
        self._stop = threading.Event()
        self.torn: list[str] = []
        self.numbers: set[int] = set()
        self.reads = 0
        self.errors: list[str] = []
        self.longest = 0.0

    def look(self) -> None:
        connection: Any = None
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                connection = connection or self._family.connect(self._url)
                self.numbers.add(seen(self._family, connection))
                self.reads += 1
                self.longest = max(self.longest, time.monotonic() - began)
            except Torn as torn:
                self.torn.append(str(torn))
            except Exception as error:  # noqa: BLE001 (whatever the driver raises)
                self.errors.append(repr(error))
                connection = None
            self._stop.wait(PAUSE)
        if connection is not None:
            connection.close()

    def end(self) -> None:
        self._stop.set()


@contextmanager
def two_readers(family: Family, url: str, *, errors: bool = False) -> Iterator[Readers]:
    """Let two readers look during the block; afterwards nothing may have been torn.

    Args:
        errors: Whether their connections may fail: where the server is stopped.
    """
    readers = Readers(family, url)
    threads = [threading.Thread(target=readers.look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield readers
    finally:
        readers.end()
        for thread in threads:
            thread.join()
    assert readers.torn == []
    assert errors or readers.errors == []
    assert readers.reads > 0
