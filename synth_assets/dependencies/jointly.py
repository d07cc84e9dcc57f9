"""Columns that rows share when they refer to the same rows, or have two values in common.

The distance of flights with one origin and destination, the price of a product in one year.
"""

import itertools
import math
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, MOST_BY_CHANCE
from synth_assets.dependencies.determined import has_few_values
from synth_assets.plan.dependencies import Determined

PROBES = 20_000
MOST_LABELS = 12
_COUNT = "# of rows"
Codes = npt.NDArray[np.int64]
Columns = tuple[str, ...]


def find_jointly_determined(
    rows: pl.DataFrame,
    *,
    keys: Sequence[Columns],
    labels: Sequence[str],
    wanted: Sequence[str],
    known: Collection[Determined] = (),
    wrong: float = 0.0,
) -> tuple[Determined, ...]:
    """The columns that a foreign key determines, or two of foreign keys and labels do.

    Of several that determine one column the one of fewest different rows is told.

    Args:
        rows: All columns named.
        keys: The columns of each foreign key.
        labels: Columns of few values that may determine others together with another one.
        wanted: The columns that may be determined.
        known: What single columns determine; it is not found again.
        wrong: The rows that may differ from most of those that share the determining columns, as a share of those
            that differ from most of all rows.
    """
    if rows.height < FEWEST_ROWS:
        return ()
    probes = rows.gather_every(max(rows.height // PROBES, 1))
    targets = {name: _codes(probes, (name,)) for name in wanted if probes[name].n_unique() > 1}
    alone = {by: _codes(probes, by) for by in [*keys, *((name,) for name in labels)]}
    tried = len(targets) * (len(alone) ** 2 + len(alone))
    found = {one.column: (one.by, 0) for one in known}
    given = {(one.by, one.column) for one in known}
    for parts, codes in _candidates(alone, keys):
        by = tuple(column for part in parts for column in part)
        for column in _agreeing(codes, targets, wrong):
            if column in by or any((part, column) in given for part in parts):
                continue
            groups = _groups(rows, by, column, wrong)
            if groups is None or _may_be_chance(rows, by, parts, column, tried):
                continue
            given.add((by, column))
            if column not in found or groups < found[column][1]:
                found[column] = (by, groups)
    return tuple(Determined(by=by, column=column) for column, (by, groups) in sorted(found.items()) if groups)


def _candidates(alone: dict[Columns, Codes], keys: Sequence[Columns]) -> Iterator[tuple[tuple[Columns, ...], Codes]]:
    """One or two parts that may determine others, with a number for each different row of the probes; -1 for NULL."""
    for key in keys:
        yield ((), key), alone[key]
    for (first, a), (second, b) in itertools.combinations(alone.items(), 2):
        if not set(first) & set(second):
            both = np.where((a >= 0) & (b >= 0), a * (int(b.max()) + 1) + b, -1)
            yield (first, second), both


def _codes(rows: pl.DataFrame, names: Columns) -> Codes:
    known = rows.select(pl.all_horizontal(pl.col(name).is_not_null() for name in names)).to_series().to_numpy()
    ranks = rows.select(pl.struct(names).rank("dense").cast(pl.Int64)).to_series().to_numpy()
    return np.where(known, ranks, -1)


def most_different(rows: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of the columns that have few values, and of these the most."""
    few = [name for name in names if has_few_values(rows[name])]
    return sorted(few, key=lambda name: -rows[name].n_unique())[:MOST_LABELS]


def _agreeing(codes: Codes, targets: dict[str, Codes], wrong: float) -> list[str]:
    """The targets that hardly differ between rows of one number; none where all rows differ."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    same = np.diff(codes[order]) == 0
    if not same.any():
        return []
    # Two neighbours differ at most twice for each row that differs from most of its like.
    return [
        name
        for name, values in targets.items()
        if (same & (np.diff(values[order]) != 0)).sum() <= 4 * wrong * same.sum()
    ]


def _groups(rows: pl.DataFrame, by: Columns, column: str, wrong: float) -> int | None:
    """How many different rows `by` has, if hardly any row differs from most of those that it shares `by` with."""
    counted = rows.select(*by, column).drop_nulls(by).group_by(*by, column).len(name=_COUNT)
    groups = counted.group_by(by).agg(pl.col(_COUNT).max())[_COUNT].to_numpy()
    values = counted.group_by(column).agg(pl.col(_COUNT).sum())[_COUNT].to_numpy()
    known = int(values.sum())
    return len(groups) if known - int(groups.sum()) <= wrong * (known - int(values.max(initial=0))) else None


def _may_be_chance(rows: pl.DataFrame, by: Columns, parts: Sequence[Columns], column: str, tried: int) -> bool:
    """Whether rows might agree by chance, or because of a part of `by` alone.

    Each group of rows counts once, as one row that agrees with another: what a group shares may have come about at
    one time. How likely that is, the rows tell that share only a part.
    """
    some = rows.select(*by, column).drop_nulls(by)
    repeated = some.select(by).group_by(by).len(name=_COUNT).filter(pl.col(_COUNT) > 1)
    others = [part for part in parts if part != by]
    return any(
        _log_chance(some, repeated, part, column) + math.log(tried) >= math.log(MOST_BY_CHANCE) for part in others
    )


def _log_chance(rows: pl.DataFrame, repeated: pl.DataFrame, part: Columns, column: str) -> float:
    """The logarithm of the probability that two rows agree in every one of the groups, if only `part` mattered."""
    counted = rows.group_by(*part, column).len(name=_COUNT)
    share = (pl.col(_COUNT) / pl.col(_COUNT).sum()) ** 2
    if not part:
        return repeated.height * math.log(counted.select(share.sum()).item())
    alike = counted.group_by(part).agg(share.sum().log().alias("alike"))
    return float(repeated.join(alike, on=list(part))["alike"].sum())
