"""The classifier of all figures that need one: scikit-learn's gradient-boosted trees as they come."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from synth_assets.statistics.encoding import Array
from synth_assets.statistics.threads import one_thread

FOLDS = 3


def cross_validated_auc(first: Array, second: Array) -> float:
    """How well two sets of rows can be told apart: area under the ROC curve, each fold judged by what it did not see.

    Args:
        first, second: float64 of shape (rows, columns), NaN for NULL.
    """
    rows, side = np.vstack([first, second]), np.repeat([0, 1], [len(first), len(second)])
    rows = rows[:, np.isfinite(rows).any(axis=0)]  # the classifier cannot bin a column that is NULL throughout
    guessed = np.zeros(len(side))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, side):
        guessed[unseen] = _probabilities(rows[seen], side[seen], rows[unseen])
    return float(roc_auc_score(side, guessed))


def transferred_auc(train: tuple[Array, Array], test: tuple[Array, Array]) -> float:
    """How well what was learned of one set of rows and labels predicts another's: area under the ROC curve."""
    return float(roc_auc_score(test[1], _probabilities(*train, test[0])))


def _probabilities(rows: Array, labels: Array, asked: Array) -> Array:
    with one_thread():
        model = HistGradientBoostingClassifier(random_state=0).fit(rows, labels)
        probabilities: Array = model.predict_proba(asked)[:, 1]
    return probabilities
