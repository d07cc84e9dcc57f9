"""Numbers that go with the product or the quotient of two others: charges with months and monthly rates.

No row need hold it exactly. Where the ratio to the product is far less uncertain than the number among rows of alike
products, it is the ratio that is learned: a tree that tells a number from two others comes no nearer than its leaves
are wide.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.formulas import inputs_of
from synth_assets.synthesize.deviation import FEWEST_ROWS, Numbers, Tie, find_tie

_MOST_COLUMNS = 40
_POSITIVE, _ALL_POSITIVE = 0.9, 0.5  # least share of the rows in which a number is positive, and in which all are
_OF_SPREAD = 0.5  # most that the logarithms of ratios may be spread, of what those to any one column are
_LEAST_GAIN = 0.5  # nats
_CODES = 16  # of a product that a tree tells apart, which sees its factors only
_MOST_TRIED = 3  # formulas for a column


def find_proportional(
    columns: Mapping[str, Numbers],
    among: Collection[str],
    *,
    scales: Mapping[str, int | None],
    computed: Sequence[Formula],
) -> tuple[Formula, ...]:
    """The formulas `a * b` and `a / b` that numbers nearly are in proportion to.

    Args:
        columns: Numbers of some rows; NaN where unknown.
        among: Those that may be given so.
        scales: Decimal places of these.
        computed: What is computed otherwise.
    """
    names = [name for name, values in columns.items() if _is_positive(values)][-_MOST_COLUMNS:]
    if len(names) < 3:
        return ()
    table = np.stack([columns[name] for name in names])
    logs = np.log(table[:, (table > 0).all(axis=0)])
    if logs.shape[1] < max(FEWEST_ROWS, _ALL_POSITIVE * table.shape[1]):
        return ()
    covariance = np.cov(logs)
    found: list[Formula] = []
    spread = np.diag(covariance)
    for target in np.argsort(-spread, kind="stable").tolist():
        name = names[target]
        if name not in among:
            continue
        tied = [*computed, *found]
        free = [at for at, other in enumerate(names) if at != target and name not in inputs_of(other, tied)]
        best: tuple[float, Formula] | None = None
        for formula in _candidates(target, free, names, covariance, scales[name]):
            tie = _tie(formula, columns)
            if tie and tie.way == "ratio" and tie.gain >= _LEAST_GAIN and (best is None or tie.gain > best[0]):
                best = tie.gain, formula
        if best:
            found.append(best[1])
    return tuple(found)


def _is_positive(values: Numbers) -> bool:
    return bool((values > 0).mean() >= _POSITIVE and not (values < 0).any())


def _candidates(
    target: int, free: Sequence[int], names: Sequence[str], covariance: npt.NDArray[np.float64], scale: int | None
) -> Iterator[Formula]:
    """The formulas that leave the logarithms of ratios spread least, less than any column alone does."""
    if len(free) < 2:
        return
    own = covariance[target, target]
    spread = np.diag(covariance)
    alone = min(own, float((own + spread[free] - 2 * covariance[target, free]).min()))
    tried: list[tuple[float, int, int, int]] = []
    for left, right in combinations(free, 2):
        for a, b, sign in ((left, right, 1), (left, right, -1), (right, left, -1)):
            of_base = spread[a] + spread[b] + 2 * sign * covariance[a, b]
            rest = own + of_base - 2 * (covariance[target, a] + sign * covariance[target, b])
            tried.append((float(rest), a, b, sign))
    for rest, a, b, sign in sorted(tried)[:_MOST_TRIED]:
        if rest <= _OF_SPREAD**2 * alone:
            yield Formula(
                column=names[target],
                operation="product" if sign > 0 else "quotient",
                left=names[a],
                right=names[b],
                scale=scale,
            )


def _tie(formula: Formula, columns: Mapping[str, Numbers]) -> Tie | None:
    values, left, right = columns[formula.column], columns[formula.left], columns[formula.right or ""]
    made = left * right if formula.operation == "product" else np.divide(left, right, where=right > 0, out=left * 0)
    if np.any(np.isfinite(values) & ~(made > 0) & (values != 0)):
        return None
    return find_tie(values, made, times=False, most_codes=_CODES)
