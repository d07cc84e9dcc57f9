"""A trial of a table whose columns hang together, without a database."""

import numpy as np
import polars as pl

from synth_assets.synthesize.auto.trial import Trial, TrialRows
from synth_assets.synthesize.relational.keeping.checks import RowChecks


def made_rows(rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 5, rows)
    one, two, three = rng.normal(size=(3, rows))
    return pl.DataFrame(
        {
            "kind": [f"k{k}" for k in kind],
            "amount": np.round(one * (1 + kind) + 10 * kind, 2),
            "price": np.round(np.exp(one + 0.3 * two), 2),
            "product": np.round(two * one, 3),
            "visits": rng.poisson(3 + kind),
            "member": rng.random(rows) < 0.1 + 0.15 * kind,
            "sum": np.round(three + one, 3),
            # Follows its column so closely that only small leaves can.
            "wave": np.round(np.sin(4 * one) + 0.05 * two, 3),
        }
    )


def made_trial(*, training: int = 5_000, held_out: int = 800) -> Trial:
    rows = made_rows(training, 0), made_rows(held_out, 1)
    return Trial(
        table="made",
        training=TrialRows(rows[0], None, np.arange(training)),
        held_out=TrialRows(rows[1], None, training + np.arange(held_out)),
        telling=tuple(rows[0].columns),
        kept=frozenset(),
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
    )
