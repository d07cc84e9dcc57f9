"""Exact copies: synthetic rows equal to a source row that few share, against what chance alone gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.validate.encoding import as_text
from synth_assets.validate.statistics import wilson

HELD_OUT_ROWS_FOR_CHANCE = 50
# Every table has this test at a threshold that is often 0, so the allowance is three standard errors, not 95 %.
STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class Copies:
    """How many rows equal a training row whose combination fewer than min_group training rows share.

    Attributes:
        share: Of the synthetic rows.
        chance: Of rows that no engine saw.
        by_held_out: Whether `chance` was counted on held-out rows; else it is Good and Turing's estimate.
        excess: Lower bound of share - chance at three standard errors (Newcombe's interval, 1998, over both strata).
    """

    share: float
    chance: float
    by_held_out: bool
    excess: float


def comparable(frames: Sequence[pl.DataFrame], columns: Sequence[str]) -> list[pl.DataFrame]:
    """The frames' columns in the first one's types; a column that does not fit is compared as text."""
    first = frames[0]
    return [
        frame.select(
            (frame[c] if all(f.schema[c] == first.schema[c] for f in frames) else as_text(frame[c])).alias(str(i))
            for i, c in enumerate(columns)
        )
        for frame in frames
    ]


def count_copies(
    training: pl.DataFrame, held_out: pl.DataFrame, synthetic: pl.DataFrame, *, columns: Sequence[str], min_group: int
) -> Copies:
    """Compare whole rows over `columns`, NULL equal to NULL.

    An engine that leaves rare values out makes only rows of common ones, which meet by chance more often. So chance is
    counted among rows of common values and among others by themselves, weighted as the synthetic rows are.

    Without enough held-out rows, chance is the share of training rows whose combination occurs 2 to min_group times:
    by Good and Turing (1953) a fresh row meets a combination seen r times with probability (r + 1) N[r + 1] / N.
    """
    train, held, fake = comparable([training, held_out, synthetic], columns)
    groups = train.group_by(train.columns).len("rows")
    rare = groups.filter(pl.col("rows") < min_group).drop("rows")
    by_held_out = held.height >= HELD_OUT_ROWS_FOR_CHANCE
    unseen = held if by_held_out else train
    fresh_hits = rare
    if not by_held_out:
        fresh_hits = groups.filter((pl.col("rows") >= 2) & (pl.col("rows") <= min_group)).drop("rows")
    share = chance = below = above = 0.0
    for of_shared_values in (True, False):
        made = _in_stratum(fake, train, min_group, of_shared_values=of_shared_values)
        weight = made.height / max(fake.height, 1)
        if not weight:
            continue
        others = _in_stratum(unseen, train, min_group, of_shared_values=of_shared_values)
        copied, expected = (_hits(made, rare), made.height), (_hits(others, fresh_hits), others.height)
        share += weight * copied[0] / copied[1]
        chance += weight * expected[0] / max(expected[1], 1)
        below += (weight * (copied[0] / copied[1] - wilson(*copied, z=STANDARD_ERRORS)[0])) ** 2
        high = wilson(*expected, z=STANDARD_ERRORS)[1] if expected[1] else 1.0
        above += (weight * (high - expected[0] / max(expected[1], 1))) ** 2
    return Copies(
        share=share, chance=chance, by_held_out=by_held_out, excess=share - chance - float(np.sqrt(below + above))
    )


def _hits(rows: pl.DataFrame, combinations: pl.DataFrame) -> int:
    return rows.join(combinations, on=rows.columns, how="semi", nulls_equal=True).height


def _in_stratum(rows: pl.DataFrame, training: pl.DataFrame, min_group: int, *, of_shared_values: bool) -> pl.DataFrame:
    """Rows whose values are all shared by min_group training rows each, or the others."""
    shared = pl.Series(np.ones(rows.height, dtype=np.bool_))
    for name in rows.columns:
        common = training.group_by(name).len("rows").filter(pl.col("rows") >= min_group).select(name)
        known = common.with_columns(pl.lit(value=True).alias("known"))
        found = rows.select(name).join(known, on=name, how="left", nulls_equal=True, maintain_order="left")
        shared &= found["known"].fill_null(value=False)
    return rows.filter(shared if of_shared_values else ~shared)
