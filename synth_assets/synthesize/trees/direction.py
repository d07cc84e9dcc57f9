"""Linear predictions as features: one number that gathers what many columns say together about the next.

A tree of leaves of 100 rows cuts a line into many pieces but a plane into few. Beside the columns before it, each tree
may therefore look at a ridge regression of its column on them, cut into quantile bins. Regressions have one weight a
column, so they cannot memorise rows. They work on codes: each code stands for one number, so that a prediction is a
sum of one table entry a column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.trees.scale import Codes, Floats
from synth_assets.synthesize.trees.walking import sums_to_codes

_SHRINK = 100.0  # rows at the overall mean added to each label's mean
_LEAST = 0.02  # share of variance explained below which a prediction is no feature
_ROWS = 10_000
_SLIGHT = 0.02  # a column whose part of the prediction varies less than this share of it is left out


@dataclass(frozen=True)
class Direction:
    """A sum of one number per column, cut into codes.

    Attributes:
        tables: For some columns of the code matrix, the number that each code adds.
        edges: Sorted borders between codes of the sum; what lies below the first is code 0.
    """

    tables: Mapping[int, Floats]
    edges: Floats

    @property
    def size(self) -> int:
        """The number of codes."""
        return len(self.edges) + 1

    def of_places(self, places: npt.NDArray[np.intp]) -> "Direction":
        """The same where the columns have these places in a larger matrix."""
        return Direction({int(places[column]): table for column, table in self.tables.items()}, self.edges)

    def codes(self, matrix: Codes) -> Codes:
        """The code of each row of the (columns, rows) matrix."""
        out = np.empty(matrix.shape[1], np.uint16)
        sums_to_codes(matrix, *self._flat, self.edges, out)
        return out

    @cached_property
    def _flat(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
        """(columns, where the entries of each begin, entries)."""
        sizes = [len(table) for table in self.tables.values()]
        starts = (np.cumsum(sizes) - sizes).astype(np.intp)
        return np.array(list(self.tables), np.intp), starts, np.concatenate(list(self.tables.values()))


def find_direction(
    target: Floats,
    matrix: Codes,
    centres: Mapping[int, Floats],
    sizes: npt.NDArray[np.intp],
    bins: int,
) -> Direction | None:
    """The ridge regression of `target` on columns of the matrix, None if it explains next to nothing.

    Args:
        target: One number a row; at most 10,000 evenly spread rows are looked at.
        matrix: (columns, rows) codes.
        centres: The number of each code for ordered columns, NaN where unknown (NULL); columns not in it are labels,
            whose codes get the shrunken mean of the target.
    """
    pick = np.linspace(0, len(target) - 1, min(len(target), _ROWS)).astype(np.intp)
    target = target.take(pick)
    rows = len(target)
    spread = float(target.std())
    if rows < 50 or not len(matrix) or spread == 0:
        return None
    centred = target - target.mean()
    columns = range(len(matrix))
    starts = np.r_[0, np.cumsum(sizes)].astype(np.intp)
    numbers = np.array([column in centres for column in columns], np.bool_)
    entries = np.concatenate([centres[c] if c in centres else np.zeros(sizes[c]) for c in columns])
    design = np.empty((len(columns), rows), np.float32)
    standardize(matrix, pick, starts, numbers, centred, _SHRINK, entries, design)
    tables = np.split(entries, starts[1:-1])
    gram = (design @ design.T).astype(np.float64) / rows
    ridge = len(columns) / rows * np.eye(len(columns))  # as if as many rows said nothing as there are columns
    weights = np.linalg.solve(gram + ridge, design @ centred.astype(np.float32) / rows)
    if 1 - float((centred - weights @ design).var()) / spread**2 < _LEAST:
        return None
    strong = np.abs(weights) > _SLIGHT * np.abs(weights).max()
    chosen = {
        # As exact as they are saved.
        column: (table * weight).astype(np.float32).astype(np.float64)
        for column, table, weight, used in zip(columns, tables, weights.tolist(), strong, strict=True)
        if used
    }
    if len(chosen) < 2:
        return None
    total = weights[strong] @ design[strong]
    edges = np.unique(np.quantile(total, np.arange(1, bins) / bins))
    return Direction(chosen, edges)


@compiled
def standardize(codes, pick, starts, numbers, target, shrink, entries, design):  # type: ignore[no-untyped-def]
    """Fill `design` with a number of mean 0 and deviation 1 for each column and picked row; 0 where there is none.

    `entries` hold the number of each code, column after column from `starts` on: given where `numbers` says so (NaN:
    unknown), else made here, the mean of the target shrunken by so many rows. They come out standardized.
    """
    for column in range(len(codes)):
        start = starts[column]
        size = starts[column + 1] - start
        counts = np.zeros(size, np.intp)
        for at in range(len(pick)):
            counts[codes[column, pick[at]]] += 1
        if not numbers[column]:
            for at in range(len(pick)):
                entries[start + codes[column, pick[at]]] += target[at]
            for code in range(size):
                entries[start + code] /= counts[code] + shrink
        rows, middle, spread = 0, 0.0, 0.0
        for code in range(size):
            if not np.isnan(entries[start + code]):
                rows += counts[code]
                middle += counts[code] * entries[start + code]
        middle /= max(rows, 1)
        for code in range(size):
            if not np.isnan(entries[start + code]):
                spread += counts[code] * (entries[start + code] - middle) ** 2
        spread = np.sqrt(spread / max(rows, 1))
        for code in range(size):
            known = spread > 0 and not np.isnan(entries[start + code])
            entries[start + code] = (entries[start + code] - middle) / spread if known else 0.0
        for at in range(len(pick)):
            design[column, at] = entries[start + codes[column, pick[at]]]
