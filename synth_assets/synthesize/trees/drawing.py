"""Drawing rows: part after part, each from the leaf that what came before leads to."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.part import Part
from synth_assets.synthesize.trees.scale import Codes, Floats

_MOST_CANDIDATES = 1_000_000  # rows drawn at a time where each is drawn several times over


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
    late = _late(parts, given)
    if not late or n * candidates <= _MOST_CANDIDATES:
        return _drawn(parts, context, n, given, late, candidates if late else 1, rng)
    block = _MOST_CANDIDATES // candidates
    blocks = []
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        around = [codes[rows] for codes in context]
        fixed = {place: codes[rows] for place, codes in given.items()}
        blocks.append(_drawn(parts, around, rows.stop - start, fixed, late, candidates, rng))
    return np.concatenate(blocks, axis=1)


def _drawn(
    parts: Sequence[Part],
    context: Sequence[Codes],
    n: int,
    given: Mapping[int, Codes],
    late: set[int],
    copies: int,
    rng: np.random.Generator,
) -> Codes:
    matrix = np.zeros((len(context) + len(parts), n * copies), np.uint16)
    for place, codes in (*enumerate(context), *given.items()):
        matrix[place] = np.repeat(codes, copies) if copies > 1 else codes
    for number, part in enumerate(parts):
        if part.place not in given:
            matrix[part.place] = part.draw(matrix, rng)
        elif number in late:
            likelihood = part.leaves.likelihood(part.leaf(matrix), matrix[part.place])
            matrix = matrix[:, _again(likelihood.reshape(n, copies), rng)]
            if number == max(late):
                matrix, copies = np.ascontiguousarray(matrix[:, ::copies]), 1
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
