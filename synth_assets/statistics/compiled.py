"""How loops are compiled: to run beside other threads, and kept beside the package for the next run.

They are plain loops over arrays that come from outside: that compiles in a fraction of the time.
"""

from typing import Any

from numba import njit

compiled: Any = njit(nogil=True, cache=True, boundscheck=False)
