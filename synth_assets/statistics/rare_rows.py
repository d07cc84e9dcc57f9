"""Rows with a value that few share: a rare category, or one of the highest or lowest numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import Array, Scale, as_numbers, as_text, scale_of
from synth_assets.statistics.exchange import LEVEL
from synth_assets.statistics.row_keys import column_keys, row_keys

# Of so many rows one may come out whole though no engine gave its rare value: a computed column can meet it.
BY_COMPUTATION = 0.01
# Of fewer values no range is protected: round numbers around them come out, which may be those of a row.
RANGES_OF_NUMBERS = 4


@dataclass(frozen=True)
class RareCopies:
    """Different source rows with a rare value.

    Attributes:
        rows: How many there are.
        copied: How many came out whole.
        allowed: How many may, computed columns being what they are; more do in one of a thousand honest tables.
    """

    rows: int
    copied: int
    allowed: int


def holds_rare_value(rows: pl.DataFrame, source: pl.DataFrame, *, columns: Sequence[str], min_group: int) -> Array:
    """Which rows hold a category that fewer than min_group source rows share, or a number that fewer reach.

    Engines keep such values back. A number is reached by the source rows that have it or one further from the middle;
    of few numbers none is rare. NULL, true and false are not rare.

    Args:
        columns: In both frames.

    Returns:
        bool of shape (rows,).
    """
    rare = np.zeros(rows.height, dtype=np.bool_)
    for name in columns:
        known, asked = source[name], rows[name]
        if known.dtype == pl.Boolean:
            continue
        if scale_of(known.dtype, asked.dtype) is Scale.NUMBER:
            rare |= _beyond(as_numbers(asked), as_numbers(known), min_group)
        else:
            counted = as_text(known).drop_nulls().alias("value").value_counts(name="rows")
            few = counted.filter(pl.col("rows") < min_group)["value"]
            rare |= as_text(asked).is_in(few.implode()).fill_null(value=False).to_numpy()
    return rare


def count_rare_copies(
    source: pl.DataFrame, synthetic: pl.DataFrame, *, columns: Sequence[str], rare_in: Sequence[str], min_group: int
) -> RareCopies:
    """Source rows with a rare value that came out, equal in all columns, NULL equal to NULL.

    No held-out rows are needed: such a value must not come out, so an engine that keeps to it copies none.

    Args:
        columns: What rows are compared by.
        rare_in: Those of them whose rare values the engine must keep back.
    """
    rare = holds_rare_value(source, source, columns=rare_in, min_group=min_group)
    known, made = (row_keys(keys) for keys in column_keys([source, synthetic], columns))
    targets = np.unique(known[rare])
    copied = int(np.isin(targets, made).sum())
    return RareCopies(len(targets), copied, _most_by_chance(len(targets)))


def _beyond(numbers: Array, known: Array, min_group: int) -> Array:
    ordered = np.sort(known[np.isfinite(known)])
    if len(ordered) < RANGES_OF_NUMBERS * min_group:
        return np.zeros(len(numbers), dtype=np.bool_)
    beyond: Array = (numbers < ordered[min_group - 1]) | (numbers > ordered[-min_group])
    return beyond


def _most_by_chance(rows: int) -> int:
    """The fewest of so many that more come out by computation with a probability of at most LEVEL: binomial."""
    of = np.arange(rows)
    steps = np.log((rows - of) / (of + 1)) + np.log(BY_COMPUTATION / (1 - BY_COMPUTATION))
    probabilities = np.exp(np.concatenate([[0.0], np.cumsum(steps)]) + rows * np.log1p(-BY_COMPUTATION))
    return int(np.argmax(np.cumsum(probabilities) >= 1 - LEVEL))
