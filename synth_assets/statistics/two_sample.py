"""The two-sample test: can a classifier tell real rows from synthetic ones?"""

from collections.abc import Sequence

import numpy as np

from synth_assets.statistics.encoding import NULL, RARE, Array, Scale, Side
from synth_assets.statistics.threads import one_thread

ROWS_A_SIDE = 10_000
FEWEST_ROWS = 30


def features(scales: Sequence[Scale], side: Side) -> Array:
    """The rows as a float64 matrix, NaN for NULL; rows with a rare category left out. Shape (rows, columns)."""
    columns, comparable = [], np.ones(side.rows, dtype=bool)
    for scale, values in zip(scales, side.values, strict=True):
        if scale is Scale.CATEGORY:
            comparable &= values != RARE
            values = np.where(values == NULL, np.nan, values)
        columns.append(values.astype(np.float64))
    return np.column_stack(columns)[comparable]


def two_sample_auc(scales: Sequence[Scale], source: Side, synthetic: Side, *, rng: np.random.Generator) -> float | None:
    """ROC AUC of gradient-boosted trees told to tell the two sides apart, cross-validated in 3 folds.

    0.5 is best. At most 10,000 rows a side, as many from each. None with fewer than 30 comparable rows on a side.
    The test is that of Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests" (ICLR 2017).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    left, right = features(scales, source), features(scales, synthetic)
    rows = min(ROWS_A_SIDE, len(left), len(right))
    if rows < FEWEST_ROWS:
        return None
    left, right = (m[rng.choice(len(m), rows, replace=False)] for m in (left, right))
    matrix, side = _filled(np.vstack([left, right])), np.repeat([0, 1], rows)
    seed = int(rng.integers(2**31))
    guess = np.zeros(len(side))
    with one_thread():
        for training, testing in StratifiedKFold(3, shuffle=True, random_state=seed).split(matrix, side):
            model = HistGradientBoostingClassifier(max_iter=60, early_stopping=False, random_state=seed)
            model.fit(matrix[training], side[training])
            guess[testing] = model.predict_proba(matrix[testing])[:, 1]
    return float(roc_auc_score(side, guess))


def _filled(matrix: Array) -> Array:
    """NULL as a value of its own below all others: scikit-learn cannot bin a column that is NULL throughout."""
    finite = np.isfinite(matrix)
    lowest = np.where(finite, matrix, np.inf).min(axis=0)
    below = np.where(np.isfinite(lowest), lowest - 1.0, 0.0)
    filled: Array = np.where(np.isnan(matrix), below, np.nan_to_num(matrix))
    return filled
