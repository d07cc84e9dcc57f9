"""Sampling a fitted Gaussian copula given some columns: the conditional normal distribution, in closed form.

SDV's own conditional sampling draws one distinct given row at a time, which takes hours where every row is given
something else; this draws all rows that are given the same columns at once.
"""

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synth_assets.synthesize.sdv.frames import Known

if TYPE_CHECKING:
    import pandas as pd

_EDGE = 1e-7


def draw_conditionally(model: Any, n: int, known: Known, rng: np.random.Generator) -> "pd.DataFrame":
    """`n` coded rows in which known cells are as given.

    Args:
        model: A fitted GaussianCopulaSynthesizer.
        n: Rows.
        known: What is given, a row each.
        rng: Source of randomness.
    """
    import pandas as pd
    from scipy import stats  # type: ignore[import-untyped]

    copula, processor = model._model, model._data_processor  # noqa: SLF001 (SDV has no public way)
    processor.reset_sampling()
    columns = list(copula.columns)
    marginals = dict(zip(columns, copula.univariates, strict=True))
    given = [column for column in columns if column in known.known]
    numbers = processor.transform(known.frame, is_condition=True)
    mask = np.stack([known.known[column] for column in given], axis=1)
    scores = np.stack(
        [stats.norm.ppf(np.clip(marginals[c].cdf(numbers[c].to_numpy()), _EDGE, 1 - _EDGE)) for c in given], axis=1
    )
    normal = np.empty((n, len(columns)))
    at = {column: place for place, column in enumerate(columns)}
    patterns, which = np.unique(mask, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == number)
        fixed = [at[column] for column, is_known in zip(given, pattern, strict=True) if is_known]
        values = scores[np.ix_(rows, np.flatnonzero(pattern))]
        normal[rows] = _conditional_normal(copula.correlation.to_numpy(), fixed, values, rng)
    drawn = pd.DataFrame({c: marginals[c].percent_point(stats.norm.cdf(normal[:, at[c]])) for c in columns})
    return cast("pd.DataFrame", processor.reverse_transform(drawn))


def _conditional_normal(
    correlation: np.ndarray[Any, np.dtype[np.float64]],
    fixed: list[int],
    values: np.ndarray[Any, np.dtype[np.float64]],
    rng: np.random.Generator,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows of a normal distribution of mean 0 given `values` of its `fixed` places."""
    free = [place for place in range(len(correlation)) if place not in fixed]
    rows = np.empty((len(values), len(correlation)))
    rows[:, fixed] = values
    if free:
        across = correlation[np.ix_(free, fixed)]
        weights = across @ np.linalg.pinv(correlation[np.ix_(fixed, fixed)])
        covariance = correlation[np.ix_(free, free)] - weights @ across.T
        noise = rng.multivariate_normal(
            np.zeros(len(free)), covariance, size=len(values), method="eigh", check_valid="ignore"
        )
        rows[:, free] = values @ weights.T + noise
    return rows
