"""Rows of one parent in their order: each is generated knowing the ones before it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from synth_assets.catalog.model import Value
from synth_assets.statistics.labels import shared_labels
from synth_assets.synthesize.deviation import Deviation, find_tie, may_follow, plain_numbers
from synth_assets.synthesize.protocol import Following, FollowingSynthesizer
from synth_assets.synthesize.relational.gaps import common_unit, shared_range
from synth_assets.synthesize.relational.matching import Rows, rank_within, runs

POSITION = "#position"
STAYS = "\x01stays"
MOST_SIBLINGS = 256
FEWEST_STEPS = 200
MOST_PREVIOUS = 40
MOST_POSITIONS = 8
MOST_COMPARED = 5_000
ENOUGH_FIRST = 5_000
FEWEST_LABELS = 8
OFTEN = 0.5
TOLD = 0.9


class FamilyOrder(Value):
    """How the rows of one parent follow each other.

    Attributes:
        column: The column that orders them and that is learned as the gap to the sibling before; None: no such column.
        unit: The rounding of these gaps, in the column's physical unit.
        earliest, latest: The range in which values of that column may come out.
        previous: Columns of the sibling before that a row is generated with; not labels that one made earlier tells.
        averaged: Number columns of which it also knows the mean over all siblings before.
        staying: Text columns that are learned as "the same as the sibling before" where they are.
        deviations: Columns of numbers and times that are learned by how far they are off the sibling before.
        compared: Columns made earlier of which a row knows whether they are as in the sibling before.
        stride: The usual gap in the column's physical unit, where families are told by where they end, see ends.
    """

    column: str | None = None
    unit: int = 1
    earliest: int | None = None
    latest: int | None = None
    previous: tuple[str, ...] = ()
    averaged: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()
    deviations: Mapping[str, Deviation] = Field(default_factory=dict)
    compared: tuple[str, ...] = ()
    stride: int | None = None

    def of_columns(self, names: Collection[str]) -> Self:
        """The same as far as it concerns some columns."""
        told = {
            key: tuple(name for name in getattr(self, key) if name in names)
            for key in ("previous", "averaged", "compared")
        }
        return self.model_copy(update=told)

    def following(self, names: Collection[str]) -> Following:
        """What rows are told of those before them about some columns."""
        return Following(
            previous={_previous(name): name for name in self.previous if name in names},
            means={_mean(name): name for name in self.averaged if name in names},
            stays=dict.fromkeys(self.staying, STAYS),
            deviations=self.deviations,
            step=self.column if self.column in names else None,
            unit=self.unit,
        )


def _previous(name: str) -> str:
    """The column of a context that holds a column of the sibling before."""
    return f"previous {name}"


def _mean(name: str) -> str:
    """The column of a context that holds the mean over all siblings before."""
    return f"mean {name}"


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
    def by(cls, parents: Rows, values: pl.Series) -> "Arranged":
        keys = values.to_physical().cast(pl.Int64).fill_null(np.iinfo(np.int64).min).to_numpy()
        order = np.lexsort((np.arange(len(parents)), keys, parents))
        return cls(order, rank_within(parents[order]))


def worth_following(parents: Rows) -> bool:
    """Whether siblings should know each other: not where single rows, or very long families, leave nothing to learn."""
    sizes = np.bincount(parents[parents >= 0])
    in_long = sizes[sizes > MOST_SIBLINGS].sum() / max(sizes.sum(), 1)
    return bool(sizes.sum() - (sizes > 0).sum() >= FEWEST_STEPS and in_long <= 0.05)


def order_column(rows: pl.DataFrame, candidates: Sequence[str]) -> str | None:
    """The first of the columns that is filled everywhere."""
    return next((name for name in candidates if rows[name].null_count() == 0), None)


def learn_order(
    rows: pl.DataFrame,
    known: pl.DataFrame | None,
    arranged: Arranged,
    *,
    column: str | None,
    tied: Collection[str] = (),
    min_group: int,
) -> FamilyOrder:
    """How siblings follow each other.

    Args:
        rows: The table's encoded rows.
        known: Columns of the same rows that are made earlier.
        arranged: Their order.
        column: The one of `rows` that orders them; None if none does.
        tied: Those that are not what they were in the table: they are not learned by how far they are off.
        min_group: Fewest rows that must share the earliest and latest value.
    """
    unit, earliest, latest = 1, None, None
    if column:
        ordered = rows[column].to_physical().cast(pl.Int64)[arranged.order]
        unit = common_unit(ordered.diff().filter(pl.Series(arranged.position > 0)))
        earliest, latest = shared_range(rows[column].to_physical().cast(pl.Int64).to_numpy(), min_group)
    around = rows if known is None else pl.concat([known, rows], how="horizontal")
    told = {name for name in rows.columns if _is_label(rows[name]) and _is_told(rows[name], known)}
    labels_first = sorted(around.columns, key=lambda name: not _is_label(around[name]))
    previous = tuple(name for name in labels_first if name not in told)[:MOST_PREVIOUS]
    return FamilyOrder(
        column=column,
        unit=unit,
        earliest=earliest,
        latest=latest,
        previous=previous,
        averaged=tuple(n for n in previous if around.schema[n].is_numeric() and n != column),
        staying=tuple(n for n in rows.columns if n in previous and _often_stays(rows[n], arranged)),
        deviations=_deviations(rows, arranged, {column, *tied}, min_group),
        compared=tuple(n for n in previous if known is not None and n in known.columns and _is_label(known[n])),
    )


def _is_label(values: pl.Series) -> bool:
    return values.dtype == pl.String


def _often_stays(values: pl.Series, arranged: Arranged) -> bool:
    """Text of many labels that is mostly that of the sibling before: no tree tells so many labels apart."""
    if not _is_label(values) or values.n_unique() < FEWEST_LABELS:
        return False
    ordered = values.gather(arranged.order)
    same = (ordered == ordered.shift(1)).filter(pl.Series(arranged.position > 0))
    return int(same.sum()) >= OFTEN * len(same) > 0


def _deviations(
    rows: pl.DataFrame, arranged: Arranged, but: Collection[str | None], min_group: int
) -> dict[str, Deviation]:
    """The columns, filled everywhere, that follow the sibling before more closely than by codes."""
    later = np.flatnonzero(arranged.position > 0)
    later = later[np.linspace(0, len(later) - 1, min(len(later), MOST_COMPARED)).astype(np.intp)]
    found = {}
    for name, values in ((name, rows[name]) for name in rows.columns if name not in but):
        time = isinstance(values.dtype, pl.Date | pl.Datetime)
        if values.null_count() or not (time or values.dtype.is_numeric()) or not may_follow(values):
            continue
        plain = plain_numbers(values)
        tie = find_tie(plain[arranged.order[later]], plain[arranged.order[later - 1]], times=time)
        if tie:
            found[name] = Deviation.of(values, tie, min_group=min_group)
    return found


def _is_told(values: pl.Series, known: pl.DataFrame | None) -> bool:
    """Whether a label that is made earlier says already what this one is."""
    if known is None:
        return False
    for name in known.columns:
        if _is_label(known[name]):
            pairs = pl.DataFrame({"by": known[name], "told": values}).group_by("by", "told").len()
            agreeing = pairs.group_by("by").agg(pl.col("len").max())["len"].sum()
            if agreeing >= TOLD * len(values):
                return True
    return False


def contexts_before(
    rows: pl.DataFrame, known: pl.DataFrame | None, arranged: Arranged, order: FamilyOrder
) -> pl.DataFrame:
    """What each row knows of the siblings before it, in the order of `rows`; nulls for first siblings."""
    around = rows if known is None else pl.concat([known, rows], how="horizontal")
    follows = arranged.position > 0
    sorted_rows = around.select(order.previous)[arranged.order]
    first = pl.Series(~follows)
    before = sorted_rows.select(
        pl.when(first).then(None).otherwise(pl.col(name).shift(1)).alias(name) for name in order.previous
    )
    context = before.rename({name: _previous(name) for name in order.previous})
    starts = np.maximum.accumulate(np.where(~follows, np.arange(len(follows)), 0))
    at = np.arange(len(follows))
    means = []
    for name in order.averaged:
        values = sorted_rows[name].cast(pl.Float64).to_numpy()
        there = ~np.isnan(values)
        sums, counts = np.r_[0.0, np.cumsum(np.where(there, values, 0.0))], np.r_[0.0, np.cumsum(there)]
        count = counts[at] - counts[starts[at]]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count > 0, (sums[at] - sums[starts[at]]) / count, np.nan)
        means.append(pl.Series(_mean(name), mean, nan_to_null=True))
    same = [
        (sorted_rows[name].eq_missing(before[name]) & pl.Series(follows)).alias(f"same {name}")
        for name in order.compared
    ]
    context = context.with_columns(*means, *same, pl.Series(POSITION, arranged.position))
    back = np.empty(len(arranged.order), dtype=np.int64)
    back[arranged.order] = np.arange(len(arranged.order))
    return context[back]


def first_rows(arranged: Arranged, continuous: npt.NDArray[np.bool_]) -> tuple[Rows, pl.DataFrame]:
    """The rows that the model of first siblings is trained on, and their context; only `continuous` rows are.

    Where there are few families, it is trained on all rows, so that it has much to learn from; the position that a row
    really has lets it tell what only first siblings are like.
    """
    known = continuous[arranged.order]
    first = (arranged.position == 0) & known
    chosen = np.flatnonzero(first if int(first.sum()) >= ENOUGH_FIRST else known)
    return arranged.order[chosen], first_context(arranged.position[chosen])


def first_context(position: Rows) -> pl.DataFrame:
    """What first siblings know beside the context of their family."""
    return pl.DataFrame({POSITION: np.minimum(position, MOST_POSITIONS)})


def with_stays(
    rows: pl.DataFrame, steps: Rows, before: pl.DataFrame, order: FamilyOrder, *, min_group: int, seed: int
) -> list[pl.Series]:
    """The staying labels of later siblings, with STAYS for each that is that of the sibling before.

    A label that fewer than `min_group` of all rows share may not come out, and becomes one that may: that siblings
    change is kept, though not to what.
    """
    rng = np.random.default_rng(seed)
    told = []
    for name in order.staying:
        labels = rows[name].gather(steps)
        may_come_out = labels.is_null() | labels.is_in(shared_labels(rows[name], min_group))
        others = labels.filter(may_come_out)
        if len(others):
            labels = labels.zip_with(may_come_out, others.gather(rng.integers(0, len(others), len(labels))))
        stays = rows[name].gather(steps).eq(before[_previous(name)].gather(steps)).fill_null(value=False)
        told.append(labels.set(stays, STAYS))
    return told


def step_rows(
    rows: pl.DataFrame, arranged: Arranged, order: FamilyOrder, continuous: npt.NDArray[np.bool_]
) -> tuple[Rows, pl.DataFrame]:
    """All `continuous` siblings but the first: their numbers, and the rows as they are learned.

    The order column is a gap then, and columns that follow the sibling before are deviations from it.
    """
    follows = (arranged.position > 0) & continuous[arranged.order]
    at = arranged.order[follows]
    columns = rows[at]
    before = arranged.order[np.flatnonzero(follows) - 1]
    for name, deviation in order.deviations.items():
        values = plain_numbers(rows[name])
        off = pl.Series(name, deviation.encode(values[at], values[before]))
        columns = columns.with_columns(off.cast(pl.Int64) if deviation.whole else off)
    if order.column:
        physical = rows[order.column][arranged.order].to_physical().cast(pl.Int64)
        gaps = (physical.diff().filter(pl.Series(follows)) // order.unit).rename(order.column)
        columns = columns.with_columns(gaps)
    return at, columns


Start = Callable[[Rows, Rows], pl.DataFrame]


def in_range(rows: pl.DataFrame, order: FamilyOrder) -> pl.DataFrame:
    """First siblings whose order column lies in the range that all siblings may lie in."""
    if order.column is None or order.earliest is None or order.latest is None:
        return rows
    values = rows[order.column].to_physical().cast(pl.Int64).clip(order.earliest, order.latest)
    return rows.with_columns(_from_physical(values, rows.schema[order.column]).alias(order.column))


def _from_physical(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    return values.cast(pl.Int32).cast(dtype) if dtype == pl.Date else values.cast(dtype)


def walk_families(
    families: Rows,
    *,
    context: pl.DataFrame | None,
    known: pl.DataFrame | None,
    order: FamilyOrder,
    schema: pl.Schema,
    start: Start,
    steps: FollowingSynthesizer,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Generate all rows of all families, the first ones first.

    Args:
        families: The family of each row; the rows of a family lie side by side.
        context: What is known of each row's parents.
        known: Columns of the rows that are made already.
        order: How siblings follow each other.
        schema: Types of the rows to make.
        start: Draws first siblings from the numbers of their rows and how many siblings their families have.
        steps: Draws further ones.
        rng: Source of randomness.

    Returns:
        The rows in their order.
    """
    if not len(families):
        return pl.DataFrame(schema=schema)
    firsts, lengths = runs(families)
    first = in_range(start(firsts, lengths), order).cast(schema)
    arranged = Arranged(np.arange(len(families)), np.arange(len(families)) - np.repeat(firsts, lengths))
    around: list[pl.DataFrame] = [pl.DataFrame({POSITION: arranged.position})]
    around += [frame for frame in (context, known) if frame is not None and frame.width]
    earlier = order.of_columns(known.columns if known is not None else ())
    if known is not None and earlier.previous:
        around.append(contexts_before(known, None, arranged, earlier).drop(POSITION))
    rows = steps.sample_following(
        first,
        lengths,
        context=pl.concat(around, how="horizontal"),
        following=order.following(schema.names()),
        rng=rng,
    )
    return pull_in(rows, families, order, rng)


