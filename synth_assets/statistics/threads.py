"""Threads of scikit-learn's own."""

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """While it is open, scikit-learn works in the calling thread only.

    The samples here are small: OpenMP's threads would spend more time waiting for each other than working, ten times
    as much on a machine that does something else beside. Import scikit-learn first: only what is loaded is limited.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="openmp")
    return limits
