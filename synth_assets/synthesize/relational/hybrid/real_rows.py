"""Which rows of the source a hybrid table takes over, and below which generated parent each of them stands."""

import bisect
import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.relational.counts import add_up_to
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, runs

LEAST_FAMILIES = 5


@dataclass(frozen=True)
class SourceRows:
    """The rows of the source that may be taken over.

    Attributes:
        parents: The row of the source's parent table that each hangs on; NO_ROW for none.
        leaves: In which group of like parents that one is; NO_ROW for none.
        there: By row of the source's parent table, the generated row that it is; NO_ROW where it was not taken over.
    """

    parents: Rows
    leaves: Rows
    there: Rows


@dataclass(frozen=True)
class GeneratedParents:
    """The generated rows of the parent table.

    Attributes:
        counts: Children that each is to have.
        leaves: The group of like parents that each is in.
        is_real: Whether each is a row of the source.
        most: Most children of one; None for no limit.
    """

    counts: Rows
    leaves: Rows
    is_real: npt.NDArray[np.bool_]
    most: int | None


@dataclass(frozen=True)
class Arrangement:
    """All rows of a table before anything of them is drawn.

    Attributes:
        parents: The generated parent of each row, NO_ROW for none; the rows of one parent lie side by side.
        source_rows: The row of the source that each is; NO_ROW for a synthetic one.
    """

    parents: Rows
    source_rows: Rows


def all_synthetic(parents: Rows) -> Arrangement:
    """The rows of these parents, none of them real."""
    return Arrangement(parents, np.full(len(parents), NO_ROW, dtype=np.int64))


def without_parents(rows: int, wanted: int, available: int, *, rng: np.random.Generator) -> Arrangement:
    """`rows` rows of a table that hangs on no other, `wanted` of them real, in random order."""
    wanted = min(wanted, available, rows)
    source = np.full(rows, NO_ROW, dtype=np.int64)
    source[:wanted] = rng.choice(available, wanted, replace=False)
    return Arrangement(np.full(rows, NO_ROW, dtype=np.int64), rng.permutation(source))


def stay_together(source: SourceRows, wanted: int) -> npt.NDArray[np.bool_]:
    """For each row of the source whether it is chosen with its siblings or not at all.

    Rows of families of more than a fifth of the wanted rows are chosen one by one, as are those without a parent.
    """
    hangs = source.parents >= 0
    size = np.bincount(source.parents[hangs], minlength=1)
    found: npt.NDArray[np.bool_] = hangs & (LEAST_FAMILIES * size[np.maximum(source.parents, 0)] <= wanted)
    return found


def choose(source: SourceRows, wanted: int, *, rng: np.random.Generator) -> Rows:
    """About `wanted` rows of the source, at most as many: whole families at random, those of taken parents first."""
    rows = np.arange(len(source.parents))
    hangs = source.parents >= 0
    family = np.where(stay_together(source, wanted), source.parents, -1 - rows)
    numbers, member = np.unique(family, return_inverse=True)
    taken = hangs & (source.there[np.maximum(source.parents, 0)] >= 0) if len(source.there) else np.zeros_like(hangs)
    first = np.zeros(len(numbers), dtype=np.bool_)
    first[member] = taken
    order = np.lexsort((rng.random(len(numbers)), ~first))
    sizes = np.bincount(member, minlength=len(numbers))
    chosen = np.zeros(len(numbers), dtype=np.bool_)
    left = wanted
    for number in order.tolist():
        if sizes[number] <= left:
            chosen[number] = True
            left -= int(sizes[number])
        if left == 0:
            break
    return np.flatnonzero(chosen[member])


