"""Columns that occur in few, shared combinations only: a currency, a country and a tax rate."""

import itertools
import math
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, MOST_BY_CHANCE
from synth_assets.plan.dependencies import Combination, Determined

MOST_COMBINATIONS = 1_000
MOST_VALUES = 200
_COUNT, _ROW = "# of rows", "# of row"


def shared_combinations(rows: pl.DataFrame, columns: Sequence[str], *, min_group: int) -> pl.DataFrame:
    """The combinations that at least so many rows share, in a fixed order; NULL is a value like others."""
    counted = rows.group_by(list(columns)).len(name=_COUNT).filter(pl.col(_COUNT) >= min_group)
    return counted.sort([_COUNT, *columns], descending=[True, *[False] * len(columns)])


def find_combinations(
    rows: pl.DataFrame, determined: Collection[Determined], *, min_group: int
) -> tuple[Combination, ...]:
    """Groups of columns of which all combinations that occur are shared, and most that could occur never do.

    Args:
        determined: Pairs of which one determines the other: these need no more.
    """
    if rows.height < FEWEST_ROWS:
        return ()
    names = [name for name in rows.columns if _may_belong(rows[name], min_group)]
    tied = {frozenset((*one.by, one.column)) for one in determined}
    pairs = [pair for pair in itertools.combinations(names, 2) if frozenset(pair) not in tied]
    found = [pair for pair in pairs if _is_closed(rows, pair, min_group) and _is_no_chance(rows, *pair, len(pairs))]
    groups: list[tuple[str, ...]] = []
    for pair in found:
        home = next((group for group in groups if set(pair) & set(group)), None)
        wider = tuple(dict.fromkeys((*home, *pair))) if home else pair
        if home and set(pair) <= set(home):
            continue
        if home and _is_closed(rows, wider, min_group):
            groups[groups.index(home)] = wider
        else:
            groups.append(pair)
    return tuple(Combination(columns=group) for group in groups)


def unknown(rows: pl.DataFrame, known: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """True for rows whose combination is none of those known."""
    seen = known.select(*columns).unique().with_columns(pl.lit(1).alias(_COUNT))
    joined = rows.select(columns).join(seen, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
    return joined[_COUNT].is_null()


def keep_combination(
    rows: pl.DataFrame, one: Combination, known: pl.DataFrame, *, free: Collection[str], rng: np.random.Generator
) -> pl.DataFrame:
    """Rows of known combinations only: others take one that has as many of their first values as any has.

    Args:
        known: As from `shared_combinations`.
        free: Columns that may be changed; the others of a row stay.
    """
    wrong = unknown(rows, known, one.columns).to_numpy()
    fixed = [name for name in one.columns if name not in free]
    ordered = [*fixed, *(name for name in one.columns if name in free)]
    changing = ordered[len(fixed) :]
    if not wrong.any() or not known.height or not changing:
        return rows
    source = np.full(rows.height, -1, dtype=np.int64)
    for shared in range(len(ordered) - 1, len(fixed) - 1, -1):
        left = np.flatnonzero(wrong & (source < 0))
        source[left] = _drawn(rows[left], known, ordered[:shared], rng)
    taken = pl.Series(source)
    taken = taken.set(taken < 0, None)
    return rows.with_columns(
        pl.when(taken.is_not_null())
        .then(known[name].gather(taken))
        .otherwise(pl.col(name))
        .cast(rows.schema[name])
        .alias(name)
        for name in changing
    )


def _drawn(
    rows: pl.DataFrame, known: pl.DataFrame, shared: Sequence[str], rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each row the number of a known combination that has its values of `shared`, by their shares; -1 for none."""
    chosen = np.full(rows.height, -1, dtype=np.int64)
    numbered = known.with_row_index(_ROW)
    if not shared:
        share = known[_COUNT].to_numpy()
        return rng.choice(known.height, rows.height, p=share / share.sum())
    offers = numbered.group_by(list(shared)).agg(_ROW, _COUNT)
    wanted = rows.select(shared).with_row_index("at").group_by(list(shared), maintain_order=True).agg("at")
    for line in wanted.join(offers, on=list(shared), how="inner", nulls_equal=True, maintain_order="left").iter_rows(
        named=True
    ):
        weight = np.array(line[_COUNT], dtype=np.float64)
        chosen[line["at"]] = rng.choice(line[_ROW], len(line["at"]), p=weight / weight.sum())
    return chosen


def _may_belong(values: pl.Series, min_group: int) -> bool:
    """Few values, each of which many rows share."""
    if values.dtype in (pl.Binary, pl.Time, pl.Boolean) or not 3 <= values.n_unique() <= MOST_VALUES:
        return False
    return int(values.value_counts(name="#")["#"].min() or 0) >= min_group  # type: ignore[arg-type]


def _is_closed(rows: pl.DataFrame, columns: Sequence[str], min_group: int) -> bool:
    """Whether all combinations that occur are few and shared."""
    counts = rows.group_by(list(columns)).len(name=_COUNT)[_COUNT]
    return len(counts) <= MOST_COMBINATIONS and int(counts.min() or 0) >= min_group  # type: ignore[arg-type]


def _is_no_chance(rows: pl.DataFrame, left: str, right: str, tried: int) -> bool:
    """Whether columns that know nothing of each other would hardly leave out what these leave out, NULLs apart."""
    rows = rows.select(left, right).drop_nulls()
    both = rows.group_by(left, right).len(name=_COUNT)
    of_left = rows.group_by(left).len(name="left")
    of_right = rows.group_by(right).len(name="right")
    met = both.join(of_left, on=left, nulls_equal=True).join(of_right, on=right, nulls_equal=True)
    expected = float((met["left"].cast(pl.Float64) * met["right"]).sum()) / rows.height if rows.height else 0.0
    return math.log(max(tried, 1)) - (rows.height - expected) < math.log(MOST_BY_CHANCE)
