"""Numbers that three others give, or one and a constant: `a + b - c`, `a * b * (1 - discount)`, `net * 0.19`."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from synth_assets.dependencies.formula import Formula, Numbers, agree
from synth_assets.dependencies.terms import rate_combinations, with_term, with_terms
from synth_assets.plan.dependencies import Term

_MOST_COLUMNS = 24  # the row's own ones, which come last
_MOST_FOUND = 20
_DIGITS = 4  # of a constant
_SUMS = (("sum", "plus"), ("sum", "minus"), ("difference", "minus"))


def three_part_candidates(
    name: str, scale: int | None, values: Mapping[str, Numbers], target: Numbers, probes: npt.NDArray[np.intp]
) -> list[Formula]:
    """The formulas that give a column in the probes, the simple ones first.

    Args:
        scale: Decimal places of the column, None if it has any.
        values: The numbers that it may be computed from, known in all probes.
        target: Its own.
        probes: The rows that are looked at.
    """
    names = list(values)[-_MOST_COLUMNS:]
    table, wanted = {other: values[other][probes] for other in names}, target[probes]
    formula = Formula(column=name, operation="product", left="", scale=scale)
    found: list[Formula] = []
    for offer in (*_constants(formula, table, wanted), *_rated(formula, table, wanted), *_sums(formula, table, wanted)):
        found.append(offer)
        if len(found) == _MOST_FOUND:
            break
    return found


def _constants(formula: Formula, table: Mapping[str, Numbers], wanted: Numbers) -> Iterator[Formula]:
    for left, column in table.items():
        largest = int(np.argmax(np.abs(column)))
        if column[largest] == 0 or wanted[largest] == 0:
            continue
        factor = float(f"{wanted[largest] / column[largest]:.{_DIGITS}g}")
        if factor != 1 and agree(column * factor, wanted, rounded_to=formula.scale).all():
            yield formula.model_copy(update={"left": left, "factor": factor})


def _rated(formula: Formula, table: Mapping[str, Numbers], wanted: Numbers) -> Iterator[Formula]:
    """One column, or the product of two, less a discount or plus a tax, or both."""
    names = list(table)
    stacked = np.stack([table[name] for name in names]) if names else np.empty((0, len(wanted)))
    first, second = np.triu_indices(len(names), k=1)
    bases = np.concatenate([stacked, stacked[first] * stacked[second]])
    for terms in rate_combinations(table):
        made = with_terms(bases, terms, lambda name: table[name])
        for at in np.flatnonzero(agree(made, wanted, rounded_to=formula.scale).all(axis=1)):
            pair = at - len(names)
            left = names[at] if pair < 0 else names[first[pair]]
            right = None if pair < 0 else names[second[pair]]
            if not {left, right} & {term.column for term in terms}:
                yield formula.model_copy(update={"left": left, "right": right, "terms": terms})


def _sums(formula: Formula, table: Mapping[str, Numbers], wanted: Numbers) -> Iterator[Formula]:
    """Three columns, of which the last or the last two may be taken off."""
    names = list(table)
    if len(names) < 3:
        return
    stacked = np.stack([table[name] for name in names])
    for operation, last in _SUMS:
        term = Term(operation=last, column="")
        pairs = stacked[:, None, :] + stacked[None, :, :] * (1 if operation == "sum" else -1)
        made = with_term(pairs[:, :, None, :1], term, stacked[None, None, :, :1])
        left, right, third = np.nonzero(agree(made, wanted[:1], rounded_to=None)[..., 0])
        usual = (left != right) & (left != third) & (right != third)
        if operation == "sum":
            usual &= left < right
        if operation != "sum" or last == "plus":
            usual &= right < third
        left, right, third = left[usual], right[usual], third[usual]
        exact = agree(with_term(pairs[left, right], term, stacked[third]), wanted, rounded_to=None).all(axis=1)
        for a, b, c in zip(left[exact], right[exact], third[exact], strict=True):
            terms = (term.model_copy(update={"column": names[c]}),)
            yield formula.model_copy(
                update={"operation": operation, "left": names[a], "right": names[b], "terms": terms}
            )
