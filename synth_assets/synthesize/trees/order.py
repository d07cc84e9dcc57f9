"""Which columns tell about which, and the order in which they are drawn."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.scale import Codes, Floats

_GROUPS = 10
_ROWS = 8_000
_SHARES = 16  # that the pairs are split into, for threads to take one after the other


def dependence(
    codes: Codes, sizes: npt.NDArray[np.intp], ordered: npt.NDArray[np.bool_], *, pool: Executor
) -> tuple[Floats, Floats]:
    """(mutual information of each pair of columns in nats less what chance gives, entropy of each column).

    `codes` is (columns, rows). Measured on at most 8,000 evenly spread rows and 10 groups of codes a column.
    """
    columns, rows = codes.shape
    pick = np.linspace(0, rows - 1, min(rows, _ROWS)).astype(np.intp)
    seen = codes[:, pick]
    groups = []
    for column in range(columns):
        weights = np.bincount(seen[column], minlength=int(sizes[column]))
        groups.append(coarse(weights, ordered=bool(ordered[column]), most=_GROUPS)[seen[column]])
    grouped = np.stack(groups).astype(np.uint8)
    widths = grouped.max(axis=1, initial=0).astype(np.intp) + 1
    counts = np.arange(len(pick) + 1, dtype=np.float64)
    information = np.zeros((columns, columns))
    logs = counts * np.log(np.maximum(counts, 1))
    shares = pool.map(lambda first: shared_information(grouped, logs, first, _SHARES, information), range(_SHARES))
    deque(shares, maxlen=0)
    chance = np.outer(widths - 1, widths - 1) / (2 * len(pick))
    return np.maximum(information - chance, 0.0), np.diag(information).copy()


@compiled
def shared_information(groups, logs, start, step, out):  # type: ignore[no-untyped-def]
    """The mutual information of every `step`-th column of small groups with those after it.

    `logs[n]` is n times the logarithm of n.
    """
    columns, rows = groups.shape
    most = 0
    for column in range(columns):
        for row in range(rows):
            most = max(most, groups[column, row] + 1)
    alone = np.zeros(columns)
    for column in range(columns):
        counts = np.zeros(most, np.int32)
        for row in range(rows):
            counts[groups[column, row]] += 1
        for group in range(most):
            alone[column] += logs[counts[group]]
    # Two at a time: counting one pair waits for itself wherever a cell is hit twice in a row.
    first, second = np.zeros(most * most, np.int32), np.zeros(most * most, np.int32)
    for one in range(start, columns, step):
        for other in range(one, columns, 2):
            twin = min(other + 1, columns - 1)
            first[:] = 0
            second[:] = 0
            for row in range(rows):
                at = groups[one, row] * most
                first[at + groups[other, row]] += 1
                second[at + groups[twin, row]] += 1
            together, beside = 0.0, 0.0
            for cell in range(most * most):
                together += logs[first[cell]]
                beside += logs[second[cell]]
            out[one, other] = out[other, one] = (together - alone[one] - alone[other] + logs[rows]) / rows
            out[one, twin] = out[twin, one] = (beside - alone[one] - alone[twin] + logs[rows]) / rows


def drawing_order(
    entropy: Floats,
    *,
    blocks: Sequence[Sequence[int]],
    determinants: Mapping[int, Sequence[int]],
    after: Mapping[int, Collection[int]] = MappingProxyType({}),
    rare: Collection[int] = (),
    leading: Sequence[int] = (),
) -> list[int]:
    """The order of the blocks (a column's parts, which stay together), as numbers of `blocks`.

    Columns of little entropy come first: few classes are told apart with few rows, and what comes later, harder to
    tell, can look at all of them. The `rare` blocks, which nearly always have one value, come last: the few rows with
    another are too few for other columns' trees to see once they have split, but all of what they are like tells when.
    What another column decides comes after it, and a block `after` all those that nearly give it.
    """
    rest = [number for number in range(len(blocks)) if number not in set(leading)]
    weight = {number: sum(float(entropy[part]) for part in blocks[number]) for number in rest}
    owner = {part: number for number, block in enumerate(blocks) for part in block}
    waits_for = {
        owner[part]: {
            owner[by] for by in deciders if by in owner and part not in determinants.get(by, ()) and owner[by] in weight
        }
        for part, deciders in determinants.items()
    }
    order = list(leading)
    todo = sorted(
        rest, key=lambda number: (number in rare, -weight[number] if number in rare else weight[number], number)
    )
    while todo:
        placed = set(order)
        ready = (
            n for n in todo if (not waits_for.get(n) or waits_for[n] & placed) and not set(after.get(n, ())) - placed
        )
        following = next(ready, todo[0])
        order.append(following)
        todo.remove(following)
    return order
