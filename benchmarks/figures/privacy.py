"""How much synthetic rows tell of the rows that they were learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.figures.columns import Kinds, coded, draw
from benchmarks.figures.fidelity import two_sample
from synth_assets.statistics.distances import nearest, row_matrix
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.row_keys import column_keys, row_keys

SYNTHETIC_ROWS = 20_000
ROWS_A_SIDE = 10_000
FEWEST_HELD_OUT = 100
FALSE_POSITIVES = 0.01


@dataclass(frozen=True)
class Distances:
    """What the nearest rows tell, with as many training rows as held-out ones.

    Attributes:
        dcr_share: Share of synthetic rows that are nearer to a training row than to a held-out one; 0.5 is best.
        mia_auc: Area under the ROC curve of the attack "who is near to a synthetic row was learned"; 0.5 is best.
        tpr_1fpr: Share of training rows that it finds when it wrongly accuses 1 % of the others; 0.01 is best.
    """

    dcr_share: float
    mia_auc: float
    tpr_1fpr: float


@dataclass(frozen=True)
class Privacy:
    """The figures that need held-out rows are None without them.

    Attributes:
        copies: Share of synthetic rows that equal a training row in every compared column.
        copies_holdout: The same of held-out rows: what chance alone gives.
        c2st_holdout: The two-sample test against held-out rows, which an engine that memorises cannot fool.
    """

    copies: float | None = None
    copies_holdout: float | None = None
    c2st_holdout: float | None = None
    distances: Distances | None = None


def privacy(
    training: pl.DataFrame,
    held_out: pl.DataFrame | None,
    synthetic: pl.DataFrame,
    kinds: Kinds,
    *,
    rng: np.random.Generator,
) -> Privacy:
    """All figures of one table; a hold-out of fewer than 100 rows counts as none."""
    if not kinds or not training.height or not synthetic.height:
        return Privacy()
    if held_out is None or held_out.height < FEWEST_HELD_OUT:
        return Privacy(copies=copied_shares(training, [synthetic], list(kinds))[0])
    copies, by_chance = copied_shares(training, [synthetic, held_out], list(kinds))
    return Privacy(
        copies=copies,
        copies_holdout=by_chance,
        c2st_holdout=two_sample(held_out, synthetic, kinds, rng=rng),
        distances=_distances(training, held_out, synthetic, kinds, rng=rng),
    )


def copied_shares(training: pl.DataFrame, others: Sequence[pl.DataFrame], columns: Sequence[str]) -> list[float]:
    """Of each of the others, the share of rows that equal a training row in all columns; NULL equals NULL."""
    known, *asked = (row_keys(values) for values in column_keys([training, *others], columns))
    return [float(np.isin(keys, known).mean()) for keys in asked]


def _distances(
    training: pl.DataFrame,
    held_out: pl.DataFrame,
    synthetic: pl.DataFrame,
    kinds: Kinds,
    *,
    rng: np.random.Generator,
) -> Distances:
    rows = min(ROWS_A_SIDE, training.height, held_out.height)
    parts = [draw(held_out, rows, rng), draw(synthetic, SYNTHETIC_ROWS, rng)]
    scales, sides = coded(draw(training, rows, rng), parts, kinds)
    known, unseen, made = row_matrix(scales, sides[0], sides)
    near_known, near_unseen = nearest(known, made), nearest(unseen, made)
    closer = float((near_known < near_unseen).mean() + 0.5 * (near_known == near_unseen).mean())
    return Distances(closer, *attack(-nearest(made, known), -nearest(made, unseen)))


def attack(training: Array, held_out: Array) -> tuple[float, float]:
    """The area under the ROC curve, and the share found at 1 % false positives, of scores that are high for members."""
    from sklearn.metrics import roc_auc_score

    labels = np.repeat([1, 0], [len(training), len(held_out)])
    area = float(roc_auc_score(labels, np.concatenate([training, held_out])))
    return area, float((training > np.quantile(held_out, 1 - FALSE_POSITIVES)).mean())
