"""An invented table of 200 columns, from a seed: forty things nobody sees, and five columns that tell of each."""

import numpy as np
import polars as pl

from benchmarks.cases.case import Case, Places

ROWS, HELD_OUT, GROUPS = 20_000, 10_000, 40
KINDS = {"amount": "numerical", "score": "numerical", "level": "categorical", "flag": "boolean", "extra": "numerical"}
SCHEMA = {
    "tables": {
        "wide": {
            "primary_key": [],
            "columns": {f"{name}_{group}": kind for group in range(GROUPS) for name, kind in KINDS.items()},
        }
    },
    "foreign_keys": [],
}


def wide(places: Places) -> Case:  # noqa: ARG001 (nothing is read)
    """20,000 rows, 200 columns."""
    return Case(
        name="wide", frames={"wide": rows(ROWS, seed=1)}, schema=SCHEMA, held_out={"wide": rows(HELD_OUT, seed=2)}
    )


def rows(count: int, *, seed: int) -> pl.DataFrame:
    """Each group hangs on the one before it; `extra` is there only where `flag` is."""
    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray | pl.Series] = {}
    hidden = rng.normal(size=count)
    for group in range(GROUPS):
        hidden = 0.6 * hidden + 0.8 * rng.normal(size=count)
        level = np.digitize(hidden + 0.3 * rng.normal(size=count), [-1.5, -0.5, 0.5, 1.5])
        flag = rng.random(count) < 1 / (1 + np.exp(-1.5 * hidden))
        extra = np.round(10 * level + rng.gamma(2.0, 3.0, count), 1)
        columns |= {
            f"amount_{group}": np.round(np.exp(1.2 * hidden + 0.5 * rng.normal(size=count)), 2),
            f"score_{group}": np.clip(np.round(50 + 15 * hidden + 8 * rng.normal(size=count)), 0, 100).astype(int),
            f"level_{group}": np.array(["lowest", "low", "middle", "high", "highest"])[level],
            f"flag_{group}": flag,
            f"extra_{group}": pl.Series(np.where(flag, extra, np.nan), nan_to_null=True),
        }
    return pl.DataFrame(columns)
