"""Repairing rows that repeat a combination which may occur once only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.grid import Grid, find_grid
from synth_assets.dependencies.ticks import from_ticks, ticks
from synth_assets.synthesize.relational.gaps import common_unit
from synth_assets.synthesize.relational.keeping.uniqueness import Ordinal, repeated
from synth_assets.synthesize.relational.matching import Rows, group_numbers
from synth_assets.synthesize.relational.structure import ORDERED_KINDS, Reference, TableStructure
from synth_assets.synthesize.rules.uniqueness import unique_numbers

MOST_ROUNDS = 300
ROUNDS_BETWEEN_LOOKS = 20
MOST_MOVES = 20
TURNS_PER_REACH = 12
MOST_LABELS = 64
MOST_PLACES = 100_000  # of a line on which gaps are looked for

Fixed = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Repair:
    """What must be unique.

    Attributes:
        ordinals: Columns that simply count the rows of their group.
        filled: Names of the further keys that are filled; the sets that others take part in are left for later.
    """

    structure: TableStructure
    ordinals: tuple[Ordinal, ...]
    filled: frozenset[str] = frozenset()

    def sets(self, columns: list[str]) -> list[tuple[str, ...]]:
        """The unique sets that all their columns are there for."""
        waiting = {
            c for r in self.structure.further if r.name not in self.filled for c in r.key.columns if c not in r.carried
        }
        return [s for s in self.structure.table.unique_sets if set(s) <= set(columns) and not waiting & set(s)]

    def is_fixed(self, column: str) -> bool:
        """Whether a filled key has been looked up by this column."""
        return any(column in r.looked_up_by for r in self.structure.further if r.name in self.filled)


def make_unique(
    rows: pl.DataFrame, repair: Repair, *, fixed: Fixed | None = None, rng: np.random.Generator
) -> tuple[pl.DataFrame, Rows]:
    """Rows without a repeated combination, in their order.

    Args:
        fixed: Rows whose learned columns stay, as those of real rows in a hybrid table do; others give way to them.

    Returns:
        As `_without_repetitions`.
    """
    if fixed is None or not fixed.any():
        return _without_repetitions(rows, repair, np.zeros(rows.height, dtype=np.bool_), rng)
    first = np.argsort(~fixed, kind="stable")
    repaired, left = _without_repetitions(rows[first], repair, fixed[first], rng)
    order = np.argsort(first[left])
    return repaired[order], first[left][order]


def _without_repetitions(
    rows: pl.DataFrame, repair: Repair, fixed: Fixed, rng: np.random.Generator
) -> tuple[pl.DataFrame, Rows]:
    """Rows of which none repeats one that stands before it.

    Counting columns are counted anew. Repeated rows swap what they may with other rows (a learned column, a number or
    time with a nearby one first, or the parent of a further key together with all its columns), so that distributions
    and degrees stay; whole numbers and times move to the nearest free value; what still repeats is left out.

    Returns:
        The rows, and the numbers of the given rows that are left.
    """
    left = np.arange(rows.height)
    sets = repair.sets(rows.columns)
    for ordinal in repair.ordinals:
        if _is_ready(ordinal, sets):
            rows, kept = _spread(rows, ordinal, repair)
            rows, left = ordinal.apply(rows), left[kept]
    counted = {ordinal.column for ordinal in repair.ordinals}
    for unique_set in sets:
        if counted & set(unique_set):
            continue
        rows = _repaired(rows, unique_set, repair, fixed[left], rng)
    for unique_set in sets:
        again = repeated(rows, unique_set)
        if again.any():
            rows, left = rows.filter(pl.Series(~again)), left[~again]
    return rows, left


def _is_ready(ordinal: Ordinal, sets: list[tuple[str, ...]]) -> bool:
    return any(set(s) == {ordinal.column, *ordinal.within} for s in sets)


def _spread(rows: pl.DataFrame, ordinal: Ordinal, repair: Repair) -> tuple[pl.DataFrame, Rows]:
    """Rows so that none is numbered beyond what may come out, and the numbers of the given rows that are left.

    A row too many in its group moves to the next whole number or day of a learned column of the group (a player's
    third stint of a year to the year before or after), unless a key has been looked up by that column already; what
    finds no place in a few moves is left out.
    """
    movable = [
        name
        for name in ordinal.within
        if name in repair.structure.learned
        and not repair.is_fixed(name)
        and (rows.schema[name].is_integer() or rows.schema[name] == pl.Date)
    ]
    away = rows.select(
        pl.when(pl.col(name).to_physical() > pl.col(name).to_physical().median()).then(-1).otherwise(1).alias(name)
        for name in movable[:1]
    )
    for _ in range(MOST_MOVES if movable else 0):
        over = pl.Series(ordinal.numbers(rows) > ordinal.most)
        if not over.any():
            break
        name = movable[0]
        moved = rows[name].to_physical() + away[name].cast(rows[name].to_physical().dtype)
        rows = rows.with_columns(pl.when(over).then(moved.cast(rows.schema[name])).otherwise(pl.col(name)).alias(name))
    kept = ordinal.numbers(rows) <= ordinal.most
    return rows.filter(pl.Series(kept)), np.flatnonzero(kept)


def _repaired(
    rows: pl.DataFrame, unique_set: tuple[str, ...], repair: Repair, fixed: Fixed, rng: np.random.Generator
) -> pl.DataFrame:
    learned = [name for name in unique_set if name in repair.structure.learned]
    if len(unique_set) == 1:
        values = rows[unique_set[0]]
        if learned and (values.dtype.is_numeric() or values.dtype.is_temporal()):
            grid = find_grid(values)
            different = unique_numbers(_places(values, grid), rng=rng)
            if grid:
                different = from_ticks(grid.ticks(different, values.dtype), values.dtype)
            return rows.with_columns(different)
        return rows
    swapped = _swappable(unique_set, repair, learned)
    for columns in swapped:
        stays = fixed if set(columns) & set(learned) else np.zeros_like(fixed)
        rows = _swap(rows, unique_set, columns, stays, rng)
    for name in learned:
        if not repair.is_fixed(name) and rows[name].n_unique() <= MOST_LABELS:
            rows = _relabelled(rows, unique_set, name, fixed, rng)
    for name in learned:
        if not repair.is_fixed(name) and (
            rows.schema[name].is_integer() or rows.schema[name] in (pl.Date, pl.Datetime)
        ):
            rows = _into_gaps(rows, unique_set, name, fixed)
    return rows


def _into_gaps(rows: pl.DataFrame, unique_set: tuple[str, ...], column: str, fixed: Fixed) -> pl.DataFrame:
    """Repeated rows take the nearest whole number or time that no row of their group has: nearly all hours are there.

    What may be taken lies between the least and the greatest value of all rows, in steps of their common unit or as
    points of the grid that all times lie on.
    """
    grid = find_grid(rows[column])
    physical = _places(rows[column], grid).to_physical().cast(pl.Int64)
    values = physical.fill_null(0).to_numpy().copy()
    known = physical.drop_nulls().unique().sort()
    if len(known) < 2:
        return rows
    unit, least, most = common_unit(known.diff()), int(known[0]), int(known[-1])
    if (most - least) // unit >= MOST_PLACES:
        return rows
    own = group_numbers([rows.select(name for name in unique_set if name != column)])[0]
    place = np.where(physical.is_null().to_numpy() | (own < 0), -1, (values - least) // unit)
    again = _repeats(own, place, int(place.max()) + 1)
    again = again[~fixed[again]]
    again = again[np.argsort(own[again], kind="stable")]
    order = np.argsort(own, kind="stable")
    for group in np.unique(own[again]).tolist():
        wanting = again[slice(*np.searchsorted(own[again], [group, group + 1]))]
        members = order[slice(*np.searchsorted(own, [group, group + 1], sorter=order))]
        free = np.ones((most - least) // unit + 1, dtype=np.bool_)
        free[place[members][place[members] >= 0]] = False
        for row in wanting.tolist():
            gaps = np.flatnonzero(free)
            if not len(gaps):
                break
            at = int(gaps[np.argmin(np.abs(gaps - place[row]))])
            free[at] = False
            values[row] = least + at * unit
    changed, dtype = pl.Series(column, values), rows.schema[column]
    typed = from_ticks(grid.ticks(changed, dtype) if grid else changed, dtype)
    return rows.with_columns(typed.set(rows[column].is_null(), None))


def _places(values: pl.Series, grid: Grid | None) -> pl.Series:
    """The numbers of the points that times are, where they lie on a grid; other values as they are."""
    return values if grid is None else grid.points(ticks(values, values.dtype), values.dtype)


def _relabelled(
    rows: pl.DataFrame, unique_set: tuple[str, ...], column: str, fixed: Fixed, rng: np.random.Generator
) -> pl.DataFrame:
    """Repeated rows take another value of a column of few values that no row of their group has: the frequent first."""
    known = rows[column].drop_nulls().value_counts(sort=True, name="#")
    others = [name for name in unique_set if name != column]
    groups = group_numbers([rows.select(others)])[0]
    places = {value: place for place, value in enumerate(known[column].to_list())}
    value = np.array([places.get(v, -1) for v in rows[column].to_list()], dtype=np.int64)
    weight = np.log(known["#"].to_numpy())
    for _ in range(len(places)):
        again = _repeats(groups, value, len(places))
        again = again[~fixed[again]]
        again = again[np.unique(groups[again], return_index=True)[1]]
        if not len(again):
            break
        wanted, at = np.unique(groups[again], return_inverse=True)
        free = np.ones((len(wanted), len(places)), dtype=np.bool_)
        here = np.flatnonzero(np.isin(groups, wanted) & (value >= 0))
        free[np.searchsorted(wanted, groups[here]), value[here]] = False
        drawn = np.where(free, weight + rng.gumbel(size=free.shape), -np.inf)[at]
        possible = free[at].any(axis=1)
        if not possible.any():
            break
        # A group that has no value left is looked at no more.
        value[again[possible]] = drawn[possible].argmax(axis=1)
        groups = np.where(np.isin(groups, wanted[~free.any(axis=1)]), -1, groups)
    changed = known[column].gather(np.maximum(value, 0))
    return rows.with_columns(rows[column].zip_with(pl.Series(value < 0), changed.alias(column)))


def _swap(
    rows: pl.DataFrame, unique_set: tuple[str, ...], columns: tuple[str, ...], fixed: Fixed, rng: np.random.Generator
) -> pl.DataFrame:
    """Repeated rows exchange these columns with other rows, whenever both rows are then unlike any other.

    A single column with an order is exchanged with rows of nearby values if possible, others with random rows.
    """
    staying = [name for name in unique_set if name not in columns]
    moving = [name for name in unique_set if name in columns]
    if not moving:
        return rows
    own = group_numbers([rows.select(staying)])[0] if staying else np.zeros(rows.height, dtype=np.int64)
    value = group_numbers([rows.select(moving)])[0]
    width = int(value.max(initial=0)) + 1
    source = np.arange(rows.height)
    near = Neighbours(rows[columns[0]]) if len(columns) == 1 and _is_ordered(rows.schema[columns[0]]) else None
    again = taken = np.empty(0, dtype=np.int64)
    for turn in range(MOST_ROUNDS):
        if not len(again) or turn % ROUNDS_BETWEEN_LOOKS == 0:
            again, taken = _repeats(own, value, width), np.sort(own * width + value)
            again = again[~fixed[again]]
        if not len(again):
            break
        if near:
            tried, partner = near.of(again, turn, rng)
        else:
            partner = rng.choice(rows.height, len(again), replace=False)
            tried = again
        apart = ~_is_in(partner, again) & ~fixed[partner] & (value[partner] >= 0) & (own[partner] >= 0)
        left, right = tried[apart], partner[apart]
        made = np.stack([own[left] * width + value[right], own[right] * width + value[left]])
        _, at, times = np.unique(made, return_inverse=True, return_counts=True)
        good = ((times[at].reshape(made.shape) == 1) & ~_is_in(made, taken)).all(axis=0)
        left, right = left[good], right[good]
        value[left], value[right] = value[right], value[left].copy()
        source[left], source[right] = source[right], source[left].copy()
        if near:
            near.exchange(left, right)
        # What the swaps left counts as taken until the next look at all rows: that is quicker, and never wrong.
        taken = np.sort(np.concatenate([taken, made[:, good].ravel()]))
        again = again[~_is_in(again, np.sort(left))]
    return rows.with_columns(pl.col(name).gather(source) for name in columns)


class Neighbours:
    """Rows in the order of one column's values, for finding rows of nearby values."""

    def __init__(self, values: pl.Series) -> None:
        self._rows = np.asarray(values.to_physical().arg_sort().to_numpy(), dtype=np.int64)
        self._place = np.empty_like(self._rows)
        self._place[self._rows] = np.arange(len(self._rows))
        self._ties = len(values) / max(values.n_unique(), 1)

    def of(self, rows: Rows, turn: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Some of the rows, and for each another row near it: from a few values away to anywhere in later turns."""
        reach = min(2 * self._ties * 2.0 ** (turn // TURNS_PER_REACH), len(self._rows))
        away = rng.uniform(-reach, reach, len(rows)).astype(np.int64)
        partner = self._rows[np.clip(self._place[rows] + away, 0, len(self._rows) - 1)]
        _, first = np.unique(partner, return_index=True)
        return rows[first], partner[first]

    def exchange(self, left: Rows, right: Rows) -> None:
        """These rows have exchanged their values."""
        self._place[left], self._place[right] = self._place[right], self._place[left].copy()
        self._rows[self._place[left]], self._rows[self._place[right]] = left, right


def _is_in(values: Rows, among: Rows) -> npt.NDArray[np.bool_]:
    """Whether each value is one of `among`, which is sorted."""
    if not len(among):
        return np.zeros(len(values), dtype=np.bool_)
    found: npt.NDArray[np.bool_] = among[np.minimum(np.searchsorted(among, values), len(among) - 1)] == values
    return found


def _repeats(own: Rows, value: Rows, width: int) -> Rows:
    code = np.where((own >= 0) & (value >= 0), own * width + value, -1 - np.arange(len(own)))
    _, first = np.unique(code, return_index=True)
    again = np.ones(len(code), dtype=np.bool_)
    again[first] = False
    return np.flatnonzero(again)


def _swappable(unique_set: tuple[str, ...], repair: Repair, learned: list[str]) -> list[tuple[str, ...]]:
    """Sets of columns that two rows may swap: they are not tied to the rest of the row by a key."""
    driving = set(repair.structure.driving.key.columns) if repair.structure.driving else set()
    options: list[tuple[str, ...]] = []
    # Of a key that is not filled, at most the carried columns are there: they are swapped as learned ones.
    # Of a polymorphic key, the type moves with the reference.
    for reference in repair.structure.further:
        if (
            reference.name in repair.filled
            and set(reference.key.columns) & set(unique_set)
            and _is_free(reference, driving, repair)
            and reference.key.columns_read not in options
        ):
            options.append(reference.key.columns_read)
    free = tuple(name for name in learned if not repair.is_fixed(name))
    ordered = [name for name in free if repair.structure.table.column(name).type.kind in ORDERED_KINDS]
    # Rows that swap a whole unique set are as repeated as before.
    rest = [(name,) for name in free if name not in ordered] if set(free) == set(unique_set) else [free]
    return [(name,) for name in ordered] + [names for names in rest if names] + options


def _is_ordered(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal()


def _is_free(reference: Reference, driving: set[str], repair: Repair) -> bool:
    others = {
        c
        for r in repair.structure.further
        # All branches of a polymorphic key move as one.
        if r != reference and not (r.key.branch and r.key.columns == reference.key.columns)
        for c in r.key.columns_read
    }
    return not set(reference.key.columns_read) & (driving | others)
