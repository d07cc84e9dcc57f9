"""Learning a table's codes from its rows: every look at a row is here, and each is paid for.

The promise: whatever one entity's rows are, there or not there, the outcome has nearly the same distribution, with the
rho that was asked for. All that is looked at are counts, each with noise; what is made of them costs nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.synthesize.private import pairs
from synth_assets.synthesize.private.accounting import deviation
from synth_assets.synthesize.private.coding import Binning, Coding, PrivateColumn
from synth_assets.synthesize.private.loglinear import LogLinear, fit
from synth_assets.synthesize.private.noise import Noise
from synth_assets.synthesize.private.pairs import Coded
from synth_assets.synthesize.private.projection import Floats, nearest_counts
from synth_assets.synthesize.private.refinement import Cells, Intervals, bins, levels, refine

# Shares of the whole rho: single columns, which pairs to count, and their counts.
SINGLE, CHOICE, PAIRS = 0.3, 0.03, 0.67
MOST_BINS = 24
# A bin holds at least so many standard deviations of the noise.
LEAST_BIN = 8.0


@dataclass(frozen=True)
class Learned:
    """What is known of a table after learning it.

    Attributes:
        rows: The number of its rows that were looked at, with noise.
        outside: By column, the share of rows whose label is not listed, with noise.
        pairs: How many pairs of columns were counted.
    """

    codings: tuple[Coding, ...]
    model: LogLinear
    rows: int
    outside: Mapping[str, float]
    pairs: int


def learn(rows: pl.DataFrame, columns: Sequence[PrivateColumn], *, rho: float, most: int, noise: Noise) -> Learned:
    """Learn the codes of a table's rows.

    Args:
        rows: At least these columns; at most `most` rows of any entity.
        rho: What it may cost.
        noise: Fresh noise.
    """
    several = len(columns) > 1
    singles = _Singles(columns, rho=rho * (SINGLE if several else 1.0), most=most, noise=noise)
    cells = [column.cells(rows[column.name]) for column in columns]
    total = singles.rows(rows.height)
    coded_columns = [singles.column(column, places, total) for column, places in zip(columns, cells, strict=True)]
    codings = tuple(coding for coding, _ in coded_columns)
    coded = Coded(
        codes=[coding.codes(places) for coding, places in zip(codings, cells, strict=True)],
        sizes=[coding.size for coding in codings],
        counts=[counts for _, counts in coded_columns],
        total=float(total),
        most=most,
    )
    scores = pairs.dependence(coded, rho=rho * CHOICE, noise=noise) if several else {}
    chosen = pairs.choose(scores, coded, rho=rho * PAIRS)
    measured = pairs.measure(chosen, coded, rho=rho * PAIRS, noise=noise) if chosen else {}
    outside = {
        coding.column.name: float(counts[-1] / max(total, 1))
        for coding, counts in coded_columns
        if coding.has_outside and counts[-1] > 0
    }
    model = _without_outside(fit(coded.counts, measured, scores, total), codings)
    return Learned(codings, model, total, outside, len(chosen))


class _Singles:
    """The noisy counts of single columns: every one of their queries has the same noise."""

    def __init__(self, columns: Sequence[PrivateColumn], *, rho: float, most: int, noise: Noise) -> None:
        queries = 1 + sum(_queries(column) for column in columns)
        self._deviation = deviation(rho / queries, most)
        self._noise = noise

    def rows(self, exact: int) -> int:
        noisy = self._noise.added_to(np.array([exact], dtype=np.int64), self._deviation)
        return max(int(noisy[0]), 0)

    def column(self, column: PrivateColumn, cells: Cells, total: int) -> tuple[Coding, Floats]:
        """The codes of a column, and the estimated rows of each, which add up to `total`."""
        coding = Coding(column, self._binning(column, cells, total) if column.is_long else None)
        codes = coding.codes(cells)
        exact = np.bincount(codes[codes >= 0], minlength=coding.size).astype(np.int64)
        return coding, nearest_counts(self._noise.added_to(exact, self._deviation), total)

    def _binning(self, column: PrivateColumn, cells: Cells, total: int) -> Binning:
        intervals: Intervals = refine(cells, _cells(column), noise=self._noise, deviation=self._deviation)
        weights = nearest_counts(intervals.counts, total)
        numbers = bins(weights, most=MOST_BINS, least=LEAST_BIN * self._deviation)
        return Binning(intervals.starts, intervals.widths, weights, numbers)


def _queries(column: PrivateColumn) -> int:
    """How often each row is counted for a column by itself."""
    return 1 + (levels(_cells(column)) if column.is_long else 0)


def _cells(column: PrivateColumn) -> int:
    domain = column.domain
    return domain.cells if domain.kind == "range" else len(domain.values)


def _without_outside(model: LogLinear, codings: Sequence[Coding]) -> LogLinear:
    """The model so that no label comes out as one that is not listed."""
    steps = []
    for step in model.steps:
        bias = step.bias.copy()
        if codings[step.column].has_outside:
            bias[-1] = -np.inf
        steps.append(type(step)(step.column, bias, step.weights))
    return LogLinear(tuple(steps))
