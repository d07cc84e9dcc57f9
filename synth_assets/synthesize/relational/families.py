"""Rows of one parent in their order: each is generated knowing the ones before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.gaps import common_unit
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather, rank_within

POSITION = "#position"
MOST_SIBLINGS = 256
FEWEST_STEPS = 200
MOST_PREVIOUS = 40
MOST_POSITIONS = 8


class FamilyOrder(Value):
    """How the rows of one parent follow each other.

    Attributes:
        column: The column that orders them and that is learned as the gap to the sibling before; None: no such column.
        unit: The rounding of these gaps, in the column's physical unit.
        earliest, latest: The range in which values of that column may come out.
        previous: Columns of the sibling before that a row is generated with.
        averaged: Number columns of which it also knows the mean over all siblings before.
    """

    column: str | None
    unit: int = 1
    earliest: int | None = None
    latest: int | None = None
    previous: tuple[str, ...]
    averaged: tuple[str, ...]


@dataclass(frozen=True)
class Arranged:
    """Rows sorted by parent and order.

    Attributes:
        order: Row numbers in the sorted order.
        position: Position among siblings of each sorted row.
    """

    order: Rows
    position: Rows

    @classmethod
    def by(cls, parents: Rows, values: pl.Series | None) -> "Arranged":
        if values is None:
            order = np.argsort(parents, kind="stable")
        else:
            keys = values.to_physical().cast(pl.Int64).fill_null(np.iinfo(np.int64).min).to_numpy()
            order = np.lexsort((np.arange(len(parents)), keys, parents))
        return cls(order, rank_within(parents[order]))


def choose_order(
    rows: pl.DataFrame, parents: Rows, *, candidates: Sequence[str], fallback: pl.Series | None, min_group: int
) -> tuple[Arranged, FamilyOrder] | None:
    """How siblings follow each other; None where single rows, or very long families, leave nothing to learn.

    Args:
        rows: The table's encoded rows.
        parents: Their parents.
        candidates: Columns that may order siblings, best first.
        fallback: Values to order by if no candidate is filled everywhere (a running key).
        min_group: Fewest rows that must share the latest value.
    """
    sizes = np.bincount(parents[parents >= 0])
    in_long = sizes[sizes > MOST_SIBLINGS].sum() / max(sizes.sum(), 1)
    if sizes.sum() - (sizes > 0).sum() < FEWEST_STEPS or in_long > 0.05:
        return None
    column = next((name for name in candidates if rows[name].null_count() == 0), None)
    arranged = Arranged.by(parents, rows[column] if column else fallback)
    unit, earliest, latest = 1, None, None
    if column:
        ordered = rows[column].to_physical().cast(pl.Int64)[arranged.order]
        unit = common_unit(ordered.diff().filter(pl.Series(arranged.position > 0)))
        inner = np.sort(rows[column].to_physical().cast(pl.Int64).to_numpy())
        earliest, latest = int(inner[min_group - 1]), int(inner[-min_group])
    previous = tuple(rows.columns[:MOST_PREVIOUS])
    averaged = tuple(name for name in previous if rows.schema[name].is_numeric() and name != column)
    return arranged, FamilyOrder(
        column=column, unit=unit, earliest=earliest, latest=latest, previous=previous, averaged=averaged
    )


def start_context(arranged: Arranged) -> pl.DataFrame:
    """The context, beside the parent's columns, of the model of first siblings.

    It is trained on all rows, so that few families have much to learn from, too; the position that a row really has
    lets it tell what only first siblings are like.
    """
    position = np.empty(len(arranged.order), dtype=np.int64)
    position[arranged.order] = arranged.position
    return pl.DataFrame({POSITION: np.minimum(position, MOST_POSITIONS)})


def step_frames(rows: pl.DataFrame, arranged: Arranged, order: FamilyOrder) -> tuple[Rows, pl.DataFrame, pl.DataFrame]:
    """What the model of all siblings but the first is trained on.

    Returns:
        The numbers of those rows, their columns (the order column as a gap), and their context beside the parent's.
    """
    follows = arranged.position > 0
    sorted_rows = rows[arranged.order]
    steps = arranged.order[follows]
    before = sorted_rows.select(order.previous).shift(1).filter(pl.Series(follows))
    context = before.rename({name: f"previous {name}" for name in order.previous})
    starts = np.maximum.accumulate(np.where(~follows, np.arange(len(follows)), 0))
    means = {}
    for name in order.averaged:
        filled = sorted_rows[name].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
        known = (~sorted_rows[name].is_null()).cast(pl.Float64).to_numpy()
        sums, counts = np.r_[0.0, np.cumsum(filled)], np.r_[0.0, np.cumsum(known)]
        at = np.flatnonzero(follows)
        count = counts[at] - counts[starts[at]]
        with np.errstate(invalid="ignore", divide="ignore"):
            means[f"mean {name}"] = np.where(count > 0, (sums[at] - sums[starts[at]]) / count, np.nan)
    context = context.with_columns(pl.Series(name, mean).fill_nan(None) for name, mean in means.items())
    context = context.with_columns(pl.Series(POSITION, arranged.position[follows]))
    columns = rows[steps]
    if order.column:
        physical = sorted_rows[order.column].to_physical().cast(pl.Int64)
        gaps = (physical.diff().filter(pl.Series(follows)) // order.unit).rename(order.column)
        columns = columns.with_columns(gaps)
    return steps, columns, context


Draw = Callable[[int, pl.DataFrame], pl.DataFrame]


class Walk:
    """The siblings so far of many parents, while further ones are generated round by round."""

    def __init__(self, order: FamilyOrder, schema: pl.Schema, parents: int) -> None:
        self._order = order
        self._schema = schema
        self._sums = {name: np.zeros(parents) for name in order.averaged}
        self._counts = {name: np.zeros(parents) for name in order.averaged}
        self._last: pl.DataFrame | None = None
        self._row_of_parent = np.full(parents, NO_ROW, dtype=np.int64)

    def remember(self, active: Rows, rows: pl.DataFrame) -> None:
        """Rows just generated, one for each active parent."""
        for name in self._order.averaged:
            values = rows[name].cast(pl.Float64)
            self._sums[name][active] += values.fill_null(0.0).fill_nan(0.0).to_numpy()
            self._counts[name][active] += (~values.is_null()).to_numpy()
        self._last = rows
        self._row_of_parent[:] = NO_ROW
        self._row_of_parent[active] = np.arange(len(active))

    def context(self, active: Rows, position: int) -> pl.DataFrame:
        """What the next sibling of each active parent knows, as in `step_frames`."""
        if self._last is None:
            message = "no sibling has been generated yet"
            raise ValueError(message)
        before = gather(self._last.select(self._order.previous), self._row_of_parent[active])
        context = before.rename({name: f"previous {name}" for name in self._order.previous})
        means = []
        for name in self._order.averaged:
            count = self._counts[name][active]
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = np.where(count > 0, self._sums[name][active] / count, np.nan)
            means.append(pl.Series(f"mean {name}", mean).fill_nan(None))
        return context.with_columns(*means, pl.Series(POSITION, np.full(len(active), position, dtype=np.int64)))

    def in_range(self, rows: pl.DataFrame) -> pl.DataFrame:
        """First siblings whose order column lies in the range that all siblings may lie in."""
        column = self._order.column
        if column is None or self._order.earliest is None or self._order.latest is None:
            return rows
        values = rows[column].to_physical().cast(pl.Int64).clip(self._order.earliest, self._order.latest)
        return rows.with_columns(_from_physical(values, self._schema[column]).alias(column))

    def add_gap(self, active: Rows, rows: pl.DataFrame) -> pl.DataFrame:
        """Turn the order column's gaps into values again."""
        column = self._order.column
        if column is None or self._last is None:
            return rows
        before = self._last[column].to_physical().cast(pl.Int64).gather(self._row_of_parent[active]).to_numpy()
        gaps = rows[column].cast(pl.Int64).fill_null(0).to_numpy()
        values = pl.Series(before + gaps * self._order.unit)
        return rows.with_columns(_from_physical(values, self._schema[column]).alias(column))


