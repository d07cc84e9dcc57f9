"""One instant of a database that cannot be asked for one: every table is read twice, and must be the same.

All first readings end before the second ones begin. A table whose two readings are equal was not changed between them,
so that what was read of all tables is what they held at that moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass
class Reading:
    """What was read of one table, whatever order its rows came in.

    Attributes:
        total: The sum of the rows' hashes, modulo 2**64.
    """

    rows: int = 0
    total: int = 0

    def of(self, batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same batches, taken note of as they pass."""
        for batch in batches:
            self.rows += batch.height
            hashes = batch.hash_rows(seed=0).to_numpy()
            self.total = (self.total + int(np.add.reduce(hashes, dtype=np.uint64))) % 2**64
            yield batch
