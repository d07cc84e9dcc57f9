"""Tables whose key is a label and a time: each label is an entity over time, though no table lists the entities.

A row drawn by itself knows neither which labels are taken at its time nor how often its label was drawn before. So the
labels are given out anew, to stretches of siblings that share one: longest stretches first, each to the label that is
free all the time, known at that time, and has most rows left to give, the drawn one if it will do.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Table, Value
from synth_assets.synthesize.relational.gaps import shared_range
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import ORDERED_KINDS

MOST_STRETCHES = 20_000
MOST_TIMES = 5_000
FOR_THE_DRAWN = 0.5
TIME, ROWS = "#time", "#rows"


class Panel(Value):
    """What is known of the labels of one key.

    Attributes:
        label, time: The columns of the key.
        labels: Those that at least `min_group` rows share.
        shares: Their shares of the rows.
        earliest, latest: When they are known, in the physical unit of `time`, without the rows at either end that
            are fewer than `min_group`.
    """

    label: str
    time: str
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    earliest: tuple[int, ...]
    latest: tuple[int, ...]


def find_panels(table: Table, rows: pl.DataFrame, labels: Sequence[str], *, min_group: int) -> tuple[Panel, ...]:
    """The panels among a table's unique sets; `labels` are the columns that may hold the label."""
    found = []
    for key in table.unique_sets:
        if len(key) != 2 or not set(key) <= set(rows.columns):
            continue
        for label, time in (key, key[::-1]):
            ordered = table.column(time).type.kind in ORDERED_KINDS and _is_whole(rows.schema[time])
            if label in labels and rows.schema[label] == pl.String and ordered:
                found.append(_panel(rows, label, time, min_group))
    return tuple(panel for panel in found if panel.labels)


def _is_whole(dtype: pl.DataType) -> bool:
    return dtype.is_integer() or dtype in (pl.Date, pl.Datetime)


def _panel(rows: pl.DataFrame, label: str, time: str, min_group: int) -> Panel:
    times = (
        rows.select(label, pl.col(time).to_physical().cast(pl.Int64).alias(TIME))
        .drop_nulls()
        .group_by(label)
        .agg(pl.len().alias(ROWS), pl.col(TIME))
        .filter(pl.col(ROWS) >= min_group)
        .sort([ROWS, label], descending=[True, False])
    )
    every = rows[time].drop_nulls().to_physical().cast(pl.Int64).sort().to_numpy()
    known = [shared_range(of.to_numpy(), min_group, among=every) for of in times[TIME]]
    return Panel(
        label=label,
        time=time,
        labels=tuple(times[label]),
        shares=tuple(float(n) / rows.height for n in times[ROWS]),
        earliest=tuple(low for low, _ in known),
        latest=tuple(high for _, high in known),
    )


def within_room(counts: Rows, times: pl.Series, panel: Panel, *, rng: np.random.Generator) -> Rows:
    """Numbers of children whose parents have the time of their key: no more at any time than there are labels.

    What is too much goes to parents of the nearest times that have room, as long as there are any.

    Args:
        counts: Children by parent.
        times: The time of each parent.
        panel: What is known of the labels.
        rng: Source of randomness.
    """
    known = np.flatnonzero(times.is_not_null().to_numpy())
    at, place = np.unique(times.to_physical().cast(pl.Int64).fill_null(0).to_numpy()[known], return_inverse=True)
    left = len(panel.labels) - np.bincount(place, weights=counts[known], minlength=len(at)).astype(np.int64)
    if len(at) > MOST_TIMES or not (left < 0).any():
        return counts
    counts = counts.copy()
    parents = [known[place == group] for group in range(len(at))]
    for group in np.flatnonzero(left < 0).tolist():
        children = np.repeat(parents[group], counts[parents[group]])
        for parent in rng.choice(children, -int(left[group]), replace=False).tolist():
            free = np.flatnonzero(left > 0)
            if not len(free):
                return counts
            to = int(free[np.argmin(np.abs(at[free] - at[group]))])
            counts[parent] -= 1
            counts[rng.choice(parents[to])] += 1
            left[to] -= 1
    return counts


def settle(rows: pl.DataFrame, panel: Panel, families: Rows | None) -> pl.DataFrame:
    """The rows with labels given out anew; as they are where there is too much to give out.

    Args:
        rows: With label and time.
        panel: What is known of the labels.
        families: The family of each row, if rows of one family follow each other in time; None if each row is by
            itself.
    """
    at, times = np.unique(rows[panel.time].to_physical().cast(pl.Int64).fill_null(-1).to_numpy(), return_inverse=True)
    places = {text: place for place, text in enumerate(panel.labels)}
    drawn = np.array([places.get(text, -1) for text in rows[panel.label].to_list()], dtype=np.int64)
    starts = _stretches(drawn, families)
    if len(starts) > MOST_STRETCHES or len(at) > MOST_TIMES or not rows.height:
        return rows
    given = _given(panel, at, times, drawn, starts)
    texts = pl.Series(panel.labels, dtype=pl.String).gather(np.maximum(given, 0))
    keep = pl.Series(given < 0)
    return rows.with_columns(rows[panel.label].zip_with(keep, texts.alias(panel.label)))


def _stretches(drawn: Rows, families: Rows | None) -> Rows:
    """Where a stretch of siblings with one label begins."""
    if families is None:
        return np.arange(len(drawn))
    changes = (np.diff(families) != 0) | (np.diff(drawn) != 0)
    return np.r_[0, np.flatnonzero(changes) + 1] if len(drawn) else np.array([], dtype=np.int64)


def _given(
    panel: Panel, at: npt.NDArray[np.int64], times: npt.NDArray[np.intp], drawn: Rows, starts: Rows
) -> npt.NDArray[np.int64]:
    """The label of each row; -1 where none is free."""
    left = np.asarray(panel.shares) * len(drawn)
    known = (at[None, :] >= np.asarray(panel.earliest)[:, None]) & (at[None, :] <= np.asarray(panel.latest)[:, None])
    taken = np.zeros(known.shape, dtype=np.bool_)
    given = np.full(len(drawn), -1, dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(drawn)])
    for stretch in np.argsort(-lengths, kind="stable").tolist():
        rows = slice(int(starts[stretch]), int(starts[stretch] + lengths[stretch]))
        when = times[rows]
        free = ~taken[:, when].any(axis=1)
        if not free.any() or len(np.unique(when)) < len(when):
            continue
        fit = known[:, when].mean(axis=1) + np.minimum(left / len(when), 1.0)
        if drawn[rows.start] >= 0:
            fit[drawn[rows.start]] += FOR_THE_DRAWN
        best = int(np.argmax(np.where(free, fit, -np.inf)))
        given[rows] = best
        taken[best, when] = True
        left[best] -= len(when)
    return given
