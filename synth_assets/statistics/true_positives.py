"""How many rows an attack finds while it accuses hardly anybody wrongly."""

from dataclasses import dataclass

import numpy as np

from synth_assets.statistics.encoding import Array

FALSE_POSITIVES = 0.01


@dataclass(frozen=True)
class TruePositives:
    """The share of training rows whose score is above all but 1 % of the held-out ones; ties there count by halves.

    Attributes:
        order: Rows by falling score.
        begin, end: Of each row in that order, where the rows of the same score begin and end.
    """

    order: Array
    begin: Array
    end: Array

    @classmethod
    def of(cls, scores: Array) -> "TruePositives":
        """For scores of shape (rows,), higher for who is accused of having been learned."""
        order = np.argsort(-scores, kind="stable")
        _, tie, count = np.unique(-scores[order], return_inverse=True, return_counts=True)
        end = np.cumsum(count)
        return cls(order, (end - count)[tie], end[tie])

    def __call__(self, held_out: Array) -> Array:
        """The share for each of several draws of held-out rows: bool of shape (rows,) or (draws, rows)."""
        flags = np.atleast_2d(held_out)[:, self.order]
        before = np.zeros((len(flags), flags.shape[1] + 1), dtype=np.int32)
        np.cumsum(flags, axis=1, out=before[:, 1:])
        held = before[:, -1]
        training = flags.shape[1] - held
        # The score of the held-out row that all but 1 % of the others do not exceed.
        from_top = held - np.ceil((1 - FALSE_POSITIVES) * (held - 1)).astype(np.int64)
        bar = (before[:, 1:] >= from_top[:, None]).argmax(axis=1)
        begin, end, draw = self.begin[bar], self.end[bar], np.arange(len(flags))
        held_above, held_at = before[draw, begin], before[draw, end] - before[draw, begin]
        above, at = begin - held_above, end - begin - held_at
        taken = np.clip((FALSE_POSITIVES * held - held_above) / held_at, 0.0, 1.0)
        share: Array = (above + at * taken) / training
        return share
