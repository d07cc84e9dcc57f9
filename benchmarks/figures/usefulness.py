"""What synthetic rows are good for: learn a prediction from them, and try it on real rows that nobody saw."""

import polars as pl

from benchmarks.cases.case import Prediction
from benchmarks.figures.classifier import transferred_auc
from benchmarks.figures.columns import Kinds, coded, matrix
from synth_assets.statistics.encoding import Array


def usefulness(train: pl.DataFrame, held_out: pl.DataFrame, kinds: Kinds, prediction: Prediction) -> float | None:
    """The area under the ROC curve on held-out rows of a classifier trained on `train`; 1 is best.

    None if `train` knows only one answer.
    """
    others = {column: kind for column, kind in kinds.items() if column != prediction.column}
    labels = [_labels(frame, prediction) for frame in (train, held_out)]
    if labels[0].min() == labels[0].max():
        return None
    scales, sides = coded(train, [held_out], others)
    return transferred_auc(*((matrix(scales, side), label) for side, label in zip(sides, labels, strict=True)))


def _labels(frame: pl.DataFrame, prediction: Prediction) -> Array:
    labels: Array = (frame[prediction.column] == prediction.positive).fill_null(value=False).to_numpy()
    return labels
