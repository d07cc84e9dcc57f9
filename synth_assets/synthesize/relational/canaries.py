"""Canaries: invented values in a few of the rows that a model learns, which must never come out.

After Carlini et al., "The secret sharer" (2019). They are planted after everything that holds between columns was
looked for, into cells of rows that stay where they are: keys, references, numbers of children and dependencies are
those of the source, and no row is published that would not be without them.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
import polars as pl

from synth_assets.statistics.rounding import decimals

CANARIES_FILE = "canaries.parquet"
CANARIES = 8
# In fewer rows they would be more than one in a hundred.
FEWEST_ROWS = 1_000
FEWEST_VALUES = 100
LETTERS = (8, 16)
TRIES = 20


@dataclass(frozen=True)
class Planted:
    """Rows with canaries in them.

    Attributes:
        rows: What is learned.
        canaries: The invented cells, one row for each canary, only columns that have any; no row if none was planted.
    """

    rows: pl.DataFrame
    canaries: pl.DataFrame


def plant(rows: pl.DataFrame, *, among: Sequence[str], table: str, min_group: int, seed: int) -> Planted:
    """Put a canary into eight rows: new labels for texts, values that no row has for numbers; NULL stays NULL.

    Nothing is planted into fewer than 1,000 rows, nor where a value of a single row may come out (`min_group` of 1).

    Args:
        among: The columns that may hold one.
    """
    if rows.height < FEWEST_ROWS or min_group < 2:
        return Planted(rows, pl.DataFrame())
    rng = np.random.default_rng([seed, zlib.crc32(table.encode())])
    at = np.sort(rng.choice(rows.height, CANARIES, replace=False))
    cells: list[pl.Series] = []
    for name in among:
        invented = _invented(rows[name], rng)
        if invented is not None:
            there = rows[name][at].is_not_null()
            cells.append(pl.select(pl.when(there).then(invented).alias(name)).to_series())
    if not cells:
        return Planted(rows, pl.DataFrame())
    canaries = pl.DataFrame(cells)
    place = np.full(rows.height, -1, dtype=np.int64)
    place[at] = np.arange(CANARIES)
    spread = canaries[np.maximum(place, 0)]
    is_canary = pl.Series(place >= 0)
    return Planted(
        rows.with_columns(
            pl.when(is_canary & spread[name].is_not_null()).then(spread[name]).otherwise(pl.col(name)).alias(name)
            for name in canaries.columns
        ),
        canaries,
    )


def _invented(values: pl.Series, rng: np.random.Generator) -> pl.Series | None:
    """New values of a column; None where there can be none that would tell."""
    if values.dtype == pl.String:
        longest = values.str.len_chars().max()
        length = int(np.clip(longest if isinstance(longest, int) else 0, *LETTERS))
        letters = rng.choice(list(ascii_lowercase), (CANARIES, length))
        return pl.Series(values.name, ["".join(row) for row in letters])
    if values.dtype.is_numeric() and values.n_unique() >= FEWEST_VALUES:
        return _unused(values, rng)
    return None


def _unused(values: pl.Series, rng: np.random.Generator) -> pl.Series | None:
    """Numbers between the tenth and the ninetieth hundredth that no row has, rounded as the rows are."""
    numbers = values.cast(pl.Float64).drop_nulls().drop_nans().to_numpy()
    low, high = np.quantile(numbers, [0.1, 0.9])
    digits = decimals(numbers)
    known = values.unique()
    found: list[float] = []
    for _ in range(TRIES * CANARIES):
        drawn = pl.Series(values.name, [round(float(rng.uniform(low, high)), digits)]).cast(values.dtype)
        if not drawn.is_in(known.implode())[0] and drawn[0] not in found:
            found.append(drawn[0])
        if len(found) == CANARIES:
            return pl.Series(values.name, found, dtype=values.dtype)
    return None
