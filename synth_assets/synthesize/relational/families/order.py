"""How the rows of one parent follow each other: what a row knows of those before it, and what it is told by them."""

from collections.abc import Collection, Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import Grid
from synth_assets.synthesize.deviation import Deviation, Tie, find_tie, may_follow, plain_numbers
from synth_assets.synthesize.months import (
    OFTEN_ENOUGH,
    SELDOM,
    Side,
    are_monthly,
    days_of,
    end_months,
    pauses,
    ticks_a_day,
)
from synth_assets.synthesize.points import find_points
from synth_assets.synthesize.protocol import Following, LabelShare
from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.beginning import Beginning
from synth_assets.synthesize.relational.families.links import Link
from synth_assets.synthesize.relational.gaps import common_unit, shared_range
from synth_assets.synthesize.running import Running, find_running

SIDES: tuple[Side, ...] = ("begin", "end")
_STAYS = "\x01stays"  # the label that says so in models of versions 1 and 2
MOST_PREVIOUS = 40
MOST_COMPARED = 5_000
MOST_SHARES = 12
SHARES_A_COLUMN = 4
FEWEST_LABELS = 8
FEW_LABELS = 3
RARELY = 0.01
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
        shares: Labels of text columns of which it knows how many of all siblings before had them.
        staying: Text columns that are mostly as in the sibling before, and learned as that or as what they become.
        deviations: Columns of numbers and times that are learned by how far they are off the sibling before.
        links: Columns that are set by their siblings when all rows of the family are there.
        running: Columns of numbers that are not learned but worked out: that of the sibling before and another number.
        compared: Columns made earlier of which a row knows whether they are as in the sibling before.
        since: Columns made earlier, whole numbers or times, of which a row knows how far it is from the sibling before.
        dated: Columns made earlier of which a row knows where in their month they lie.
        rising: Columns of numbers that never fall from sibling to sibling, and are not worked out.
        grid: What that column's times lie on: each step ends at the nearest point of it.
        points: That column's physical values, where nearly all siblings have one of a few.
        monthly: Whether rows know where in its month the sibling before lies by that column.
        ends_months: Whether no month ends without a sibling on its last day.
        stride: The usual gap in the column's physical unit, where families are told by where they end, see ends.
        beginning: How first siblings are told by a time of their parent, if they are.
    """

    column: str | None = None
    unit: int = 1
    earliest: int | None = None
    latest: int | None = None
    previous: tuple[str, ...] = ()
    averaged: tuple[str, ...] = ()
    shares: tuple[LabelShare, ...] = ()
    staying: tuple[str, ...] = ()
    deviations: Mapping[str, Deviation] = Field(default_factory=dict)
    links: tuple[Link, ...] = ()
    running: tuple[Running, ...] = ()
    compared: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    rising: tuple[str, ...] = ()
    grid: Grid | None = None
    points: tuple[int, ...] = ()
    monthly: bool = False
    ends_months: bool = False
    stride: int | None = None
    beginning: Beginning | None = None

    def of_columns(self, names: Collection[str]) -> Self:
        """The same as far as it concerns some columns."""
        told = {
            key: tuple(name for name in getattr(self, key) if name in names)
            for key in ("previous", "averaged", "compared", "since", "dated")
        }
        shares = tuple(share for share in self.shares if share.column in names)
        return self.model_copy(update={**told, "shares": shares})

    @property
    def stays_as(self) -> dict[str, str]:
        """The staying columns, with those of a context that hold what each was in the sibling before."""
        return {name: previous_of(name) for name in self.staying}

    @property
    def told(self) -> dict[str, str]:
        """The columns of a context that tell of the siblings before, with the column that each tells of."""
        return {
            **{previous_of(name): name for name in self.previous},
            **{mean_of(name): name for name in self.averaged},
            **{share.name: share.column for share in self.shares},
            **{same_of(name): name for name in self.compared},
            **{name: column for name, (column, _) in self.months.items()},
            **self.gaps,
        }

    @property
    def gaps(self) -> dict[str, str]:
        """The column of a context that says how far the sibling before is from the one before that, by its column."""
        return {f"previous gap {self.column}": self.column} if self.monthly and self.column else {}

    @property
    def months(self) -> dict[str, tuple[str, Side]]:
        """The columns of a context that say where in its month the sibling before lies."""
        if not self.monthly or self.column is None:
            return {}
        return {f"previous {month_of(self.column, side)}": (self.column, side) for side in SIDES}

    def following(self, names: Collection[str]) -> Following:
        """What rows are told of those before them about some columns."""
        return Following(
            previous={previous_of(name): name for name in self.previous if name in names},
            means={mean_of(name): name for name in self.averaged if name in names},
            shares=tuple(share for share in self.shares if share.column in names),
            months=self.months if self.column in names else {},
            gaps=self.gaps if self.column in names else {},
            ends_months=self.ends_months,
            stays=dict.fromkeys(self.staying, _STAYS),
            deviations=self.deviations,
            running=self.running,
            step=self.column if self.column in names else None,
            unit=self.unit,
            grid=self.grid,
            points=self.points,
        )


def previous_of(name: str) -> str:
    """The column of a context that holds a column of the sibling before."""
    return f"previous {name}"


def mean_of(name: str) -> str:
    """The column of a context that holds the mean over all siblings before."""
    return f"mean {name}"


def same_of(name: str) -> str:
    """The column of a context that says whether a column is as in the sibling before."""
    return f"same {name}"


def since_of(name: str) -> str:
    """The column of a context that says how far a column made earlier is from the sibling before."""
    return f"since {name}"


def month_of(name: str, side: Side) -> str:
    """The column of a context that says where in its month a date made earlier lies."""
    return f"month {side} {name}"


def learn_order(
    rows: pl.DataFrame,
    known: pl.DataFrame | None,
    arranged: Arranged,
    *,
    column: str | None,
    tied: Collection[str] = (),
    links: tuple[Link, ...] = (),
    grid: Grid | None = None,
    rising: Collection[str] = (),
    continuous: npt.NDArray[np.bool_] | None = None,
    min_group: int,
) -> FamilyOrder:
    """How siblings follow each other.

    Args:
        rows: The table's encoded rows.
        known: Columns of the same rows that are made earlier.
        arranged: Their order.
        column: The one of `rows` that orders them; None if none does.
        tied: Those that are not what they were in the table: they are not learned by how far they are off.
        links: What is known already of columns that siblings set.
        grid: What the times that order them lie on.
        rising: Columns that never fall from sibling to sibling.
        continuous: False for rows whose forerunner is held out; None where there is none.
        min_group: Fewest rows that must share the earliest and latest value.
    """
    follows = follows_in(arranged, continuous)
    unit, earliest, latest, monthly, ends_months = 1, None, None, False, False
    points: tuple[int, ...] = ()
    if column:
        ordered = rows[column].to_physical().cast(pl.Int64)[arranged.order]
        unit = common_unit(ordered.diff().filter(pl.Series(arranged.position > 0)))
        dated = grid is None and _is_monthly(rows[column], arranged, follows)
        monthly = dated and unit % ticks_a_day(rows[column].dtype) == 0
        ends_months = monthly and end_months(*_with_before(rows[column], arranged, follows))
        earliest, latest = shared_range(rows[column].to_physical().cast(pl.Int64).to_numpy(), min_group)
        if grid is None and column not in tied:
            families = np.cumsum(arranged.position == 0)
            points = find_points(ordered.to_numpy(), families, unit=unit, min_group=min_group)
    around = rows if known is None else pl.concat([known, rows], how="horizontal")
    made = pl.DataFrame() if known is None else known.select(n for n in known.columns if not known[n].null_count())
    told = {name for name in rows.columns if _is_label(rows[name]) and _is_told(rows[name], known, arranged)}
    labels_first = sorted(around.columns, key=lambda name: not _is_label(around[name]))
    set_by_later = {link.column for link in links if link.later}
    previous = tuple(name for name in labels_first if name not in told and name not in set_by_later)[:MOST_PREVIOUS]
    taken = {column, *tied, *(link.column for link in links)}
    free = [name for name in rows.columns if name not in taken]
    texts = around.select(name for name in around.columns if _is_label(around[name]))
    numbers = around.drop(tied, strict=False)
    running = find_running(numbers, texts, order=arranged.order, follows=follows, among=free, min_group=min_group)
    worked_out = {one.column for one in running}
    following = [name for name in free if name not in worked_out]
    return FamilyOrder(
        column=column,
        unit=unit,
        grid=grid,
        earliest=earliest,
        latest=latest,
        points=points,
        monthly=monthly,
        ends_months=ends_months,
        previous=previous,
        averaged=tuple(n for n in previous if around.schema[n].is_numeric() and n != column),
        staying=tuple(n for n in rows.columns if n in previous and _often_stays(rows[n], arranged)),
        shares=_shares(around, previous, rows.height, min_group),
        deviations=_deviations(rows.select(following), arranged.order, follows, min_group, rising),
        since=tuple(name for name in made.columns if _tells_by_distance(made[name], arranged, follows)),
        dated=tuple(name for name in made.columns if _is_monthly(made[name], arranged, follows)),
        rising=tuple(name for name in following if name in rising),
        links=links,
        running=running,
        compared=tuple(n for n in previous if known is not None and n in known.columns and _is_label(known[n])),
    )


def follows_in(arranged: Arranged, continuous: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_]:
    """For each row in the order of siblings, whether the one before it is its sibling and there."""
    return (arranged.position > 0) & (True if continuous is None else continuous[arranged.order])


def _tells_by_distance(values: pl.Series, arranged: Arranged, follows: npt.NDArray[np.bool_]) -> bool:
    """Whether how far a row is from the sibling before may tell of it."""
    if values.dtype.is_integer() or values.dtype == pl.Time:
        return True
    if not isinstance(values.dtype, pl.Date | pl.Datetime):
        return False
    return not _pause_once(values, arranged, follows)


def _is_monthly(values: pl.Series, arranged: Arranged, follows: npt.NDArray[np.bool_]) -> bool:
    """Whether what comes when is told by the days of months, for the date that orders siblings."""
    if not isinstance(values.dtype, pl.Date | pl.Datetime) or not are_monthly(values):
        return False
    return not _pause_once(values, arranged, follows)


def _pause_once(values: pl.Series, arranged: Arranged, follows: npt.NDArray[np.bool_]) -> bool:
    """Whether families pause for months once in a while.

    A pause in the wrong place moves all rows after it, and they would take what comes with their months and distances
    then. What hardly ever happens does not matter, and where pauses are the rule, they are learned.
    """
    return SELDOM < pauses(*_with_before(values, arranged, follows)) < OFTEN_ENOUGH


def _with_before(
    values: pl.Series, arranged: Arranged, follows: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The days of siblings, and of those before them."""
    days, later = days_of(values)[arranged.order], np.flatnonzero(follows)
    return days[later], days[later - 1]


