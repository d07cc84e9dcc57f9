"""Rows of one parent in their order: each is generated knowing the ones before it."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.ticks import from_ticks
from synth_assets.synthesize.months import A_LITTLE, folded_back, ticks_a_day
from synth_assets.synthesize.points import nearest_points
from synth_assets.synthesize.protocol import FollowingSynthesizer
from synth_assets.synthesize.relational.families.arranged import LAST, POSITION, Arranged
from synth_assets.synthesize.relational.families.history import contexts_before
from synth_assets.synthesize.relational.families.order import FamilyOrder
from synth_assets.synthesize.relational.matching import Rows, runs

MOST_SIBLINGS = 4_096
LONG = 64
MANY_FAMILIES = 100
FEWEST_STEPS = 200
FEW_ROWS = 0.05
GOES_ON = 0.5
_TELLS = 0.5  # share of siblings that have another value than those before them


def worth_following(parents: Rows, rows: pl.DataFrame, order_by: pl.Series | None) -> bool:
    """Whether siblings should know each other.

    Not where there are single rows only, nor in a few long families (a country's customers) unless rows stand in an
    order and go on from one to the next: what is a little off would add up over hundreds of rows.

    Args:
        parents: The family of each row, negative for rows without siblings.
        rows: What may go on.
        order_by: In whose order siblings stand, if in any.
    """
    sizes = np.bincount(parents[parents >= 0])
    together = max(int(sizes.sum()), 1)
    families = np.count_nonzero(sizes)
    if together - families < FEWEST_STEPS or sizes[sizes > MOST_SIBLINGS].sum() > FEW_ROWS * together:
        return False
    if families >= MANY_FAMILIES or sizes[sizes > LONG].sum() <= FEW_ROWS * together:
        return True
    return order_by is not None and _goes_on(parents, rows, order_by)


def _goes_on(parents: Rows, rows: pl.DataFrame, order_by: pl.Series) -> bool:
    """Whether a number is about what it was in the sibling before (autocorrelation within families)."""
    arranged = Arranged.by(parents, order_by)
    later = np.flatnonzero(arranged.position > 0)
    family = np.unique(parents, return_inverse=True)[1][arranged.order]
    for values in rows.get_columns():
        if values.name == order_by.name or not values.dtype.is_numeric():
            continue
        plain = values.cast(pl.Float64).fill_null(strategy="mean").to_numpy()[arranged.order]
        off = plain - (np.bincount(family, plain) / np.bincount(family))[family]
        spread = float((off**2).mean())
        if spread > 0 and float((off[later] * off[later - 1]).mean()) >= GOES_ON * spread:
            return True
    return False


def order_column(rows: pl.DataFrame, candidates: Sequence[str], families: Rows | None) -> str | None:
    """The first of the columns that is filled everywhere and tells most siblings apart; else the first that is filled.

    When a subscription began is the same in all of its versions; when a version began is not.

    Args:
        families: The family of each row, negative for rows without siblings; None if no row has any.
    """
    filled = [name for name in candidates if rows[name].null_count() == 0]
    if families is None or len(filled) < 2:
        return next(iter(filled), None)
    together = np.flatnonzero(families >= 0)
    different = np.unique(families[together])
    for name in filled:
        pairs = pl.DataFrame({"family": families[together], "value": rows[name].gather(together)})
        if len(together) and pairs.n_unique() - len(different) >= _TELLS * (len(together) - len(different)):
            return name
    return filled[0]


Start = Callable[[Rows, Rows], pl.DataFrame]


def in_range(rows: pl.DataFrame, order: FamilyOrder) -> pl.DataFrame:
    """First siblings whose order column lies in the range that all siblings may lie in."""
    if order.column is None or order.earliest is None or order.latest is None:
        return rows
    values = rows[order.column].to_physical().cast(pl.Int64).clip(order.earliest, order.latest)
    return rows.with_columns(from_ticks(values, rows.schema[order.column]).alias(order.column))


def walk_families(
    families: Rows,
    *,
    context: pl.DataFrame | None,
    known: pl.DataFrame | None,
    order: FamilyOrder,
    schema: pl.Schema,
    start: Start,
    steps: FollowingSynthesizer,
    begin: npt.NDArray[np.float64] | None = None,
    until: npt.NDArray[np.float64] | None = None,
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
        begin, until: Of each row what the column of the order must not come before, or after, NaN where there is
            nothing.
        rng: Source of randomness.

    Returns:
        The rows in their order.
    """
    if not len(families):
        return pl.DataFrame(schema=schema)
    firsts, lengths = runs(families)
    first = in_range(start(firsts, lengths), order).cast(schema)
    arranged = Arranged(np.arange(len(families)), np.arange(len(families)) - np.repeat(firsts, lengths))
    around: list[pl.DataFrame] = [pl.DataFrame({POSITION: arranged.position, LAST: arranged.last})]
    around += [frame for frame in (context, known) if frame is not None and frame.width]
    earlier = order.of_columns(known.columns if known is not None else ())
    if known is not None and earlier.previous:
        around.append(contexts_before(known, None, arranged, earlier).drop(POSITION, LAST))
    rows = steps.sample_following(
        first,
        lengths,
        context=pl.concat(around, how="horizontal"),
        following=order.following(schema.names()),
        rng=rng,
    )
    return pull_in(rows, families, order, rng, begin=begin, until=until)


def pull_in(
    rows: pl.DataFrame,
    parents: Rows,
    order: FamilyOrder,
    rng: np.random.Generator,
    *,
    begin: npt.NDArray[np.float64] | None = None,
    until: npt.NDArray[np.float64] | None = None,
) -> pl.DataFrame:
    """Families that run beyond the latest value that may come out move to earlier, and are compressed if they must.

    They then end up to one of their mean gaps before the latest value: were all to end with it, it would stand out.
    Where days of the month matter, only the rows that lie a little beyond it move, by whole months.

    Args:
        rows: By parent and position.
        parents: The parent of each row.
        order: How siblings follow each other.
        rng: Source of randomness.
        begin, until: As for `walk_families`.
    """
    if order.column is None or order.earliest is None or order.latest is None or not rows.height:
        return rows
    values = rows[order.column].to_physical().cast(pl.Int64).to_numpy().copy()
    starts, lengths = runs(parents)
    first, last = values[starts], values[starts + lengths - 1]
    earliest = np.full(len(starts), order.earliest)
    if begin is not None:
        earliest = np.fmax(earliest, begin[starts]).astype(np.int64)
    most = np.full(len(starts), order.latest)
    if until is not None:
        most = np.maximum(np.fmin(most, until[starts]).astype(np.int64), earliest)
    if order.monthly:
        values = _within_months(values, starts, lengths, most, ticks_a_day(rows.schema[order.column]), rng)
        last = values[starts + lengths - 1]
    over = last > most
    gap = (last - first) / np.maximum(lengths - 1, 1)
    slack = (rng.random(len(starts)) * gap).astype(np.int64) // order.unit * order.unit
    latest = np.where(over, np.maximum(most - slack, np.minimum(first, most)), np.maximum(last, most))
    shift = np.minimum(
        -(-np.maximum(last - latest, 0) // order.unit) * order.unit,
        np.maximum(first - earliest, 0) // order.unit * order.unit,
    )
    shift = np.where(over, shift, 0)
    first, last = first - shift, last - shift
    values -= np.repeat(shift, lengths)
    room = np.maximum(np.minimum(latest, most) - first, 0) // order.unit
    steps = (values - np.repeat(first, lengths)) // order.unit
    squeeze = np.where(over & (last > latest), room / np.maximum((last - first) // order.unit, 1), 1.0)
    values = np.repeat(first, lengths) + np.floor(steps * np.repeat(squeeze, lengths)).astype(np.int64) * order.unit
    if order.points:
        points = np.array(order.points, np.int64)
        values = points[nearest_points(values, points)]
    return rows.with_columns(from_ticks(pl.Series(values), rows.schema[order.column]).alias(order.column))


def _within_months(
    values: npt.NDArray[np.int64], starts: Rows, lengths: Rows, most: Rows, ticks: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The rows of families that run a little beyond their latest value in other months in which they have rows."""
    family = np.repeat(np.arange(len(starts)), lengths)
    days, latest = values // ticks, (most // ticks)[family]
    beyond = days[starts + lengths - 1] - most // ticks
    within = np.bincount(family, weights=days <= latest)
    few = (beyond > 0) & (beyond <= A_LITTLE) & (within > 0)
    donor = starts[family] + (rng.random(len(family)) * within[family]).astype(np.int64)
    folded = folded_back(days, days[starts][family], latest, np.minimum(days[donor], latest))
    values = np.where(few[family], folded * ticks + values % ticks, values)
    return values[np.lexsort((values, family))]
