"""Python's collection of garbage, which has nothing to find while definitions are built."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Definitions of many tables are hundreds of thousands of objects, none of them garbage: looking for some among
    them takes a fifth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
