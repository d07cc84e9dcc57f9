"""How likely chance is to make what looks like a dependency."""

import math

import polars as pl

MOST_BY_CHANCE = 1e-6
FEWEST_ROWS = 50


def is_chance(rows: int, share: float, *, tried: int) -> bool:
    """Whether chance might make so many rows agree in one of the dependencies that were tried.

    Args:
        share: How often one row agrees by chance.
    """
    return math.log(max(tried, 1)) + rows * math.log(min(max(share, 1e-300), 1 - 1e-12)) >= math.log(MOST_BY_CHANCE)


def may_be_chance(rows: int, values: pl.Series, *, tried: int) -> bool:
    """Whether a column that has nothing to do with others might agree with them in so many rows.

    Args:
        rows: Rows that agree with what others say; each does so by chance as often as the column's most frequent value
            occurs, at most.
        values: The column in these rows.
    """
    if not len(values):
        return True
    return is_chance(rows, values.value_counts(sort=True, normalize=True, name="#")["#"][0], tried=tried)
