"""What holds without exception between columns: one determines another, or says that it is NULL."""

import numpy as np
import numpy.typing as npt

from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.trees.coded import Coded
from synth_assets.synthesize.trees.part import Missing
from synth_assets.synthesize.trees.scale import Floats, Mask

_MOST_CODES = 1_000
_FIRST_LOOK = 1_000
_MISSING_ROWS = 50_000
_EXPECTED = 12.0  # rows that chance would put where there are none: e**-12 that none is there by chance
_MOST_RULES = 4
_MANY_LABELS = 24
_NEARLY_ALL = 0.8
_SELDOM = 0.01
_OF_PARENTS, _OF_BEFORE = 0.5, 0.9  # least share of the NULLs that what another table's row, or the row before, says


def determinants(coded: Coded) -> dict[int, list[int]]:
    """For each part that others determine, those others, the one of fewest codes first.

    Looks among parts whose codes are single values. A code stands for at least min_group rows (NULL apart), all of
    which must agree, so that chance hardly ever passes.
    """
    if not coded.discover:
        return {}
    usable = np.flatnonzero(coded.discrete & (coded.sizes <= _MOST_CODES))
    pick = np.linspace(0, coded.rows - 1, min(coded.rows, _FIRST_LOOK)).astype(np.intp)
    few = coded.matrix[:, pick]
    present = {part: len(np.unique(few[part])) for part in usable.tolist()}
    found: dict[int, list[int]] = {}
    for target in usable.tolist():
        if target < coded.outside or present[target] < 2:
            continue
        others = [c for c in usable.tolist() if c != target and present[c] >= max(present[target], 2)]
        hits = [
            column
            for column in others
            if _decides(coded, column, target, few) and _decides(coded, column, target, coded.matrix)
        ]
        if hits:
            found[target] = sorted(hits, key=lambda column: (int(coded.sizes[column]), column))
    return found


def missing_by(coded: Coded, target: int, earlier: npt.NDArray[np.intp], rows: Mask) -> Missing | None:
    """The earlier part that says, code by code, nearly all about where the target is NULL; None if none does.

    `rows` are those to look at, or 50,000 of them. A part that is NULL itself does not count: it would hand on its own
    errors. A tree would split by the row before first, which says nearly as much, and then have too few rows left to
    see when things change; drawn row after row, its errors add up.
    """
    looked = np.flatnonzero(rows)
    if len(looked) > _MISSING_ROWS:
        looked = looked[np.linspace(0, len(looked) - 1, _MISSING_ROWS).astype(np.intp)]
    empty = coded.matrix[target].take(looked) == 0
    base = float(empty.mean()) if len(empty) else 0.0
    if min(base, 1 - base) * len(empty) < _EXPECTED:
        return None
    unknown = _entropy(np.array([base]))[0]
    best: tuple[float, Missing] | None = None
    for column in earlier[coded.ordered[earlier]].tolist():
        nulls, counts = np.zeros(int(coded.sizes[column])), np.zeros(int(coded.sizes[column]), np.intp)
        _count_nulls(coded.matrix[column], looked, empty, nulls, counts)
        if counts[0] > _SELDOM * len(looked):
            continue
        share = _pooled(nulls, counts, coded.min_group)
        left = float((counts * _entropy(share)).sum()) / len(empty) + np.count_nonzero(counts) / (2 * len(empty))
        if left <= (1 - _NEARLY_ALL) * unknown and (best is None or left < best[0]):
            best = left, Missing(column, share)
    return best[1] if best else None


@compiled
def _count_nulls(codes, rows, empty, nulls, counts):  # type: ignore[no-untyped-def]
    """How many of some rows have each code, and of how many of these the target is NULL (one of `empty` a row)."""
    for at in range(len(rows)):
        code = codes[rows[at]]
        counts[code] += 1
        if empty[at]:
            nulls[code] += 1


