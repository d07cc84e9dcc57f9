"""Columns that are NULL according to another column: what has not been shipped has no date of shipping."""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from synth_assets.dependencies.determined import find_determined, has_few_values, undetermined
from synth_assets.plan.dependencies import Determined, NullBy, NullTogether

_EMPTY = "NULL of "


def find_null_by(
    rows: pl.DataFrame, determined: Collection[Determined], together: Sequence[NullTogether]
) -> tuple[NullBy, ...]:
    """The columns whose being NULL another one determines, beside those that it determines wholly.

    Args:
        determined: What is determined wholly; a column that determines one that says enough is left out, too.
        together: Columns that are NULL together: the first speaks for all.
    """
    spoken_for = {name for group in together for name in group.columns[1:]}
    open_ = [n for n in rows.columns if 0 < rows[n].null_count() < rows.height and n not in spoken_for]
    if not open_:
        return ()
    reasons = [name for name in rows.columns if has_few_values(rows[name])]
    marks = rows.select(pl.col(name).is_null().alias(_EMPTY + name) for name in open_)
    wholly = {(by, one.column) for one in determined for by in one.by if len(one.by) == 1}
    found = {
        (one.by[0], one.column.removeprefix(_EMPTY))
        for one in find_determined(pl.concat([rows.select(reasons), marks], how="horizontal"))
        if one.column.startswith(_EMPTY) and not one.by[0].startswith(_EMPTY)
    }
    return tuple(
        NullBy(by=by, column=column)
        for by, column in sorted(found)
        if by != column and (by, column) not in wholly
        if not any((by, nearer) in wholly and (nearer, by) not in wholly for nearer, other in found if other == column)
    )


def wrongly_null(rows: pl.DataFrame, one: NullBy) -> pl.Series:
    """True for rows that are NULL, or are not, unlike most of those that share the column that says so."""
    return undetermined(_marked(rows, one), Determined(by=(one.by,), column=_EMPTY))


def keep_null_by(rows: pl.DataFrame, one: NullBy, *, free: Collection[str], rng: np.random.Generator) -> pl.DataFrame:
    """Rows that are NULL where most of their like are, and elsewhere have the value of one of these."""
    wrong = wrongly_null(rows, one).to_numpy()
    if not wrong.any() or one.column not in free:
        return rows
    empty = rows[one.column].is_null().to_numpy()
    source = np.arange(rows.height)
    _, groups = np.unique(rows[one.by].cast(pl.String).fill_null("").to_numpy().astype(str), return_inverse=True)
    for group in np.unique(groups[wrong & empty]):
        here = groups == group
        source[here & wrong] = rng.choice(np.flatnonzero(here & ~empty), int((here & wrong).sum()))
    filled = rows[one.column].gather(source)
    return rows.with_columns(filled.set(pl.Series(wrong & ~empty), None).alias(one.column))


def relabel_null_by(
    rows: pl.DataFrame, one: NullBy, *, free: Collection[str], rng: np.random.Generator
) -> pl.DataFrame:
    """Rows that are NULL, or are not, unlike their like take the label of a row that is as they are."""
    wrong = wrongly_null(rows, one).to_numpy()
    if not wrong.any() or one.by not in free:
        return rows
    empty, labelled = rows[one.column].is_null().to_numpy(), rows[one.by].is_not_null().to_numpy()
    source = np.arange(rows.height)
    for state in (True, False):
        offered = np.flatnonzero(~wrong & labelled & (empty == state))
        here = np.flatnonzero(wrong & (empty == state))
        if len(offered):
            source[here] = rng.choice(offered, len(here))
    return rows.with_columns(rows[one.by].gather(source))


def _marked(rows: pl.DataFrame, one: NullBy) -> pl.DataFrame:
    return rows.select(one.by, pl.col(one.column).is_null().alias(_EMPTY))