def _from_physical(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    return values.cast(pl.Int32).cast(dtype) if dtype == pl.Date else values.cast(dtype)


def walk_families(
    counts: npt.NDArray[np.int64],
    features: pl.DataFrame,
    *,
    order: FamilyOrder,
    schema: pl.Schema,
    start: Draw,
    step: Draw,
) -> tuple[Rows, pl.DataFrame]:
    """Generate all children of all parents, the first ones first.

    Args:
        counts: Children by parent.
        features: The parents' columns.
        order: How siblings follow each other.
        schema: Types of the rows.
        start: Draws first children from n and their context.
        step: Draws further ones; the order column comes out as a gap.

    Returns:
        The parent of each row, and the rows, both by parent and position.
    """
    walk = Walk(order, schema, len(counts))
    parents, parts = [], []
    for position in range(int(counts.max(initial=0))):
        active = np.flatnonzero(counts > position)
        context = gather(features, active)
        if position == 0:
            first = pl.DataFrame({POSITION: np.zeros(len(active), dtype=np.int64)})
            rows = walk.in_range(start(len(active), pl.concat([context, first], how="horizontal")))
        else:
            rows = step(len(active), pl.concat([context, walk.context(active, position)], how="horizontal"))
            rows = walk.add_gap(active, rows)
        rows = rows.cast(schema)
        walk.remember(active, rows)
        parents.append(active)
        parts.append(rows)
    if not parts:
        return np.array([], dtype=np.int64), pl.DataFrame(schema=schema)
    owner = np.concatenate(parents)
    by_parent = np.argsort(owner, kind="stable")
    return owner[by_parent], pull_in(pl.concat(parts)[by_parent], owner[by_parent], order)


def pull_in(rows: pl.DataFrame, parents: Rows, order: FamilyOrder) -> pl.DataFrame:
    """Families that run beyond the latest value that may come out move to earlier, and are compressed if they must.

    Args:
        rows: By parent and position.
        parents: The parent of each row.
        order: How siblings follow each other.
    """
    if order.column is None or order.earliest is None or order.latest is None or not rows.height:
        return rows
    values = rows[order.column].to_physical().cast(pl.Int64).to_numpy().copy()
    starts = np.r_[0, np.flatnonzero(np.diff(parents)) + 1]
    lengths = np.diff(np.r_[starts, len(parents)])
    first, last = values[starts], values[starts + lengths - 1]
    beyond = np.maximum(last - order.latest, 0)
    shift = np.minimum(
        -(-beyond // order.unit) * order.unit, np.maximum(first - order.earliest, 0) // order.unit * order.unit
    )
    first, last = first - shift, last - shift
    values -= np.repeat(shift, lengths)
    room = np.maximum(order.latest - first, 0) // order.unit
    steps = (values - np.repeat(first, lengths)) // order.unit
    squeeze = np.repeat(np.where(last > order.latest, room / np.maximum((last - first) // order.unit, 1), 1.0), lengths)
    values = np.repeat(first, lengths) + np.floor(steps * squeeze).astype(np.int64) * order.unit
    return rows.with_columns(_from_physical(pl.Series(values), rows.schema[order.column]).alias(order.column))