def arrange(
    source: SourceRows, parents: GeneratedParents, *, wanted: int, lonely: int, rng: np.random.Generator
) -> Arrangement:
    """All rows of a table that hangs on another.

    A real row whose parent was taken over stands below it. Any other family stands below one synthetic parent of the
    same group that has about as many children. What room they leave is for synthetic rows: all add up as they would
    without real ones.

    Args:
        wanted: Real rows to take over.
        lonely: Rows that hang on nothing, real and synthetic together.
    """
    total = int(parents.counts.sum())
    taken = choose(source, wanted, rng=rng)
    placed = _placed(source, parents, taken, stay_together(source, wanted)[taken], rng)
    alone = np.flatnonzero(source.parents[taken] < 0)
    kept = np.sort(np.r_[np.flatnonzero(placed >= 0), alone[:lonely]])
    taken, placed = taken[kept], placed[kept]
    hanging = placed[placed >= 0]
    real = np.bincount(hanging, minlength=len(parents.counts))
    counts = np.where(real > 0, np.maximum(parents.counts - real, 0), parents.counts)
    free = np.flatnonzero(real == 0)
    others = int(counts[real > 0].sum())
    counts[free] = add_up_to(counts[free], max(total - len(hanging) - others, 0), most=parents.most, rng=rng)
    alone_and_made = max(lonely - int((placed < 0).sum()), 0)
    made = np.r_[np.repeat(np.arange(len(counts)), counts), np.full(alone_and_made, NO_ROW, dtype=np.int64)]
    below = np.r_[made, placed]
    rows = np.r_[np.full(len(made), NO_ROW, dtype=np.int64), taken]
    # Rows without a parent stand last. Where a row stands must not tell that it is real: real ones stand anywhere
    # among their siblings, as they follow each other.
    place = np.where(below < 0, len(counts), below)
    order = np.lexsort((_anywhere(place, rows >= 0, rng), place))
    return Arrangement(below[order], rows[order])


def _anywhere(families: Rows, is_real: npt.NDArray[np.bool_], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Random numbers that ascend among the real rows, and among the others, of each family."""
    numbers = rng.random(len(families))
    ascending = np.empty_like(numbers)
    ascending[np.lexsort((np.arange(len(families)), is_real, families))] = numbers[
        np.lexsort((numbers, is_real, families))
    ]
    return ascending


def _placed(
    source: SourceRows,
    parents: GeneratedParents,
    taken: Rows,
    together: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Rows:
    """The generated parent of each taken row; NO_ROW for those that hang on nothing, or find no place."""
    above = source.parents[taken]
    placed = np.full(len(taken), NO_ROW, dtype=np.int64)
    hangs = above >= 0
    if len(source.there):
        placed[hangs] = source.there[above[hangs]]
    waiting = np.flatnonzero(hangs & (placed < 0))
    if not len(waiting):
        return placed
    waiting = waiting[np.argsort(above[waiting], kind="stable")]
    starts, lengths = runs(above[waiting])
    mean = len(source.parents) / max(len(np.unique(source.parents[source.parents >= 0])), 1)
    some = parents.counts[parents.counts > 0]
    ratio = float(some.mean()) / mean if len(some) and mean else 1.0
    free = ~parents.is_real
    free[placed[placed >= 0]] = False
    offers = _Offers(parents.counts, parents.leaves, np.flatnonzero(free), rng)
    # Big families first: few parents have as many children.
    for number in np.argsort(-lengths, kind="stable").tolist():
        rows = waiting[starts[number] : starts[number] + lengths[number]]
        leaf = int(source.leaves[taken[rows[0]]])
        if together[rows[0]]:
            placed[rows] = offers.take(leaf, int(lengths[number]) * ratio)
        else:
            placed[rows] = offers.draw(leaf, len(rows), rng)
    return placed


class _Offers:
    """Synthetic parents that have no real child yet, by group and number of children."""

    def __init__(self, counts: Rows, leaves: Rows, free: Rows, rng: np.random.Generator) -> None:
        order = free[np.lexsort((rng.random(len(free)), counts[free]))]
        self._counts = counts
        self._by_leaf = {int(leaf): order[leaves[order] == leaf].tolist() for leaf in np.unique(leaves[order])}

    def take(self, leaf: int, wanted: float) -> int:
        """The parent of a group whose number of children is the nearest, taken for good; of the fullest group left
        if this one has none; NO_ROW if nobody is left."""
        rows: list[int] = self._by_leaf.get(leaf) or max(self._by_leaf.values(), key=len, default=[])
        if not rows:
            return NO_ROW
        at = bisect.bisect_left(rows, wanted, key=lambda row: int(self._counts[row]))
        around = [place for place in (at - 1, at) if 0 <= place < len(rows)]
        return int(rows.pop(min(around, key=lambda place: abs(int(self._counts[rows[place]]) - wanted))))

    def draw(self, leaf: int, rows: int, rng: np.random.Generator) -> Rows:
        """Parents of a group for rows of one big family, in proportion to the children that they are to have."""
        anywhere = itertools.chain.from_iterable(self._by_leaf.values())
        offered = np.array(self._by_leaf.get(leaf) or list(anywhere), dtype=np.int64)
        if not len(offered):
            return np.full(rows, NO_ROW, dtype=np.int64)
        slots = np.repeat(offered, self._counts[offered])
        return rng.choice(slots if len(slots) else offered, rows, replace=len(slots) < rows)
