"""What rows share that refer to the same rows: the distance of flights with one origin and one destination.

A row that is drawn by itself does not know what its like have drawn. So such a column is drawn as soon as its row's
parents are known, before all others, then settled among the rows that share these parents.
"""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.determined import keep_determined
from synth_assets.dependencies.formulas import find_formulas
from synth_assets.dependencies.jointly import find_jointly_determined
from synth_assets.plan.dependencies import Dependency, Determined
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.structure import TableStructure

SHARED, FREQUENT = "shared", "frequent"  # the folders of the model and of its values, a file a column
MOST_VALUES = 2_000
MOST_GROUPS = 50_000
FOR_THE_DRAWN = 0.5
FOR_THE_NEAREST = 0.25
SELDOM = 0.02  # what differs so seldom is a wrong entry, or changed once: rows of one family are the more alike without


class Shared(Value):
    """A column that rows of the same parents share.

    Attributes:
        dependency: By which columns.
        values: Rows of each value that at least `min_group` training rows have, in a file of this name; None where
            most rows have a rarer one.
    """

    dependency: Determined
    values: str | None

    @property
    def column(self) -> str:
        return self.dependency.column


def find_shared(
    rows: pl.DataFrame,
    parents: pl.DataFrame,
    structure: TableStructure,
    *,
    free: Collection[str],
    identifying: Sequence[str],
    dependencies: Sequence[Dependency],
    min_group: int,
    seed: int,
) -> tuple[Determined, ...]:
    """What rows with the same parents share, nearly always.

    Args:
        rows: Training rows, with the columns of all keys.
        parents: What they know of their parents.
        free: Columns that no key holds and that are learned.
        identifying: Learned columns that are made before.
        dependencies: What is known to hold between columns of every row.
        min_group: Fewest rows that must share a label for it to come out.
        seed: Of the rows that are looked at first.
    """
    keys = [reference.key.columns for reference in structure.referring_first if not reference.key.branch]
    wanted = [name for name in structure.learned if name in free and name not in identifying]
    if not keys or not wanted:
        return ()
    known = [one for one in dependencies if isinstance(one, Determined)]
    found = find_jointly_determined(rows, keys=keys, labels=(), wanted=wanted, known=known, wrong=SELDOM)
    if not found:
        return ()
    # What is copied from a row that is referred to is computed, with all other columns; one column is always left.
    tried = rows.select(one.column for one in found).with_columns(pl.lit(0).alias(""))
    copied = {formula.column for formula in find_formulas(tried, parents, min_group=min_group, seed=seed)}
    return tuple(one for one in found if one.column not in copied)


def save_shared(
    folder: Folder, rows: pl.DataFrame, shared: Sequence[Determined], *, min_group: int
) -> tuple[Shared, ...]:
    """Save how frequent the values of shared columns are among training rows, for generated rows to keep to."""
    saved = []
    for one in shared:
        frequent = _frequent_values(rows[one.column], min_group)
        if frequent is not None:
            folder.write_frame(f"{one.column}.parquet", frequent)
        saved.append(Shared(dependency=one, values=None if frequent is None else f"{one.column}.parquet"))
    return tuple(saved)


def _frequent_values(values: pl.Series, min_group: int) -> pl.DataFrame | None:
    """How many rows have each value that enough rows share (`value`, `rows`); None if that is not most of them."""
    counted = values.drop_nulls().alias("value").value_counts(name="rows").filter(pl.col("rows") >= min_group)
    if not 2 <= counted.height <= MOST_VALUES or int(counted["rows"].sum()) < len(values) / 2:
        return None
    return counted.sort("value")


def settle_shared(
    rows: pl.DataFrame, one: Determined, frequent: pl.DataFrame | None, rng: np.random.Generator
) -> pl.DataFrame:
    """The rows, of which those that share the determining columns share the determined one.

    Large groups come first. Each takes the value that most of its rows have drawn, or one next to it, as far as there
    are rows left to be given it; so each value becomes about as frequent as in the source, though few groups hold all
    rows.

    Args:
        rows: All rows of a table.
        one: What is shared, and by which columns.
        frequent: What `save_shared` has saved of it.
        rng: Source of randomness.
    """
    groups = rows.select(pl.struct(one.by).rank("dense").cast(pl.Int64) - 1).to_series()
    known = rows.select(pl.all_horizontal(pl.col(name).is_not_null() for name in one.by)).to_series()
    if frequent is None or not known.any() or int(groups.n_unique()) > MOST_GROUPS:
        return keep_determined(rows, one, free=(one.column,), rng=rng)
    places = rows[one.column].replace_strict(frequent["value"], np.arange(frequent.height), default=None)
    given = _given(groups.to_numpy(), places.fill_null(-1).to_numpy(), known.to_numpy(), frequent, rows[one.column])
    values = frequent["value"].cast(rows.schema[one.column]).gather(np.maximum(given, 0))
    settled = rows[one.column].zip_with(pl.Series(given < 0), values.alias(one.column))
    return keep_determined(rows.with_columns(settled), one, free=(one.column,), rng=rng)


def _given(
    groups: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
    frequent: pl.DataFrame,
    drawn: pl.Series,
) -> npt.NDArray[np.int64]:
    """The place of each row's value among the frequent ones; -1 where most of its group have drawn none of them."""
    total, kinds = int(groups.max()) + 1, frequent.height
    shares = frequent["rows"].to_numpy() / int(frequent["rows"].sum())
    left = shares * int((known & (places >= 0)).sum())
    ordered = drawn.dtype.is_numeric() or drawn.dtype.is_temporal()
    at = np.flatnonzero(known)
    at = at[np.argsort(groups[at], kind="stable")]
    starts = np.flatnonzero(np.diff(groups[at], prepend=-1))
    chosen = np.full(total, -1, dtype=np.int64)
    members = np.split(places[at], starts[1:])
    for number in np.argsort([-len(one) for one in members], kind="stable").tolist():
        counts = np.bincount(members[number] + 1, minlength=kinds + 1)
        size = len(members[number])
        if counts[0] * 2 > size:
            continue
        fit = np.clip(left / size, 0, 1) + FOR_THE_DRAWN * counts[1:] / size
        if ordered:
            fit -= FOR_THE_NEAREST * np.abs(np.arange(kinds) - int(np.argmax(counts[1:]))) / kinds
        best = int(np.argmax(fit))
        chosen[groups[at[starts[number]]]] = best
        left[best] -= size
    return np.where(known, chosen[groups], -1)
