"""How near the columns of a synthetic table are to those of the real one."""

import warnings
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.figures.classifier import cross_validated_auc
from benchmarks.figures.columns import Kinds, coded, draw, matrix

ROWS = 20_000
ROWS_IN_REPORT = 50_000
FEWEST_ROWS = 30
# 40 columns make 780 pairs. Of a wider table a seeded choice of 40 is compared pair by pair.
MOST_COLUMNS_IN_PAIRS = 40


@dataclass(frozen=True)
class Quality:
    """SDMetrics' Column Shapes and Column Pair Trends; 1 is best, None where there is nothing to compare."""

    shape: float | None
    trend: float | None


def quality(real: pl.DataFrame, synthetic: pl.DataFrame, kinds: Kinds, *, rng: np.random.Generator) -> Quality:
    """SDMetrics' quality report of at most 50,000 rows a side.

    Every pair counts, however weakly its columns hang together, as in published tables; the report by itself leaves
    out weak pairs.
    """
    if not kinds or min(real.height, synthetic.height) < 2:
        return Quality(None, None)
    left, right = draw(real, ROWS_IN_REPORT, rng), draw(synthetic, ROWS_IN_REPORT, rng)
    if len(kinds) <= MOST_COLUMNS_IN_PAIRS:
        return Quality(*_report(left, right, kinds))
    chosen = sorted(rng.choice(len(kinds), MOST_COLUMNS_IN_PAIRS, replace=False))
    in_pairs = {name: kind for place, (name, kind) in enumerate(kinds.items()) if place in chosen}
    return Quality(_shapes(left, right, kinds), _report(left, right, in_pairs)[1])


def two_sample(real: pl.DataFrame, synthetic: pl.DataFrame, kinds: Kinds, *, rng: np.random.Generator) -> float | None:
    """The area under the ROC curve of a classifier told to tell real rows from synthetic ones; 0.5 is best.

    As many rows from each side, at most 20,000; None below 30. The test is that of Lopez-Paz and Oquab, "Revisiting
    Classifier Two-Sample Tests" (ICLR 2017).
    """
    rows = min(ROWS, real.height, synthetic.height)
    if rows < FEWEST_ROWS or not kinds:
        return None
    scales, sides = coded(draw(real, rows, rng), [draw(synthetic, rows, rng)], kinds)
    return cross_validated_auc(*(matrix(scales, side) for side in sides))


def _report(real: pl.DataFrame, synthetic: pl.DataFrame, kinds: Kinds) -> tuple[float | None, float | None]:
    columns = list(kinds)
    with warnings.catch_warnings():
        # Of its own renaming, and of columns that do not vary: these it leaves out, as is wanted.
        warnings.simplefilter("ignore")
        from sdmetrics.reports.single_table import QualityReport

        report = QualityReport()
        report.real_correlation_threshold = report.real_association_threshold = 0
        report.generate(
            real.select(columns).to_pandas(),
            synthetic.select(columns).to_pandas(),
            {"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}},
            verbose=False,
        )
    shape, trend = (None if np.isnan(score) else float(score) for score in report.get_properties()["Score"])
    return shape, trend


def _shapes(real: pl.DataFrame, synthetic: pl.DataFrame, kinds: Kinds) -> float | None:
    """The report's Column Shapes alone: of a wide table it is quick, and the pairs are not."""
    from sdmetrics.single_column import KSComplement, TVComplement

    scores = []
    for name, kind in kinds.items():
        metric = KSComplement if kind in ("numerical", "datetime") else TVComplement
        scores.append(metric.compute(real[name].to_pandas(), synthetic[name].to_pandas()))
    known = [score for score in scores if not np.isnan(score)]
    return float(np.mean(known)) if known else None
