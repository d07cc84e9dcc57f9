"""Growing a decision tree over small integer codes, by histograms, compiled.

Each node keeps how many of its rows have which code and class, column by column; the smaller child's histogram is
counted, the larger's is what is left of the parent's (LightGBM: Ke and others 2017). Nothing is approximated, since
columns are codes already.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.trees.scale import Codes

Whole = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Nodes:
    """The nodes of a tree, parents before children.

    Attributes:
        left, right: Its children, -1 for a leaf.
        column: The column that it looks at.
        threshold: Codes up to it go left.
        counts: (nodes, classes) rows.
    """

    left: Whole
    right: Whole
    column: Whole
    threshold: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


def grow_nodes(codes: Codes, sizes: Whole, classes: Whole, *, smallest_leaf: int, deepest: int) -> Nodes:
    """The tree whose splits leave least entropy, one after the other.

    Args:
        codes: (columns, rows), in the order that splits go by.
        sizes: The number of codes of each column.
        classes: The class of each row, 0 .. few.
        smallest_leaf: Fewest rows of a leaf.
        deepest: Most steps from the root to a leaf.
    """
    rows, kinds = codes.shape[1], int(classes.max()) + 1
    starts = np.r_[0, np.cumsum(sizes)].astype(np.intp)
    # Smaller children are split first, so what waits is at least twice as large each time.
    slots = int(np.log2(max(rows // smallest_leaf, 1))) + 3
    most = 2 * (rows // smallest_leaf) + 1
    numbers = np.arange(rows + 1, dtype=np.float64)
    logs = numbers * np.log(np.maximum(numbers, 1))
    nodes = Nodes(
        np.full(most, -1, np.intp),
        np.full(most, -1, np.intp),
        np.full(most, -1, np.intp),
        np.zeros(most),
        np.zeros((most, kinds), np.int64),
    )
    nodes.counts[0] = np.bincount(classes, minlength=kinds)
    used = _grow(
        codes,
        starts,
        classes,
        smallest_leaf,
        deepest,
        logs,
        np.zeros((slots, int(starts[-1]) * kinds), np.int32),
        np.arange(rows),
        np.empty(rows, np.intp),
        np.zeros(kinds, np.int64),
        np.empty((slots + 2, 5), np.intp),
        nodes.left,
        nodes.right,
        nodes.column,
        nodes.threshold,
        nodes.counts,
    )
    return Nodes(
        nodes.left[:used], nodes.right[:used], nodes.column[:used], nodes.threshold[:used], nodes.counts[:used]
    )


@compiled
def _count(histogram, codes, starts, classes, kinds, order, first, behind, sign):  # type: ignore[no-untyped-def]
    """Add rows to a histogram, or take them away."""
    # The class of each row is looked up once, not for each column again.
    kind = np.empty(behind - first, np.intp)
    for at in range(first, behind):
        kind[at - first] = classes[order[at]]
    for column in range(codes.shape[0]):
        start = starts[column]
        for at in range(first, behind):
            histogram[(start + codes[column, order[at]]) * kinds + kind[at - first]] += sign


@compiled
def _best_split(histogram, starts, total, rows, smallest, logs, before):  # type: ignore[no-untyped-def]
    """(column, threshold) of the split that leaves least entropy; column -1 if none leaves less.

    `before` is workspace of one number a class. `logs[n]` is n times the logarithm of n.
    """
    kinds = len(total)
    whole = 0.0
    for kind in range(kinds):
        whole += logs[total[kind]]
    best_column, best_threshold, best = -1, 0.0, whole - logs[rows] + 1e-9
    # What each class adds on both sides: looked up when it changes.
    low, high = np.empty(kinds), np.empty(kinds)
    for column in range(len(starts) - 1):
        for kind in range(kinds):
            before[kind], low[kind], high[kind] = 0, 0.0, logs[total[kind]]
        left, last, below, above = 0, -1, 0.0, whole
        for code in range(starts[column + 1] - starts[column]):
            at = (starts[column] + code) * kinds
            here = 0
            for kind in range(kinds):
                here += histogram[at + kind]
            if here == 0:
                continue
            if left >= smallest:
                score = below + above - logs[left] - logs[rows - left]
                if score > best:
                    best_column, best_threshold, best = column, (last + code) / 2, score
            if rows - left - here < smallest:
                break
            for kind in range(kinds):
                more = histogram[at + kind]
                if more:
                    before[kind] += more
                    new_low, new_high = logs[before[kind]], logs[total[kind] - before[kind]]
                    below += new_low - low[kind]
                    above += new_high - high[kind]
                    low[kind], high[kind] = new_low, new_high
            left += here
            last = code
    return best_column, best_threshold


@compiled
def _part(codes, column, limit, order, other, first, behind, classes, low, high):  # type: ignore[no-untyped-def]
    """Put the rows that go left first; where the others begin. Counts the classes of both children."""
    middle, kept = first, 0
    for at in range(first, behind):
        row = order[at]
        if codes[column, row] <= limit:
            order[middle] = row
            middle += 1
            low[classes[row]] += 1
        else:
            other[kept] = row
            kept += 1
            high[classes[row]] += 1
    for at in range(kept):
        order[middle + at] = other[at]
    return middle


@compiled
def _goes_on(counts, rows, smallest):  # type: ignore[no-untyped-def]
    """Whether a node of these rows may be split."""
    if rows < 2 * smallest:
        return False
    most = 0
    for kind in range(len(counts)):
        most = max(most, counts[kind])
    return most < rows


@compiled
def _grow(  # type: ignore[no-untyped-def]
    codes,
    starts,
    classes,
    smallest,
    deepest,
    logs,
    histograms,
    order,
    other,
    before,
    todo,
    left,
    right,
    feature,
    threshold,
    counts,
):
    """Fill the nodes; how many there are. `todo` holds node, first row, behind the last, depth, histogram."""
    kinds, width = counts.shape[1], histograms.shape[1]
    free = np.arange(len(histograms))
    unused = len(free) - 1
    nodes, waiting = 1, 0
    if _goes_on(counts[0], len(order), smallest):
        _count(histograms[free[unused]], codes, starts, classes, kinds, order, 0, len(order), 1)
        todo[0, 0], todo[0, 1], todo[0, 2], todo[0, 3], todo[0, 4] = 0, 0, len(order), 0, free[unused]
        waiting = 1
    while waiting:
        waiting -= 1
        node, first, behind, depth, slot = (
            todo[waiting, 0],
            todo[waiting, 1],
            todo[waiting, 2],
            todo[waiting, 3],
            todo[waiting, 4],
        )
        column, limit = _best_split(histograms[slot], starts, counts[node], behind - first, smallest, logs, before)
        if column < 0:
            free[unused] = slot
            unused += 1
            continue
        low, high = nodes, nodes + 1
        nodes += 2
        left[node], right[node], feature[node], threshold[node] = low, high, column, limit
        middle = _part(codes, column, limit, order, other, first, behind, classes, counts[low], counts[high])
        low_on = depth + 1 < deepest and _goes_on(counts[low], middle - first, smallest)
        high_on = depth + 1 < deepest and _goes_on(counts[high], behind - middle, smallest)
        if middle - first <= behind - middle:
            small, small_first, small_behind, small_on = low, first, middle, low_on
            large, large_first, large_behind, large_on = high, middle, behind, high_on
        else:
            small, small_first, small_behind, small_on = high, middle, behind, high_on
            large, large_first, large_behind, large_on = low, first, middle, low_on
        own = slot
        if large_on:
            todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = large, large_first, large_behind
            todo[waiting, 3], todo[waiting, 4] = depth + 1, slot
            waiting += 1
            _count(histograms[slot], codes, starts, classes, kinds, order, small_first, small_behind, -1)
            if small_on:
                unused -= 1
                own = free[unused]
        if small_on:
            for at in range(width):
                histograms[own, at] = 0
            _count(histograms[own], codes, starts, classes, kinds, order, small_first, small_behind, 1)
            todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = small, small_first, small_behind
            todo[waiting, 3], todo[waiting, 4] = depth + 1, own
            waiting += 1
        if not small_on and not large_on:
            free[unused] = slot
            unused += 1
    return nodes