def _is_label(values: pl.Series) -> bool:
    return values.dtype == pl.String


def _often_stays(values: pl.Series, arranged: Arranged) -> bool:
    """Text that is mostly that of the sibling before: of many labels, as no tree tells so many apart, or nearly always.

    Of few labels, those that change are too few for a tree that looks at the sibling before, too; what one becomes then
    is told by all rows.
    """
    if not _is_label(values) or values.n_unique() < FEW_LABELS:
        return False
    return _stays(values, arranged) >= (OFTEN if values.n_unique() >= FEWEST_LABELS else TOLD)


def _stays(values: pl.Series, arranged: Arranged) -> float:
    """The share of later siblings that have the label of the one before, where both have one."""
    ordered = values.gather(arranged.order)
    same = (ordered == ordered.shift(1)).filter(pl.Series(arranged.position > 0))
    return int(same.sum()) / max(int(same.count()), 1)


def _shares(rows: pl.DataFrame, names: Collection[str], height: int, min_group: int) -> tuple[LabelShare, ...]:
    """The most frequent labels of columns of few: a sibling may have them because others had."""
    found: list[tuple[int, str, str]] = []
    for name in names:
        if not _is_label(rows[name]):
            continue
        counts = rows[name].drop_nulls().value_counts(sort=True, name="rows")
        if counts.height > FEWEST_LABELS:
            continue
        often = counts.filter((pl.col("rows") >= max(min_group, RARELY * height)) & (pl.col("rows") < height))
        found += [(count, name, label) for label, count in often.head(SHARES_A_COLUMN).rows()]
    found.sort(key=lambda one: -one[0])
    return tuple(
        LabelShare(name=f"share {number} of {name}", column=name, label=label)
        for number, (_, name, label) in enumerate(found[:MOST_SHARES])
    )


