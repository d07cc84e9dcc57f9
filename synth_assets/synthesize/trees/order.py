"""Which columns tell about which, and the order in which they are drawn."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.scale import Codes, Floats

_GROUPS = 10
_ROWS = 8_000


def dependence(codes: Codes, sizes: npt.NDArray[np.intp], ordered: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(mutual information of each pair of columns in nats less what chance gives, entropy of each column).

    `codes` is (columns, rows). Measured on at most 8,000 evenly spread rows and 10 groups of codes a column.
    """
    columns, rows = codes.shape
    pick = np.linspace(0, rows - 1, min(rows, _ROWS)).astype(np.intp)
    seen = codes[:, pick]
    groups = []
    for column in range(columns):
        counts = np.bincount(seen[column], minlength=int(sizes[column]))
        groups.append(coarse(counts, ordered=bool(ordered[column]), most=_GROUPS)[seen[column]])
    widths = np.array([int(g.max()) + 1 for g in groups])
    starts = np.r_[0, np.cumsum(widths)]
    hot = np.zeros((len(pick), int(starts[-1])), np.float32)
    for start, group in zip(starts, groups, strict=False):
        hot[np.arange(len(pick)), start + group] = 1
    joint = (hot.T @ hot).astype(np.float64) / len(pick)
    alone = np.diag(joint)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * np.log(joint / np.outer(alone, alone)), 0.0)
    information = np.add.reduceat(np.add.reduceat(terms, starts[:-1], axis=0), starts[:-1], axis=1)
    chance = np.outer(widths - 1, widths - 1) / (2 * len(pick))
    return np.maximum(information - chance, 0.0), np.diag(information).copy()


def drawing_order(
    entropy: Floats,
    *,
    blocks: Sequence[Sequence[int]],
    determinants: Mapping[int, Sequence[int]],
    rare: Collection[int] = (),
    leading: Sequence[int] = (),
) -> list[int]:
    """The order of the blocks (a column's parts, which stay together), as numbers of `blocks`.

    Columns of little entropy come first: few classes are told apart with few rows, and what comes later, harder to
    tell, can look at all of them. The `rare` blocks, which nearly always have one value, come last: the few rows with
    another are too few for other columns' trees to see once they have split, but all of what they are like tells when.
    What another column decides comes after it.
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
        ready = (n for n in todo if not waits_for.get(n) or waits_for[n] & placed)
        following = next(ready, todo[0])
        order.append(following)
        todo.remove(following)
    return order
