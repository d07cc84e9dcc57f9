"""Fitting the chain: one part after the other, each on the parts before it."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from synth_assets.synthesize.trees.cells import find_cells
from synth_assets.synthesize.trees.coarse import coarse
from synth_assets.synthesize.trees.coded import Coded
from synth_assets.synthesize.trees.dependencies import determinants, missing_by, null_rules, tellers_of
from synth_assets.synthesize.trees.direction import Direction, find_direction
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.order import dependence, drawing_order
from synth_assets.synthesize.trees.part import Part
from synth_assets.synthesize.trees.refining import refined
from synth_assets.synthesize.trees.scale import Codes, Floats, Mask
from synth_assets.synthesize.trees.settings import TreesSettings
from synth_assets.synthesize.trees.staying import CHANGES, Staying
from synth_assets.synthesize.trees.tree import STUMP, class_ranks, grow, lookup

Places = npt.NDArray[np.intp]
_FEW_LEAVES = 5  # a column with fewer rows than so many leaves beside its most frequent value is rare
_BY_SHARE = 4  # one in so many of the parts that a tree looks at is chosen by the share of what it could say
_CELL_COLUMNS = 8  # among which those are looked for whose combinations have leaves of their own
_MANY_NUMBERS = 128  # codes of a number: so many only if most of them are one value
_CLASSES = 24  # most groups of codes that a tree tells apart
_OF_LABELS = 10  # fewest rows of a cell that says which label comes with which
_ONCE_MORE = 1.5  # leaves that come of splitting on have so many times the rows: they say more of single codes
_LEAST = 1e-3  # likelihood that a label has anyhow, when what tells new labels is judged
_FEWEST = 20  # rows of a leaf when a tree is grown from a part of the rows


@dataclass(frozen=True)
class _Job:
    """One part to fit: after which parts, of which column, decided or mostly told by which (None: by no single one)."""

    place: int
    earlier: Places
    head: int
    nullable: bool
    determinant: int | None
    teller: int | None
    seed: int


def fit_parts(
    coded: Coded, *, leading: Sequence[int], settings: TreesSettings, rng: np.random.Generator, pool: Executor
) -> tuple[Part, ...]:
    """The parts in the order of drawing. `leading` are numbers of columns that come first."""
    if coded.rows == 0:
        return tuple(
            Part(place, (), (), STUMP, _unseen(coded, place, nullable))
            for block, nullable in zip(coded.blocks, coded.nullable, strict=True)
            for place in block
        )
    coded.ranks  # noqa: B018 (computed before threads ask for it, so that it is computed once)
    information, entropy = dependence(coded.matrix, coded.sizes, coded.ordered, pool=pool)
    deciders = determinants(coded)
    tellers = {place: tellers_of(coded, place, information, entropy) for block in coded.blocks for place in block}
    few = _FEW_LEAVES * settings.leaf_for(coded.rows)
    rare = {
        number
        for number, block in enumerate(coded.blocks)
        if coded.rows - int(np.bincount(coded.matrix[block[0]]).max()) < few
    }
    # What nearly gives a column does not wait until the end, unless it is rare and given by nothing itself.
    rare -= {number for before in coded.after.values() for number in before} & set(coded.after)
    after = {number: before - rare for number, before in coded.after.items()}
    leading = leading or _anchor(coded, information, rare | set(after))
    order = drawing_order(entropy, blocks=coded.blocks, determinants=deciders, after=after, rare=rare, leading=leading)
    before = list(range(coded.outside))
    jobs = []
    for number in order:
        block = coded.blocks[number]
        for place in block:
            earlier = _heeded(coded, place, number, before, information)
            known = set(earlier) - (coded.of_rows_before if place in coded.staying else set())
            decider = next((c for c in deciders.get(place, ()) if c in known), None)
            teller = next((c for c in tellers[place] if c in known), None)
            seed = int(rng.integers(2**31))
            jobs.append(
                _Job(place, np.array(earlier, np.intp), block[0], coded.nullable[number], decider, teller, seed)
            )
            before.append(place)
    # The pool's threads do the work; more of the matrix library's own would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        return tuple(pool.map(lambda job: _fit(coded, job, information, entropy, settings), jobs))


def _heeded(coded: Coded, place: int, number: int, earlier: Sequence[int], information: Floats) -> list[int]:
    """The earlier parts that a part of this column may be drawn by.

    A drawn row is the row before of the next one. What many columns of it each say a little is learned from real rows
    but heard from drawn ones, and families drift away from what they may be (exposure bias: Bengio and others 2015).
    Of the rows before, a number therefore heeds what it was itself, labels, when they were, and of other numbers what
    says more than all else. Labels come back to what they were, and when the next row is hangs on all of it.
    """
    if number == coded.step or not coded.ordered[place]:
        return list(earlier)
    of_others = {at for at, of in coded.before.items() if coded.ordered[at] and of not in (None, number, coded.step)}
    rest = [at for at in earlier if at not in of_others]
    most = information[place, rest].max() if rest else 0.0
    return [at for at in earlier if at not in of_others or information[place, at] > most]


def _anchor(coded: Coded, information: Floats, besides: set[int]) -> list[int]:
    """The column that the context tells most about, to be drawn first, if there is a context.

    Columns of one row tell about each other. Were weakly told ones drawn first, each next one would follow their noise
    rather than the context, and a family's rows would drift to what is common.
    """
    blocks = [number for number in range(len(coded.blocks)) if number not in besides]
    if not coded.outside or not blocks:
        return []
    told = {number: float(information[coded.blocks[number][0], : coded.outside].max()) for number in blocks}
    return [max(told, key=lambda number: (told[number], -number))]


def _fit(coded: Coded, job: _Job, information: Floats, entropy: Floats, settings: TreesSettings) -> Part:
    place = job.place
    good = coded.matrix[place] <= coded.allowed[place]
    if place in coded.staying and job.determinant is None:
        return _fit_staying(coded, job, coded.staying[place], information, entropy, settings)
    limits = tuple(limit for limit in coded.limits.get(place, ()) if limit.place in job.earlier)
    return replace(_fit_rows(coded, job, good, information, entropy, settings), limits=limits)


def _fit_staying(
    coded: Coded, job: _Job, staying: Staying, information: Floats, entropy: Floats, settings: TreesSettings
) -> Part:
    """Labels that mostly stay: from the rows that change, or from all of them, whichever tells more of new labels."""
    target, state = coded.matrix[job.place], coded.matrix[staying.state]
    may_be_drawn = target <= coded.allowed[job.place]
    changes = may_be_drawn & (state == CHANGES)
    # Of all rows, those that change are few: what rows before say would be what the new label is not.
    of_changes = replace(job, earlier=np.setdiff1d(job.earlier, [staying.state]), teller=None)
    of_all = replace(job, earlier=np.setdiff1d(job.earlier, list(coded.of_rows_before)))
    held = np.flatnonzero(changes)[::2]
    kept_back = np.zeros(coded.rows, np.bool_)
    kept_back[held] = True
    tried = [
        _fit_rows(coded, each, rows & ~kept_back, information, entropy, settings)
        for each, rows in ((of_changes, changes), (of_all, may_be_drawn))
    ]
    scores = [_likelihood(part, coded.matrix[:, held], staying) for part in tried]
    told_by_all = scores[1] > scores[0]
    best, rows = (of_all, may_be_drawn) if told_by_all else (of_changes, changes)
    part = _fit_rows(coded, best, rows, information, entropy, settings)
    return replace(part, staying=replace(staying, told_by_all=told_by_all))


def _likelihood(part: Part, matrix: Codes, staying: Staying) -> float:
    """The mean logarithm of how likely a part says the new labels of rows are that change, the ones before left out."""
    leaf, target = part.leaf(matrix), matrix[part.place]
    found = part.leaves.likelihood(leaf, target) / (1 - part.leaves.likelihood(leaf, staying.before(matrix)) + _LEAST)
    return float(np.log(np.clip(found, _LEAST, 1)).mean()) if len(target) else 0.0


def _fit_rows(
    coded: Coded, job: _Job, good: Mask, information: Floats, entropy: Floats, settings: TreesSettings
) -> Part:
    """One part from the `good` rows, those with NULL where it must not be drawn left out."""
    place, matrix, size = job.place, coded.matrix, int(coded.sizes[job.place])
    target = matrix[place]
    # A further part of a column is NULL where the first one is.
    nulls = null_rules(coded, place, job.earlier) if job.head == place else ((job.head, True),)
    part = Part(place, nulls, (), STUMP, _unseen(coded, place, job.nullable))
    if nulls:
        good = good & ~part.certain_nulls(matrix)
    if job.head == place and job.nullable and job.determinant is None:
        part = replace(part, missing=missing_by(coded, place, job.earlier, good))
    if part.missing:
        good = good & (target > 0)
    if job.head != place or not job.nullable:
        good = good & (target > 0)
    seen = np.flatnonzero(good)
    if not len(seen):
        return part
    rng = np.random.default_rng(job.seed)
    overall = np.bincount(target[seen], minlength=size).astype(np.float64)
    by = job.teller if job.determinant is None else job.determinant
    if by is not None:
        part = replace(part, tree=lookup(by, np.arange(coded.sizes[by])))
    else:
        some = _drawn(seen, settings.tree_rows, rng)
        looked = _telling(information, entropy, place, job.earlier, settings.features)
        classes = _classes(coded, place, overall, looked, information[place], _CLASSES)
        part = _grown(
            coded,
            part,
            some,
            classes,
            looked,
            information,
            entropy,
            settings,
            share=len(some) / len(seen),
            seed=job.seed,
        )
    many = _drawn(seen, settings.leaf_rows, rng)
    leaf = part.leaf(matrix if len(many) == coded.rows else matrix[:, many])
    # What a teller's rare or unknown codes say would come from fewer rows than a leaf must have.
    least = coded.min_group if job.determinant is None and job.teller is not None else 1
    leaves = Leaves.count(leaf, target[many], part.tree.leaves, size, overall / overall.sum(), least=least)
    return replace(part, leaves=leaves)


def _classes(
    coded: Coded, place: int, counts: Floats, looked: Places, information: Floats, most: int
) -> npt.NDArray[np.intp]:
    """The class of each code of a part, for its tree to tell apart.

    Labels have no order to gather neighbours by: they are put in that of what they say about the column before them
    that tells most (cities of one country side by side).
    """
    weights = counts.astype(np.intp)
    if coded.ordered[place] or not len(looked) or np.count_nonzero(weights) <= most:
        return coarse(weights, ordered=bool(coded.ordered[place]), most=most)
    teller = int(looked[np.argmax(information[looked])])
    seen = np.bincount(coded.matrix[teller], minlength=int(coded.sizes[teller]))
    groups = coarse(seen, ordered=bool(coded.ordered[teller]), most=most)
    ranks = class_ranks(coded.matrix[place], groups[coded.matrix[teller]], len(counts), int(groups.max()) + 1)
    order = np.argsort(ranks)
    classes = np.empty(len(counts), np.intp)
    classes[order] = coarse(weights[order], ordered=True, most=most)
    return classes


def _grown(
    coded: Coded,
    part: Part,
    rows: Places,
    classes: npt.NDArray[np.intp],
    looked: Places,
    information: Floats,
    entropy: Floats,
    settings: TreesSettings,
    *,
    share: float,
    seed: int,
) -> Part:
    """The part with its directions and tree, learned from these rows of what it may look at: a share of all rows."""
    # A matrix of these columns alone; what is learned from it is of the whole one's.
    matrix = coded.matrix[np.r_[looked, part.place]]
    matrix = matrix if len(rows) == coded.rows else matrix.take(rows, axis=1)
    target, looked_at = matrix[-1], matrix[:-1]
    sizes, ordered = coded.sizes[looked], coded.ordered[looked]
    directions = _directions(coded, part.place, target, looked_at, looked, settings.bins)
    places = looked
    if directions:
        looked_at = np.concatenate([looked_at, *(direction.codes(looked_at)[None] for direction in directions)])
        sizes = np.r_[sizes, [direction.size for direction in directions]].astype(np.intp)
        ordered = np.r_[ordered, np.ones(len(directions), np.bool_)]
        places = np.r_[looked, len(coded.matrix) + np.arange(len(directions))]
    smallest = _fewest(settings.leaf_for(coded.rows), share)
    tree = grow(
        looked_at,
        classes[target],
        sizes=sizes,
        ordered=ordered,
        smallest_leaf=_fewest(settings.telling_leaf_for(coded.rows), share),
        usual_leaf=smallest,
    )
    split_on = partial(
        refined,
        codes=looked_at,
        target=target,
        sizes=sizes,
        ordered=ordered,
        in_order=bool(coded.ordered[part.place]),
        classes=_CLASSES,
        smallest_leaf=int(smallest * _ONCE_MORE),
    )
    if np.count_nonzero(np.bincount(target)) > _CLASSES:
        tree = split_on(tree)
    if _may_have_cells(coded, part.place):
        told = _telling(information, entropy, part.place, looked, _CELL_COLUMNS)
        find = partial(find_cells, looked_at, target, sizes=sizes, split_on=split_on, seed=seed)
        among = np.flatnonzero(np.isin(looked, told))
        tree = find(classes=classes, among=among, smallest_leaf=smallest, rather=tree) or tree
        labels = ~coded.ordered[looked]
        if not coded.ordered[part.place] and labels.any():
            # Which labels come together is no single row's; with numbers, a combination may stand for one parent.
            told = _telling(information, entropy, part.place, looked[labels], _CELL_COLUMNS)
            among = np.flatnonzero(np.isin(looked, told))
            few = _fewest(min(smallest, max(_OF_LABELS, coded.min_group)), share)
            tree = find(classes=None, among=among, smallest_leaf=few, rather=tree) or tree
    if len(places):
        tree = replace(tree, column=places[tree.column])
    return replace(part, directions=tuple(direction.of_places(looked) for direction in directions), tree=tree)


def _may_have_cells(coded: Coded, place: int) -> bool:
    """Whether many values are to be told that have nothing to do with their neighbours."""
    return int(coded.sizes[place]) > (_MANY_NUMBERS if coded.ordered[place] else _CLASSES)


def _fewest(rows: int, share: float) -> int:
    """How many rows a leaf of a share of the rows must have so as to have `rows` of all, chance allowed for."""
    expected = rows * share
    return rows if share == 1 else max(min(rows, int(np.ceil(expected + 2 * np.sqrt(expected)))), _FEWEST)


def _directions(
    coded: Coded, place: int, target: Codes, matrix: Codes, looked: Places, bins: int
) -> tuple[Direction, ...]:
    """Regressions of an ordered part, or of one with two labels: on the values' scale and on that of their ranks.

    `target` are the part's codes, `matrix` those of the places `looked` at.
    """
    sizes = coded.sizes[looked]
    numbers = {at: table for at, column in enumerate(looked.tolist()) if (table := coded.centres[column]) is not None}
    own = coded.centres[place]
    found = []
    if own is not None:
        ranked = {at: coded.ranks[looked[at]] for at in numbers}
        for table, given in ((own, numbers), (coded.ranks[place], ranked)):
            values = table[target]
            known = ~np.isnan(values)
            if known.any():
                values = np.where(known, values, values[known].mean())
                found.append(find_direction(values, matrix, given, sizes, bins))
    elif coded.sizes[place] <= 4:
        found.append(find_direction((target == 1).astype(np.float64), matrix, numbers, sizes, bins))
    return tuple(direction for direction in found if direction is not None)


def _drawn(rows: Places, most: int, rng: np.random.Generator) -> Places:
    """At most so many of the rows, in order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _telling(information: Floats, entropy: Floats, place: int, earlier: Places, most: int) -> Places:
    """The parts before a part that say most about it, each the less the more of it an earlier choice says already.

    Some are chosen for saying most for how little they vary: whether somebody ever won an award says little about
    birth years, as few did; but it says all it can. (After Peng, Long and Ding 2005: relevance and redundancy.)
    """
    if len(earlier) <= most:
        return earlier
    relevance = information[place, earlier]
    between = information[np.ix_(earlier, earlier)]
    least = np.minimum(entropy[earlier][:, None], entropy[earlier][None, :])
    overlap = np.minimum(between / np.maximum(least, 1e-9), 1.0)
    new = np.ones(len(earlier))
    left = np.ones(len(earlier), np.bool_)
    for _ in range(most - most // _BY_SHARE):
        best = int(np.argmax(np.where(left, relevance * new, -1.0)))
        left[best] = False
        new = np.minimum(new, 1 - overlap[best])
    rest = np.flatnonzero(left)
    share = relevance[rest] / np.maximum(entropy[earlier[rest]], 1e-9)
    left[rest[np.argsort(-share, kind="stable")[: most // _BY_SHARE]]] = False
    return np.sort(earlier[~left])


def _unseen(coded: Coded, place: int, nullable: bool) -> Leaves:
    """What is drawn when no row says anything: NULL if it may be, else any code."""
    weights = np.zeros((1, int(coded.sizes[place])))
    allowed = int(coded.allowed[place])
    if nullable or allowed == 0:
        weights[0, 0] = 1
    else:
        weights[0, 1 : allowed + 1] = 1
    return Leaves.of(weights)
