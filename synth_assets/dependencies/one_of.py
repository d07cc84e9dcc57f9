"""Groups of yes-or-no columns of which one, or at most one, is set in every row."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, is_chance
from synth_assets.plan.dependencies import OneOf

Flags = npt.NDArray[np.bool_]


def find_one_of(rows: pl.DataFrame) -> tuple[OneOf, ...]:
    """Groups of which exactly one is set, then of three and more of which at most one is."""
    names = [name for name in rows.columns if _is_flag(rows[name])]
    if rows.height < FEWEST_ROWS or len(names) < 2:
        return ()
    flags = {name: rows[name].cast(pl.Boolean).to_numpy() for name in names}
    found: list[OneOf] = []
    taken: set[str] = set()
    for first in names:
        group = _exclusive(first, [name for name in names if name not in taken], flags)
        if len(group) < 2 or first in taken:
            continue
        table = np.stack([flags[name] for name in group])
        always = bool((table.sum(axis=0) == 1).all())
        if (always or len(group) > 2) and _says_something(table, always, len(names)):
            found.append(OneOf(columns=tuple(group), always=always))
            taken |= set(group)
    return tuple(found)


def not_one(rows: pl.DataFrame, one: OneOf) -> Flags:
    """True for rows in which too many columns are set, or none if one must be."""
    number = _table(rows, one.columns).sum(axis=0)
    wrong: Flags = number != 1 if one.always else number > 1
    return wrong


def keep_one_of(rows: pl.DataFrame, one: OneOf, *, free: Collection[str], rng: np.random.Generator) -> pl.DataFrame:
    """Rows in which one of those set stays set; where none is and one must be, the one that any good row has."""
    wrong = np.flatnonzero(not_one(rows, one))
    if not len(wrong) or not set(one.columns) <= set(free):
        return rows
    table = _table(rows, one.columns)
    weight = table[:, wrong].astype(np.float64)
    shares = table[:, ~not_one(rows, one)].sum(axis=1) + 1e-9
    weight[:, weight.sum(axis=0) == 0] = shares[:, None]
    drawn = (np.log(np.maximum(weight, 1e-300)) + rng.gumbel(size=weight.shape)).argmax(axis=0)
    table[:, wrong] = np.arange(len(table))[:, None] == drawn
    return rows.with_columns(
        pl.Series(name, values).cast(rows.schema[name]) for name, values in zip(one.columns, table, strict=True)
    )


def _table(rows: pl.DataFrame, columns: Sequence[str]) -> Flags:
    """The columns as (columns, rows); NULL is not set."""
    return np.stack([rows[name].cast(pl.Boolean).fill_null(value=False).to_numpy() for name in columns])


def _is_flag(values: pl.Series) -> bool:
    if values.null_count() or values.n_unique() != 2:
        return False
    return values.dtype == pl.Boolean or (values.dtype.is_integer() and {0, 1} == set(values.unique().to_list()))


def _exclusive(first: str, names: Sequence[str], flags: dict[str, Flags]) -> list[str]:
    """The column and all later ones that are set in no row in which another of the group is."""
    group, taken = [first], flags[first].copy()
    for name in names[names.index(first) + 1 :] if first in names else ():
        if not (taken & flags[name]).any():
            group.append(name)
            taken |= flags[name]
    return group


def _says_something(table: Flags, always: bool, names: int) -> bool:
    """Whether columns that know nothing of each other would hardly be set like this, and none joined by chance."""
    rows, share = table.shape[1], table.mean(axis=1)
    none = np.prod(1 - share)
    single = float((none * share / np.maximum(1 - share, 1e-12)).sum())
    if is_chance(rows, single if always else single + float(none), tried=names**2):
        return False
    # A column that is hardly ever set lies apart from all others by chance.
    apart = [1 - own * (1 - none / (1 - own)) for own in share]
    return always or not any(is_chance(rows, one, tried=names**2) for one in apart)
