"""Numbers that others give in most rows: a team's losses are its games less its wins, but for draws.

What holds without exception is computed, see formulas. What holds in most rows is learned by how far each row is off,
which is mostly nothing; a tree that tells a number from two others comes no nearer than its leaves are wide. Where the
others are off by a few factors (a tenth less for some), that is what is learned.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import is_chance
from synth_assets.dependencies.formula import Formula, Numbers, agree, combined, numbers, rounded, scale_of
from synth_assets.dependencies.formulas import in_order, inputs_of
from synth_assets.dependencies.terms import rate_combinations, with_terms
from synth_assets.plan.dependencies import A_HUNDREDTH, ROUNDED, Operation, Term

_MOST_COLUMNS, _MOST_OF_THREE = 40, 16
_ROWS = 2_000
_FEWEST_ROWS = 200
_PROBES = 24
_OF_PROBES = 0.4  # least share of them that agree, for a formula to be looked at
_MOSTLY = 0.6  # least share of the rows
_TELLING = 0.4  # of the uncertainty of the column, that what it is off may have at most
_SIMPLER = 0.05  # by how much more rows a longer formula must give
_FEWEST_VALUES = 24  # a tree tells apart what has fewer
_DIGITS = 6
RATIO_DIGITS = 4  # of what a number is divided by a formula's
_TRIED = 16  # kinds of formulas
_MOST_LOOKED_AT = 50
_PAIRS: tuple[tuple[Operation, float | None], ...] = (
    ("sum", None),
    ("difference", None),
    ("product", None),
    ("product", A_HUNDREDTH),
    ("quotient", None),
)
_ALIKE, _SPREAD_ALIKE = 0.05, 0.1  # shares of rows, and relative spreads, that differ by less are alike
Often = Callable[[Numbers, int | None], npt.NDArray[np.bool_]]


class Nearly(NamedTuple):
    """A formula that holds in most rows, and how others are told: by the difference from it, or the ratio to it."""

    formula: Formula
    way: Literal["difference", "ratio"]


def find_nearly(
    rows: pl.DataFrame, outside: pl.DataFrame | None, *, among: Collection[str], computed: Sequence[Formula] = ()
) -> tuple[Nearly, ...]:
    """The formulas that hold in most rows, each after those that it needs.

    Where the column is known, so is all that it is computed from. Rows in which it has its most frequent value count
    neither way, as what is mostly 0 agrees with much that is mostly 0.

    Args:
        rows: Columns of the table.
        outside: What is known of each row's parents; a formula is not of these alone.
        among: The columns that may be given so.
        computed: What is computed in all rows.
    """
    frame = rows if outside is None else pl.concat([outside, rows], how="horizontal")
    if frame.height < _FEWEST_ROWS:
        return ()
    few = frame[np.linspace(0, frame.height - 1, min(frame.height, _ROWS)).astype(np.intp)]
    known = {name: numbers(few[name]) for name in frame.columns if frame.schema[name].is_numeric()}
    # Numbers of a handful of parents come out as others, to which no row should be tied more than the source says.
    known = {name: of for name, of in known.items() if name in rows.columns or len(np.unique(of)) >= _FEWEST_VALUES}
    looked = [name for name in reversed(frame.columns) if name in among and name in known]
    found: dict[str, Nearly] = {}
    tied = list(computed)

    def best(name: str) -> _Found | None:
        others = {other: of for other, of in known.items() if other != name and name not in inputs_of(other, tied)}
        made = _best(name, scale_of(frame[name]), others, known[name])
        if made and set(made.formula.inputs) & set(rows.columns) and _known_where(frame, made.formula):
            return made
        return None

    open_ = {name: made for name in looked if (made := best(name))}
    while open_:
        name = max(open_, key=lambda name: open_[name].rank)
        formula, way, *_ = open_.pop(name)
        if any(name in inputs_of(other, tied) for other in formula.inputs):
            # It gives one of these by now: another formula may give it.
            if again := best(name):
                open_[name] = again
            continue
        filled = formula.model_copy(update={"filled": not frame[name].null_count()})
        found[name] = Nearly(filled, way)
        tied.append(filled)
    return tuple(found[formula.column] for formula in in_order([one.formula for one in found.values()]))


class _Found(NamedTuple):
    """A formula of a column, the share of rows in which it holds, and how sure what it gives is.

    Of `a + b = c` the number to compute is the one that is spread most: what the others are off is little for it. A
    small one, as the difference of two large ones, would be far off. Of two that are spread alike, it is the one of
    more decimal places: the digits of a division are those that no drawn number has.

    Attributes:
        spread: How much it is spread, of what the one is that is spread most.
        places: Its decimal places.
    """

    formula: Formula
    way: Literal["difference", "ratio"]
    share: float
    spread: float
    places: int

    @property
    def rank(self) -> tuple[int, int, int, float]:
        """The larger, the sooner it is taken."""
        return round(self.spread / _SPREAD_ALIKE), round(self.share / _ALIKE), self.places, self.spread


def _relative_spread(formula: Formula, target: Numbers, others: Mapping[str, Numbers]) -> float:
    multiplied = formula.operation in ROUNDED
    own, *rest = (_spread(of, logarithms=multiplied) for of in (target, *(others[name] for name in formula.inputs)))
    return own / max(own, *rest) if own > 0 else 0.0


def _spread(values: Numbers, *, logarithms: bool) -> float:
    """Between the outer tenths of the values, or of the logarithms of those that are not 0."""
    known = values[np.isfinite(values)]
    if logarithms:
        known = np.log(np.abs(known[known != 0]))
    low, high = np.quantile(known, (0.1, 0.9)) if len(known) else (0.0, 0.0)
    return float(high - low)


def _known_where(frame: pl.DataFrame, formula: Formula) -> bool:
    missing = pl.any_horizontal(pl.col(name).is_null() for name in formula.inputs)
    return not frame.select((pl.col(formula.column).is_not_null() & missing).any()).item()


def _best(name: str, scale: int | None, others: Mapping[str, Numbers], target: Numbers) -> _Found | None:
    values, counts = np.unique(target[np.isfinite(target)], return_counts=True)
    if len(values) < _FEWEST_VALUES:
        return None
    telling = np.flatnonzero(np.isfinite(target) & (target != values[np.argmax(counts)]))
    if len(telling) < _FEWEST_ROWS:
        return None
    usual = float(np.sort(counts)[-2] / (counts.sum() - counts.max()))
    probes = telling[np.linspace(0, len(telling) - 1, _PROBES).astype(np.intp)]
    usable = {other: column for other, column in others.items() if np.isfinite(column[probes]).mean() >= _OF_PROBES}
    usable = dict(list(usable.items())[-_MOST_COLUMNS:])
    best: _Found | None = None
    for number, formula in enumerate(_candidates(name, scale, usable, target, probes)):
        if number == _MOST_LOOKED_AT:
            break
        made = _computed(formula, usable)
        if formula.operation == "quotient" and (np.isnan(made) & np.isfinite(target)).any():
            continue
        agreeing = agree(made[telling], target[telling], rounded_to=_rounded_to(formula))
        share = float(agreeing.mean())
        if share < max(_MOSTLY, best.share + _SIMPLER if best else 0):
            continue
        way = _way(target, made if scale is None else np.where(np.isnan(made), made, rounded(made, scale)))
        if way is None:
            continue
        combinations = len(np.unique(np.stack([usable[i][telling][agreeing] for i in formula.inputs]), axis=1).T)
        tried = _TRIED * len(usable) ** (len(formula.inputs) + 1)
        if not is_chance(combinations, usual / share, tried=tried):
            spread = _relative_spread(formula, target, usable)
            best = _Found(formula, way, share, spread, _DIGITS if scale is None else scale)
    return best


def _way(values: Numbers, made: Numbers) -> Literal["difference", "ratio"] | None:
    """How rows are told best, those with the most frequent value included; None if that tells too little."""
    uncertain: dict[Literal["difference", "ratio"], float] = {"difference": _entropy(values - made, _DIGITS)}
    if not np.any((made == 0) & (values != 0)):
        ratios = np.divide(values, made, out=np.ones(len(made)), where=made != 0)
        uncertain["ratio"] = _entropy(ratios + 0 * values, RATIO_DIGITS)
    best = min(uncertain, key=lambda way: uncertain[way])
    return best if uncertain[best] <= _TELLING * _entropy(values, _DIGITS) else None


def _entropy(values: Numbers, digits: int) -> float:
    """Of numbers rounded to so many digits, in nats."""
    known = values[np.isfinite(values)]
    shares = np.unique(np.round(known, digits), return_counts=True)[1] / max(len(known), 1)
    return float(-(shares * np.log(shares)).sum())


def _rounded_to(formula: Formula) -> int | None:
    return formula.scale if formula.operation in ROUNDED else None


def _computed(formula: Formula, values: Mapping[str, Numbers]) -> Numbers:
    made = values[formula.left] * (1.0 if formula.factor is None else formula.factor)
    if formula.right is not None:
        made = combined(formula.operation, made, values[formula.right], formula.unit)
    return with_terms(made, formula.terms, lambda name: values[name])


def _candidates(
    name: str, scale: int | None, values: Mapping[str, Numbers], target: Numbers, probes: npt.NDArray[np.intp]
) -> Iterator[Formula]:
    """Formulas that give a column in many of the probes, the simple ones first."""
    names = list(values)
    if not names:
        return
    table, wanted = np.stack([values[other][probes] for other in names]), target[probes]

    def often(made: Numbers, rounded_to: int | None) -> npt.NDArray[np.bool_]:
        shares = agree(made, wanted, rounded_to=rounded_to).mean(axis=-1)
        found: npt.NDArray[np.bool_] = shares >= _OF_PROBES
        return found

    plain = Formula(column=name, operation="copy", left="", scale=scale)
    for at in np.flatnonzero(often(table, None)):
        yield plain.model_copy(update={"left": names[at]})
    for operation, factor in _PAIRS:
        rounded_to = scale if operation in ROUNDED else None
        made = combined(operation, table[:, None] * (1.0 if factor is None else factor), table[None], 1)
        for left, right in zip(*np.nonzero(often(made, rounded_to)), strict=True):
            if left != right and (operation in ("difference", "quotient") or left < right):
                parts = {"operation": operation, "left": names[left], "right": names[right], "factor": factor}
                yield plain.model_copy(update=parts)
    names, table = names[-_MOST_OF_THREE:], table[-_MOST_OF_THREE:]
    yield from _rated(plain, names, table, often)
    yield from _sums(plain, names, table, often)


def _rated(plain: Formula, names: list[str], table: Numbers, often: Often) -> Iterator[Formula]:
    """One column, or the product of two, less a discount or plus a tax, or both."""
    of = dict(zip(names, table, strict=True))
    first, second = np.triu_indices(len(names), k=1)
    bases = np.concatenate([table, table[first] * table[second]])
    for terms in rate_combinations(of):
        for at in np.flatnonzero(often(with_terms(bases, terms, lambda name: of[name]), plain.scale)):
            pair = at - len(names)
            left = names[at] if pair < 0 else names[first[pair]]
            right = None if pair < 0 else names[second[pair]]
            if not {left, right} & {term.column for term in terms}:
                parts = {"operation": "product", "left": left, "right": right, "terms": terms}
                yield plain.model_copy(update=parts)


def _sums(plain: Formula, names: list[str], table: Numbers, often: Often) -> Iterator[Formula]:
    """`a + b + c`, `a + b - c` and `a - b - c`."""
    sums, differences = table[:, None] + table[None], table[:, None] - table[None]
    for operation, sign, pairs in (("sum", 1, sums), ("sum", -1, sums), ("difference", -1, differences)):
        made = pairs[:, :, None] + sign * table[None, None]
        for a, b, c in zip(*np.nonzero(often(made, None)), strict=True):
            ordered = (operation == "difference" or a < b) and ((operation, sign) == ("sum", -1) or b < c)
            if len({a, b, c}) == 3 and ordered:
                term = Term(operation="plus" if sign > 0 else "minus", column=names[c])
                parts = {"operation": operation, "left": names[a], "right": names[b], "terms": (term,)}
                yield plain.model_copy(update=parts)
