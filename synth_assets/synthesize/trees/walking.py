"""What drawing rows spends its time on, compiled: the leaf of each row, sums of table entries, spreading."""

import numpy as np

from synth_assets.statistics.compiled import compiled

_BLOCK = 1_024  # rows whose sums stay close at hand


@compiled
def walk(codes, more, column, left, table, right, leaf, out):  # type: ignore[no-untyped-def]
    """The leaf of each row of (columns, rows) codes; columns beyond them are those of `more`. See Tree."""
    width = codes.shape[0]
    for row in range(codes.shape[1]):
        node = 0
        while leaf[node] < 0:
            at = column[node]
            code = codes[at, row] if at < width else more[at - width, row]
            node = left[node] + right[table[node] + code]
        out[row] = leaf[node]


@compiled
def sums_to_codes(codes, columns, starts, entries, edges, out):  # type: ignore[no-untyped-def]
    """For each row how many of the sorted edges its sum of one table entry a column reaches. See Direction."""
    totals = np.empty(_BLOCK)
    for first in range(0, codes.shape[1], _BLOCK):
        behind = min(first + _BLOCK, codes.shape[1])
        totals[:] = 0.0
        # Column by column: a matrix of many rows is far apart from one column to the next.
        for at in range(len(columns)):
            column, start = columns[at], starts[at]
            for row in range(first, behind):
                totals[row - first] += entries[start + codes[column, row]]
        for row in range(first, behind):
            total = totals[row - first]
            low, high = 0, len(edges)
            while low < high:
                middle = (low + high) // 2
                if edges[middle] <= total:
                    low = middle + 1
                else:
                    high = middle
            out[row] = low


@compiled
def spread(groups, order, start, sizes, out):  # type: ignore[no-untyped-def]
    """Numbers of (0, 1) at equal distances in each group, in the given order of rows. See part.spread_evenly."""
    seen = np.zeros(len(sizes), np.intp)
    for at in range(len(order)):
        row = order[at]
        group = groups[row]
        out[row] = (seen[group] + start[group]) / sizes[group]
        seen[group] += 1


@compiled
def draw(leaf, uniform, starts, ends, running, codes, out):  # type: ignore[no-untyped-def]
    """The code at which the running share of each row's leaf passes its uniform number. See Leaves."""
    for row in range(len(leaf)):
        of = leaf[row]
        low, high, wanted = starts[of], ends[of] - 1, uniform[row]
        while low < high:
            middle = (low + high) // 2
            if running[middle] <= wanted:
                low = middle + 1
            else:
                high = middle
        out[row] = codes[low]
