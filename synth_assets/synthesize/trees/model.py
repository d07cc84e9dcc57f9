"""The chain of trees: one for each part of a column, fitted on and drawn after the parts before it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.columns import ColumnCodes
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.order import dependence, drawing_order
from synth_assets.synthesize.trees.scale import Codes, Floats
from synth_assets.synthesize.trees.settings import TreesSettings
from synth_assets.synthesize.trees.tree import STUMP, Tree, grow


@dataclass(frozen=True)
class Part:
    """How one part is drawn. `place` is its row in the code matrix: the context's parts first, then the columns'."""

    place: int
    tree: Tree
    leaves: Leaves


def fit_parts(
    codes: Sequence[Codes],
    *,
    context: Sequence[ColumnCodes],
    columns: Sequence[ColumnCodes],
    nullable: Sequence[bool],
    settings: TreesSettings,
    rng: np.random.Generator,
    pool: Executor,
) -> tuple[Part, ...]:
    """The parts in the order of drawing."""
    every = [*context, *columns]
    counts = [count for column in every for count in column.counts]
    sizes = np.array(counts, np.intp) + 1
    ordered = np.array([column.ordered for column in every for _ in column.counts], np.bool_)
    allowed = [allowed for column in every for allowed in column.allowed]
    outside = sum(len(column.counts) for column in context)
    blocks, place = [], outside
    for column in columns:
        blocks.append(range(place, place + len(column.counts)))
        place += len(column.counts)
    if not blocks:
        return ()
    matrix = np.stack(codes)
    rows = matrix.shape[1]
    if rows == 0:
        return tuple(
            Part(place, STUMP, _unseen(int(sizes[place]), allowed[place], may_be_null))
            for block, may_be_null in zip(blocks, nullable, strict=True)
            for place in block
        )
    information, entropy = dependence(matrix, sizes, ordered)
    names = [column.name for column in columns]
    leading = [names.index(name) for name in settings.leading if name in names]
    order = drawing_order(information, entropy, context=outside, blocks=blocks, leading=leading)
    jobs, before = [], list(range(outside))
    for number in order:
        for place in blocks[number]:
            jobs.append((place, tuple(before), blocks[number][0], nullable[number], int(rng.integers(2**31))))
            before.append(place)

    def fit(job: tuple[int, tuple[int, ...], int, bool, int]) -> Part:
        place, earlier, head, may_be_null, seed = job
        return _fit_part(
            matrix,
            place,
            np.array(earlier, np.intp),
            head,
            may_be_null,
            sizes=sizes,
            ordered=ordered,
            allowed=allowed[place],
            information=information[place],
            settings=settings,
            seed=seed,
        )

    return tuple(pool.map(fit, jobs))


def _fit_part(
    matrix: Codes,
    place: int,
    earlier: npt.NDArray[np.intp],
    head: int,
    may_be_null: bool,
    *,
    sizes: npt.NDArray[np.intp],
    ordered: npt.NDArray[np.bool_],
    allowed: int,
    information: Floats,
    settings: TreesSettings,
    seed: int,
) -> Part:
    target, size = matrix[place], int(sizes[place])
    good = target <= allowed
    if head != place:
        good &= matrix[head] > 0  # a further part says nothing where the whole value is NULL
    elif not may_be_null:
        good &= target > 0
    seen = np.flatnonzero(good)
    if not len(seen):
        return Part(place, STUMP, _unseen(size, allowed, may_be_null))
    rng = np.random.default_rng(seed)
    overall = np.bincount(target[seen], minlength=size).astype(np.float64)
    looked = _told(information, earlier, settings.features)
    some = seen if len(seen) <= settings.tree_rows else np.sort(rng.choice(seen, settings.tree_rows, replace=False))
    classes = coarse(overall.astype(np.intp), ordered=bool(ordered[place]), most=settings.classes)
    tree = grow(
        matrix[:, some],
        classes[target[some]],
        columns=looked,
        sizes=sizes,
        ordered=ordered,
        smallest_leaf=settings.smallest_leaf,
        criterion=settings.criterion,
        penalty=settings.penalty,
        seed=seed,
    )
    many = seen if len(seen) <= settings.leaf_rows else np.sort(rng.choice(seen, settings.leaf_rows, replace=False))
    every = len(many) == matrix.shape[1]
    leaf = tree.walk(matrix if every else matrix[:, many])
    leaves = Leaves.count(leaf, target[many], tree.leaves, size, overall / overall.sum())
    return Part(place, tree, leaves)


def _told(information: Floats, earlier: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """The columns before a part that say most about it."""
    if len(earlier) <= most:
        return earlier
    best = np.argsort(-information[earlier], kind="stable")[:most]
    return earlier[np.sort(best)]


def _unseen(size: int, allowed: int, may_be_null: bool) -> Leaves:
    """What is drawn when no row says anything: NULL if it may be, else any code."""
    weights = np.zeros((1, size))
    if may_be_null or allowed == 0:
        weights[0, 0] = 1
    else:
        weights[0, 1 : allowed + 1] = 1
    return Leaves.of(weights)


def draw(
    parts: Sequence[Part],
    context: Sequence[Codes],
    n: int,
    given: Mapping[int, Codes],
    *,
    candidates: int,
    rng: np.random.Generator,
) -> Codes:
    """(columns, n) codes, the context's first, with the given rows of it as they are.

    A part that is given after others were drawn weighs what was drawn: each row is drawn `candidates` times over,
    and at each given part the candidates are drawn again in proportion to the likelihood of the given code.
    """
    if not parts:
        return np.empty((0, n), np.uint16)
    late = _late(parts, given)
    copies = candidates if late else 1
    matrix = np.zeros((1 + max(part.place for part in parts), n * copies), np.uint16)
    for place, codes in enumerate(context):
        matrix[place] = np.repeat(codes, copies) if copies > 1 else codes
    for place, codes in given.items():
        matrix[place] = np.repeat(codes, copies) if copies > 1 else codes
    for number, part in enumerate(parts):
        leaf = part.tree.walk(matrix)
        if part.place not in given:
            matrix[part.place] = part.leaves.draw(leaf, rng.random(matrix.shape[1]))
        elif number in late:
            likelihood = part.leaves.likelihood(leaf, matrix[part.place])
            matrix = matrix[:, _again(likelihood.reshape(n, copies), rng)]
            if number == max(late):
                matrix, copies = matrix[:, ::copies], 1
    return matrix


def _late(parts: Sequence[Part], given: Mapping[int, Codes]) -> set[int]:
    """The numbers of the parts that are given after one that is not."""
    numbers = [number for number, part in enumerate(parts) if part.place in given]
    free = next((number for number, part in enumerate(parts) if part.place not in given), len(parts))
    return {number for number in numbers if number > free}


def _again(weights: Floats, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Candidates of each row drawn again in proportion to their weights (systematic resampling)."""
    rows, copies = weights.shape
    share = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    points = (np.arange(copies) + rng.random((rows, 1))) / copies
    ends = share + np.arange(rows)[:, None]
    chosen = np.searchsorted(ends.ravel(), (points + np.arange(rows)[:, None]).ravel(), side="right")
    limit = np.repeat((np.arange(rows) + 1) * copies - 1, copies)
    chosen = np.minimum(chosen, limit)
    return rng.permuted(chosen.reshape(rows, copies), axis=1).ravel()