def pull_in(rows: pl.DataFrame, parents: Rows, order: FamilyOrder, rng: np.random.Generator) -> pl.DataFrame:
    """Families that run beyond the latest value that may come out move to earlier, and are compressed if they must.

    They then end up to one of their mean gaps before the latest value: were all to end with it, it would stand out.

    Args:
        rows: By parent and position.
        parents: The parent of each row.
        order: How siblings follow each other.
        rng: Source of randomness.
    """
    if order.column is None or order.earliest is None or order.latest is None or not rows.height:
        return rows
    values = rows[order.column].to_physical().cast(pl.Int64).to_numpy().copy()
    starts, lengths = runs(parents)
    first, last = values[starts], values[starts + lengths - 1]
    over = last > order.latest
    gap = (last - first) / np.maximum(lengths - 1, 1)
    slack = (rng.random(len(starts)) * gap).astype(np.int64) // order.unit * order.unit
    latest = np.where(over, np.maximum(order.latest - slack, first), np.maximum(last, order.latest))
    shift = np.minimum(
        -(-np.maximum(last - latest, 0) // order.unit) * order.unit,
        np.maximum(first - order.earliest, 0) // order.unit * order.unit,
    )
    shift = np.where(over, shift, 0)
    first, last = first - shift, last - shift
    values -= np.repeat(shift, lengths)
    room = np.maximum(np.minimum(latest, order.latest) - first, 0) // order.unit
    steps = (values - np.repeat(first, lengths)) // order.unit
    squeeze = np.where(over & (last > latest), room / np.maximum((last - first) // order.unit, 1), 1.0)
    values = np.repeat(first, lengths) + np.floor(steps * np.repeat(squeeze, lengths)).astype(np.int64) * order.unit
    return rows.with_columns(_from_physical(pl.Series(values), rows.schema[order.column]).alias(order.column))
