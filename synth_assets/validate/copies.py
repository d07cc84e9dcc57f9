"""Exact copies: synthetic rows equal to a source row that few share, against what chance alone gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from synth_assets.validate.encoding import as_text
from synth_assets.validate.statistics import lower_bound_of_difference

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
        excess: Lower bound of share - chance at three standard errors.
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

    Without enough held-out rows, chance is the share of training rows whose combination occurs 2 to min_group times:
    by Good and Turing (1953) a fresh row meets a combination seen r times with probability (r + 1) N[r + 1] / N.
    """
    train, held, fake = comparable([training, held_out, synthetic], columns)
    groups = train.group_by(train.columns).len("rows")
    rare = groups.filter(pl.col("rows") < min_group).drop("rows")

    def hits(rows: pl.DataFrame) -> int:
        return rows.join(rare, on=train.columns, how="semi", nulls_equal=True).height

    copied = (hits(fake), fake.height)
    by_held_out = held.height >= HELD_OUT_ROWS_FOR_CHANCE
    if by_held_out:
        expected = (hits(held), held.height)
    else:
        repeated = groups.filter((pl.col("rows") >= 2) & (pl.col("rows") <= min_group))["rows"].sum()
        expected = (int(repeated), train.height)
    return Copies(
        share=copied[0] / max(copied[1], 1),
        chance=expected[0] / max(expected[1], 1),
        by_held_out=by_held_out,
        excess=lower_bound_of_difference(copied, expected, z=STANDARD_ERRORS),
    )
