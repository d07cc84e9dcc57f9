"""What is added to a result or multiplied with it: a third summand, a discount, a tax."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth_assets.plan.dependencies import Term

_MOST_RATES = 4
_RATED: tuple[Literal["less", "more"], ...] = ("less", "more")
Numbers = npt.NDArray[np.float64]


def with_terms(values: Numbers, terms: Sequence[Term], column: Callable[[str], Numbers]) -> Numbers:
    """The result with all terms, one after the other; `column` gives the numbers of one by its name."""
    for term in terms:
        values = with_term(values, term, column(term.column))
    return values


def with_term(values: Numbers, term: Term, column: Numbers) -> Numbers:
    """The result with one term more."""
    match term.operation:
        case "plus":
            return values + column
        case "minus":
            return values - column
        case "less":
            return values * (1 - column * term.share)
        case "more":
            return values * (1 + column * term.share)


def rate_combinations(columns: Mapping[str, Numbers]) -> list[tuple[Term, ...]]:
    """A discount or a tax, or both, as far as columns may be that."""
    single = _rates(columns)
    both = [
        (less, more)
        for less in single
        for more in single
        if (less.operation, more.operation) == ("less", "more") and less.column != more.column
    ]
    return [*((term,) for term in single), *both]


def _rates(columns: Mapping[str, Numbers]) -> list[Term]:
    """The terms that columns of shares (0 to 1), then of percentages (0 to 100), may be: a discount, a tax.

    Rates are few: columns of few different values come first.
    """
    shares: list[tuple[int, str]] = []
    percentages: list[tuple[int, str]] = []
    for name, values in columns.items():
        known = values[~np.isnan(values)]
        if len(known) and known.min() >= 0 and known.max() <= 100 and known.min() < known.max():
            (shares if known.max() <= 1 else percentages).append((len(np.unique(known)), name))
    named = [(name, False) for _, name in sorted(shares)] + [(name, True) for _, name in sorted(percentages)]
    return [
        Term(operation=operation, column=name, percent=percent)
        for name, percent in named[:_MOST_RATES]
        for operation in _RATED
    ]