def _deviations(
    rows: pl.DataFrame,
    order: npt.NDArray[np.int64],
    follows: npt.NDArray[np.bool_],
    min_group: int,
    rising: Collection[str],
) -> dict[str, Deviation]:
    """The columns, filled everywhere, that follow the sibling before more closely than by codes, or never fall."""
    later = np.flatnonzero(follows)
    later = later[np.linspace(0, len(later) - 1, min(len(later), MOST_COMPARED)).astype(np.intp)]
    found = {}
    for name, values in ((name, rows[name]) for name in rows.columns):
        time = isinstance(values.dtype, pl.Date | pl.Datetime)
        if name in rising and not values.null_count():
            # Only steps that were there come out, and none of them leads down.
            found[name] = Deviation.of(values, Tie(gain=0.0, way="difference", slope=1.0), min_group=min_group)
            continue
        if values.null_count() or not (time or values.dtype.is_numeric()) or not may_follow(values):
            continue
        plain = plain_numbers(values)
        tie = find_tie(plain[order[later]], plain[order[later - 1]], times=time)
        if tie:
            found[name] = Deviation.of(values, tie, min_group=min_group)
    return found


def _is_told(values: pl.Series, known: pl.DataFrame | None, arranged: Arranged) -> bool:
    """Whether a label that is made earlier says already what this one is, and better than the sibling before does."""
    if known is None:
        return False
    least = max(TOLD, _stays(values, arranged))
    for name in known.columns:
        if _is_label(known[name]):
            pairs = pl.DataFrame({"by": known[name], "told": values}).group_by("by", "told").len()
            agreeing = pairs.group_by("by").agg(pl.col("len").max())["len"].sum()
            if agreeing >= least * len(values):
                return True
    return False