def _pooled(part: Floats, counts: npt.NDArray[np.intp], least: int) -> Floats:
    """The share of each code, of as many neighbours on both sides as it takes to have `least` rows."""
    sums, rows = np.r_[0.0, np.cumsum(part)], np.r_[0, np.cumsum(counts)]
    low, high = np.arange(len(counts)), np.arange(1, len(counts) + 1)
    for _ in range(len(counts)):
        few = rows[high] - rows[low] < least
        if not few.any():
            break
        low, high = np.maximum(low - few, 0), np.minimum(high + few, len(counts))
    share: Floats = (sums[high] - sums[low]) / np.maximum(rows[high] - rows[low], 1)
    return share


def _entropy(share: Floats) -> Floats:
    inside = np.clip(share, 1e-12, 1 - 1e-12)
    result: Floats = -inside * np.log(inside) - (1 - inside) * np.log(1 - inside)
    return result


def tellers_of(coded: Coded, target: int, information: Floats, entropy: Floats) -> list[int]:
    """Other parts that say nearly all about a part of very many labels, the one that says most first.

    A tree of leaves of a hundred rows tells few labels apart. Where one column leaves little open (a team's name its
    park), each of its codes, which stands for at least min_group rows, has its own distribution instead.
    """
    if coded.ordered[target] or int(coded.sizes[target]) <= _MANY_LABELS:
        return []
    if np.bincount(coded.matrix[target]).max() > coded.rows / 2:
        return []
    usable = coded.discrete & ~coded.ordered & (coded.sizes > _MANY_LABELS) & (coded.sizes <= _MOST_CODES)
    usable[target] = False
    telling = np.flatnonzero(usable & (information[target] >= _NEARLY_ALL * entropy[target]))
    return sorted(telling.tolist(), key=lambda part: -information[target, part])


def _decides(coded: Coded, column: int, target: int, matrix: npt.NDArray[np.uint16]) -> bool:
    """Whether rows that share a code of `column` share that of `target`; rare labels apart."""
    good = (matrix[column] <= coded.allowed[column]) & (matrix[target] <= coded.allowed[target])
    size = int(coded.sizes[target])
    pairs = np.unique(matrix[column][good].astype(np.intp) * size + matrix[target][good])
    return len(pairs) > 0 and bool(np.all(np.diff(pairs // size) > 0))


def null_rules(coded: Coded, target: int, earlier: npt.NDArray[np.intp]) -> tuple[tuple[int, bool], ...]:
    """When a part is NULL for certain: pairs (earlier part, whether that one's being NULL or not being NULL says so).

    Together they hold for as many of its NULLs as four rules can. What another table's row says counts only if it says
    most of it: with many columns of parents, some is always NULL in a few rows that have nothing to do with them. What
    the row before says counts only if it says nearly all: drawn row after row, one NULL too many would make all later
    ones.
    """
    empty = coded.matrix[target] == 0
    if not coded.discover or not empty.any() or empty.all() or not len(earlier):
        return ()
    share = 1 - float(empty.mean())
    candidates: list[tuple[int, bool, Mask]] = []
    pick = np.linspace(0, coded.rows - 1, min(coded.rows, _FIRST_LOOK)).astype(np.intp)
    few = empty[pick]
    for column in earlier.tolist():
        seen = coded.matrix[column].take(pick) == 0
        if not few[seen].all() and not few[~seen].all():
            continue
        missing = coded.matrix[column] == 0
        if not missing.any():
            continue
        for state in (True, False):
            where = missing == state
            least = empty.sum() * (
                _OF_BEFORE if column in coded.before else _OF_PARENTS if column < coded.outside else 0
            )
            likely = where.any() and not where.all() and where.sum() * share >= _EXPECTED
            if likely and where.sum() >= least and empty[where].all():
                candidates.append((column, state, where))
    rules: list[tuple[int, bool]] = []
    left = empty.copy()
    while candidates and len(rules) < _MOST_RULES:
        gains = [int(np.count_nonzero(where & left)) for _, _, where in candidates]
        best = int(np.argmax(gains))
        if gains[best] == 0:
            break
        column, state, where = candidates.pop(best)
        rules.append((column, state))
        left &= ~where
    return tuple(rules)
