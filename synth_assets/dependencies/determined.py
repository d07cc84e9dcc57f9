"""Columns that others determine: rows of one city lie in one country."""

from collections.abc import Collection

import numpy as np
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, may_be_chance
from synth_assets.plan.dependencies import Determined

MOST_VALUES = 1_000
FEWEST_EACH = 10
PROBES = 1_000
_COUNT = "# of rows"


def find_determined(rows: pl.DataFrame) -> tuple[Determined, ...]:
    """The columns that another one determines, among those of few values; what follows from two others is left out."""
    if rows.height < FEWEST_ROWS:
        return ()
    names = [name for name in rows.columns if has_few_values(rows[name])]
    tried = len(names) ** 2
    found = {
        (by, column)
        for by, column in _likely(rows[:PROBES].select(names))
        if _holds(rows, by, column) and not _may_be_chance(rows, by, column, tried)
    }
    direct = [
        (by, column)
        for by, column in sorted(found)
        if not any(
            (by, middle) in found and (middle, column) in found and (middle, by) not in found
            for middle in names
            if (column, middle) not in found or middle < column
        )
    ]
    return tuple(Determined(by=(by,), column=column) for by, column in direct)


def undetermined(rows: pl.DataFrame, one: Determined) -> pl.Series:
    """True for rows that differ from most of those that share the determining columns. NULL determines nothing."""
    if _all_agree(rows, one):
        return pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
    said = _said(rows, one)
    known = rows.select(pl.all_horizontal(pl.col(name).is_not_null() for name in one.by)).to_series()
    return known & said.ne_missing(rows[one.column])


def keep_determined(
    rows: pl.DataFrame, one: Determined, *, free: Collection[str], rng: np.random.Generator
) -> pl.DataFrame:
    """Rows of which all that share the determining columns share the determined one: that of most of them.

    Where the determined column may not be changed, the determining ones are: to those of a row that has the same.
    """
    wrong = undetermined(rows, one)
    if not wrong.any():
        return rows
    if one.column in free:
        return rows.with_columns(rows[one.column].zip_with(~wrong, _said(rows, one)).alias(one.column))
    if not set(one.by) <= set(free):
        return rows
    return _with_other_reasons(rows, one, wrong, rng)


def _with_other_reasons(
    rows: pl.DataFrame, one: Determined, wrong: pl.Series, rng: np.random.Generator
) -> pl.DataFrame:
    numbers = np.arange(rows.height)
    source = numbers.copy()
    good, bad = numbers[~wrong.to_numpy()], numbers[wrong.to_numpy()]
    offered = rows[good].select(one.column).with_columns(at=pl.Series(good)).group_by(one.column).agg("at")
    wanted = rows[bad].select(one.column).with_columns(row=pl.Series(bad))
    for _, places, at in (
        wanted.join(offered, on=one.column, how="inner", nulls_equal=True)
        .group_by(one.column, maintain_order=True)
        .agg("row", pl.col("at").first())
        .rows()
    ):
        source[places] = rng.choice(at, len(places))
    return rows.with_columns(rows[name].gather(source) for name in one.by)


def _all_agree(rows: pl.DataFrame, one: Determined) -> bool:
    """Whether no two rows share the determining columns and differ, told without a look at every row's partner."""
    pairs = rows.group_by([*one.by, one.column]).len().drop_nulls(list(one.by))
    return not pairs.select(pl.struct(*one.by).is_duplicated().any()).item()


def _said(rows: pl.DataFrame, one: Determined) -> pl.Series:
    """What most of the rows that share the determining columns have."""
    counted = rows.group_by([*one.by, one.column]).len(name=_COUNT)
    most = counted.sort([_COUNT, one.column], descending=[True, False]).unique(
        one.by, keep="first", maintain_order=True
    )
    said = most.select(*one.by, pl.col(one.column).alias(_COUNT))
    return rows.select(one.by).join(said, on=list(one.by), how="left", maintain_order="left")[_COUNT].alias(one.column)


def has_few_values(values: pl.Series) -> bool:
    """Whether a column has so few values that it may determine others, or be determined."""
    if values.dtype.is_float() or values.dtype in (pl.Binary, pl.Time):
        return False
    return 2 <= values.n_unique() <= min(MOST_VALUES, len(values) // FEWEST_EACH)


def _likely(probes: pl.DataFrame) -> list[tuple[str, str]]:
    """The pairs of which one determines the other in a few rows."""
    codes = {
        name: probes[name].cast(pl.String).cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        for name in probes.columns
    }
    found = []
    for by, reasons in codes.items():
        order = np.argsort(reasons, kind="stable")
        order = order[reasons[order] >= 0]
        same = np.diff(reasons[order]) == 0
        found += [
            (by, name)
            for name, values in codes.items()
            if name != by and not (same & (np.diff(values[order]) != 0)).any()
        ]
    return found


def _holds(rows: pl.DataFrame, by: str, column: str) -> bool:
    some = rows.select(by, column).filter(pl.col(by).is_not_null())
    return some.n_unique() == some[by].n_unique()


def _may_be_chance(rows: pl.DataFrame, by: str, column: str, tried: int) -> bool:
    """The first row of each group may have anything; every further one agrees."""
    some = rows.select(by, column).filter(pl.col(by).is_not_null())
    return may_be_chance(some.height - some[by].n_unique(), some[column], tried=tried)
