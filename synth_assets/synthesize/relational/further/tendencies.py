"""What the rows that refer to a row have in common beyond what its columns say: a good film's ratings are high.

Rows of one driving parent know of each other (see families). Those that meet at a further parent do not: they are
made family by family. So each further parent has hidden numbers, how far the rows that refer to it are above or below
what is usual, learned and drawn with its own columns; the rows that refer to it know them. (A random effect, as in the
one-way model of Searle, Casella and McCulloch 1992: variances by the analysis of variance, effects shrunken by how many
rows they come from. A training row knows the effect without its own part in it: a drawn row has none either.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.keeping.kept import free_columns
from synth_assets.synthesize.relational.matching import Rows
from synth_assets.synthesize.relational.structure import NATIVE, Reference, TableStructure
from synth_assets.synthesize.relational.tables import SourceTables

Numbers = npt.NDArray[np.float64]

_MARK = "~ "
_MOST = 6  # tendencies by one key
_MOST_LABELS = 4  # of one column
_FEW_LABELS = 8
_FEWEST_PARENTS = 30
_FEWEST_MORE = 200  # rows beyond the first of each parent
_LEAST_SHARE = 0.02  # of the variance that lies between parents
_ERRORS = 6.0  # standard errors by which parents must differ more than chance makes them
_MOSTLY = 0.5
_GROUPS = 32
_ROWS_A_GROUP = 5
_STEPS = 50  # of what may be told of a real row
_DIGITS = 4


@dataclass(frozen=True)
class Tendency:
    """How a column, or a label of it, tends among the rows that refer to each row of a parent.

    Attributes:
        name: Of the hidden column.
        share: Of the variance that lies between parents.
        values: By row of the child that is learned from: the rank of its number in the column, or whether it has the
            label; NaN where it has none.
        parents: The parent of each.
        height: Rows of the parent's table.
    """

    name: str
    share: float
    values: Numbers
    parents: Rows
    height: int

    @cached_property
    def _known(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.values) & (self.parents >= 0)

    @cached_property
    def _sums(self) -> tuple[Numbers, Numbers]:
        """(sum of values, number of values) of each parent."""
        parents, values = self.parents[self._known], self.values[self._known]
        sums = np.bincount(parents, values, minlength=self.height).astype(np.float64)
        return sums, np.bincount(parents, minlength=self.height).astype(np.float64)

    @property
    def _usual(self) -> float:
        return float(self.values[self._known].mean())

    def _shrunken(self, rows: Numbers) -> Numbers:
        """The share of an effect that is left when so many rows tell it; 0 of none, even where one row tells all."""
        told = self.share * rows
        return np.asarray(np.divide(told, 1 - self.share + told, out=np.zeros_like(told), where=rows > 0))

    def of_parents(self) -> pl.Series:
        """The effect of each parent, spread as effects are rather than means of few rows; NULL where none tells it."""
        sums, rows = self._sums
        means = sums / np.maximum(rows, 1)
        effects = self._usual + np.sqrt(self._shrunken(rows)) * (means - self._usual)
        return pl.Series(self.name, np.where(rows > 0, np.round(effects, _DIGITS), np.nan), nan_to_null=True)

    def of_real_parents(self, min_group: int) -> pl.Series:
        """The same as it may be told of real rows: in coarse steps, and only of what enough rows have in common."""
        effects, rows = self.of_parents(), self._sums[1]
        coarse = (effects * _STEPS).round() / _STEPS
        return coarse.set(pl.Series(rows < min_group), None)

    def beside(self) -> pl.Series:
        """For each row the effect of its parent, as the other rows tell it."""
        sums, rows = self._sums
        own = np.where(self._known, self.values, 0.0)
        at = np.maximum(self.parents, 0)
        others = rows[at] - self._known
        means = (sums[at] - own) / np.maximum(others, 1)
        effects = self._usual + self._shrunken(others) * (means - self._usual)
        return pl.Series(self.name, np.round(effects, _DIGITS)).set(pl.Series(self.parents < 0), None)


def is_tendency(name: str, reference: Reference | None = None) -> bool:
    """Whether a hidden column or feature is one, by this key or by any."""
    return name.startswith(_MARK if reference is None else _prefix(reference))


def knows_tendencies(reference: Reference, structures: Mapping[str, TableStructure]) -> bool:
    """Whether the rows that refer by this key, as the plan has them, know tendencies of their parent."""
    child = structures[reference.child]
    return (
        child.decision.is_generated
        and child.decision.synthesizer == NATIVE
        and not structures[reference.key.parent].decision.private
        and any(r.name == reference.name for r in child.further if r in child.referring_first)
    )


def find_tendencies(reference: Reference, source: SourceTables, *, min_group: int) -> tuple[Tendency, ...]:
    """Those of the rows that refer to a parent by a key in which parents differ by more than chance, largest first.

    What a column of the parent says by itself, as a product's price that of its sales, is none.
    """
    structure = source.structures[reference.child]
    trained = np.flatnonzero(source.training(reference.child))
    rows, parents = source.frame(reference.child)[trained], source.parents(reference.child, reference.key)[trained]
    parent = source.structures[reference.key.parent]
    # Parents that nothing refers to have no effect that could be told.
    height, referred = source.frame(parent.name).height, np.unique(parents[parents >= 0])
    groups = _groups(source.frame(parent.name)[referred].select(parent.learned))
    found = []
    for column in sorted(free_columns(structure)):
        for number, values in enumerate(_sides(rows[column], min_group)):
            share = _between(values, parents, height)
            name = f"{_prefix(reference)}{column} {number}"
            tendency = Tendency(name=name, share=share, values=values, parents=parents, height=height)
            if share >= _LEAST_SHARE and not _is_explained(tendency.of_parents().gather(referred), groups):
                found.append(tendency)
    return tuple(sorted(found, key=lambda one: -one.share)[:_MOST])


def _prefix(reference: Reference) -> str:
    return f"{_MARK}{reference.name}: "


def _sides(values: pl.Series, min_group: int) -> list[Numbers]:
    """The numbers that a column is looked at by."""
    if values.dtype == pl.String:
        counts = values.drop_nulls().value_counts(sort=True, name="rows").filter(pl.col("rows") >= min_group)
        labels = counts[values.name].to_list() if counts.height <= _FEW_LABELS else []
        return [values.eq_missing(pl.Series([label])).cast(pl.Float64).to_numpy() for label in labels[:_MOST_LABELS]]
    if values.dtype == pl.Boolean:
        return [values.cast(pl.Float64).to_numpy()]
    if not values.dtype.is_numeric():
        return []
    ranks = values.cast(pl.Float64).rank("average") / max(len(values) - values.null_count(), 1)
    return [ranks.to_numpy()]


def _groups(columns: pl.DataFrame) -> list[Rows]:
    """For each column the group of each row: of its labels or, for numbers, of neighbours."""
    found = []
    for values in columns.get_columns():
        if values.dtype == pl.String:
            groups = values.rank("dense").fill_null(0).to_numpy()
        else:
            ranks = values.to_physical().cast(pl.Float64).rank("average").fill_null(0).to_numpy()
            groups = ranks * min(_GROUPS, len(ranks) // _ROWS_A_GROUP) / (len(ranks) + 1)
        found.append(groups.astype(np.intp))
    return found


def _is_explained(effects: pl.Series, groups: Sequence[Rows]) -> bool:
    """Whether the groups of one column say most of the effects."""
    told = effects.is_not_null().to_numpy()
    wanted = effects.drop_nulls().to_numpy()
    spread = float(wanted.var()) if len(wanted) else 0.0
    for of_rows in groups:
        of_told = of_rows[told]
        counts = np.bincount(of_told)
        means = np.bincount(of_told, wanted) / np.maximum(counts, 1)
        # As many groups as rows would say all of anything.
        free = len(wanted) - int(np.count_nonzero(counts))
        left = float(((wanted - means[of_told]) ** 2).sum())
        if free > 0 and spread > 0 and left <= (1 - _MOSTLY) * spread * free:
            return True
    return False


def _between(values: Numbers, parents: Rows, height: int) -> float:
    """The share of the variance that lies between parents; 0 where it may be chance."""
    known = ~np.isnan(values) & (parents >= 0)
    values, parents = values[known], parents[known]
    counts = np.bincount(parents, minlength=height).astype(np.float64)
    groups, total = np.count_nonzero(counts), len(values)
    if groups < _FEWEST_PARENTS or total - groups < _FEWEST_MORE:
        return 0.0
    means = np.bincount(parents, values, minlength=height) / np.maximum(counts, 1)
    within = float(((values - means[parents]) ** 2).sum()) / (total - groups)
    between = float((counts * (means - values.mean()) ** 2).sum()) / (groups - 1)
    usual = (total - float((counts**2).sum()) / total) / (groups - 1)
    if within <= 0 or between <= within * (1 + _ERRORS * np.sqrt(2 / (groups - 1))):
        return 0.0
    effects = (between - within) / usual
    return effects / (effects + within)
