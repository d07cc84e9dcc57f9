"""Columns that add up, or count, the rows that refer to their row: an order's total, a customer's number of orders."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, may_be_chance
from synth_assets.dependencies.formula import as_column, numbers, rounded, scale_of
from synth_assets.dependencies.terms import rate_combinations, with_terms
from synth_assets.plan.dependencies import Total

FEWEST_FAMILIES = 20
MOST_COLUMNS = 12
PROBES = 200
_GLANCE = 16
_MOST_FACTORS = 3  # beyond the first: another column, a discount, a tax
_MOST_ROUNDED = 1e-3  # of the usual total
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Children:
    """The rows of one table that refer to another by one key.

    Attributes:
        child, key: The table and its columns.
        parents: The number of the row that each row refers to, int64 of shape (rows,); negative for none.
        columns: What may be added up, float64 of shape (rows,), NaN for NULL.
    """

    child: str
    key: tuple[str, ...]
    parents: npt.NDArray[np.int64]
    columns: Mapping[str, Numbers]

    def some(self, parents: int) -> "Children":
        """Those of the first so many parents."""
        here = self.parents < parents
        return Children(self.child, self.key, self.parents[here], {n: v[here] for n, v in self.columns.items()})


def children_of(child: str, key: tuple[str, ...], frame: pl.DataFrame, parents: npt.NDArray[np.int64]) -> Children:
    """The children in a frame, with all of its columns of numbers."""
    named = {name: numbers(frame[name]) for name in frame.columns if frame.schema[name].is_numeric()}
    return Children(child, key, parents, named)


def total(wanted: Total, children: Children, rows: int, dtype: pl.DataType) -> pl.Series:
    """The column of a table of so many rows, computed from the rows that refer to it; NULL beyond the type's digits."""
    return as_column(wanted.column, _values(wanted, children, rows), dtype)


def find_totals(rows: pl.DataFrame, children: Sequence[Children], *, min_group: int) -> tuple[Total, ...]:
    """The columns of `rows` that add up or count what refers to their rows, at most one finding a column.

    Args:
        rows: The columns that may be totals: no keys, numbers only.
        children: All that refers to the table.
        min_group: Fewest rows that must share the value of those without children, unless it is NULL or 0.
    """
    names = [name for name in rows.columns if rows.schema[name].is_numeric()]
    if rows.height < FEWEST_ROWS or not names:
        return ()
    offers = [(one, tuple(_offers(one))) for one in children]
    tried = len(names) * sum(len(offered) for _, offered in offers)
    several = min(rows.height, PROBES)
    first = [_Candidate.of(rows[name], several) for name in names]
    found: dict[str, Total] = {}
    for one, offered in offers:
        probes = one.some(several)
        for wanted in _near(offered, [c for c in first if c.name not in found], probes):
            name = wanted.column
            if name in found or broken(wanted, rows[name][:several], probes, of_rest=False):
                continue
            fitting = _with_rest(wanted, _without(rows[name], one), min_group)
            if fitting and not broken(fitting, rows[name], one) and _is_no_chance(rows[name], one, tried):
                found[name] = fitting
    return tuple(found[name] for name in names if name in found)


@dataclass(frozen=True)
class _Candidate:
    """The first rows of a column that may be a total."""

    name: str
    scale: int | None
    values: Numbers

    @classmethod
    def of(cls, values: pl.Series, rows: int) -> "_Candidate":
        return cls(values.name, scale_of(values), numbers(values[:rows]))


def completed(wanted: Total, values: pl.Series, children: Children, *, min_group: int) -> Total:
    """A total of the plan with its rounding and with what rows without children have: 0 unless all share a value."""
    scaled = wanted.model_copy(update={"scale": scale_of(values)})
    return _with_rest(scaled, _without(values, children), min_group) or scaled


def broken(wanted: Total, values: pl.Series, children: Children, *, of_rest: bool = True) -> int:
    """How many rows have another value than the total says; rows without children count if `of_rest` is set."""
    made, real = _values(wanted, children, len(values)), numbers(values)
    counts = _counts(children, len(values))
    return int((~_same(made, real, wanted, counts) & (of_rest | (counts > 0))).sum())


def _offers(children: Children) -> Iterator[Total]:
    """Everything that a column may be: the number of children, a column added up, the product of two, less or plus
    a share."""
    names = list(children.columns)[:MOST_COLUMNS]
    any_column = Total(column="", child=children.child, key=children.key)
    yield any_column
    for name in names:
        yield any_column.model_copy(update={"left": name})
    for left, right in itertools.combinations(names, 2):
        yield any_column.model_copy(update={"left": left, "right": right})
    for terms in rate_combinations(children.columns):
        rated = [name for name in names if name not in {term.column for term in terms}]
        for name in rated:
            yield any_column.model_copy(update={"left": name, "terms": terms})
        for left, right in itertools.combinations(rated, 2):
            yield any_column.model_copy(update={"left": left, "right": right, "terms": terms})


def _near(offered: Sequence[Total], candidates: Sequence[_Candidate], probes: Children) -> Iterator[Total]:
    """What is near a column, which it names then, in the first rows that have children; nearly nothing is."""
    if not candidates:
        return
    counts = _counts(probes, len(candidates[0].values))
    there = np.flatnonzero(counts > 0)
    glance = there[:_GLANCE]
    if not len(glance):
        return
    rows = np.flatnonzero(np.isin(probes.parents, glance))
    rows = rows[np.argsort(probes.parents[rows], kind="stable")]
    starts = np.searchsorted(probes.parents[rows], glance)
    columns = {name: values[rows] for name, values in probes.columns.items()}
    allowed = [[_glanced(one, factors, counts, there) for factors in range(_MOST_FACTORS + 1)] for one in candidates]
    for terms, group in itertools.groupby(offered, key=lambda offer: offer.terms):
        offers = list(group)
        products = np.stack([_product(offer, columns.__getitem__, len(rows)) for offer in offers])
        sums = np.add.reduceat(np.nan_to_num(with_terms(products, terms, columns.__getitem__)), starts, axis=1)
        factors = np.array([offer.factors for offer in offers])
        near = np.zeros((len(offers), len(candidates)), dtype=np.bool_)
        for at, candidate in enumerate(candidates):
            off = np.abs(sums - candidate.values[glance])
            for several in set(factors.tolist()):
                near[:, at] |= (off <= allowed[at][several]).all(axis=1) & (factors == several)
        for offer, at in np.argwhere(near).tolist():
            yield offers[offer].model_copy(update={"column": candidates[at].name, "scale": candidates[at].scale})


def _glanced(of: _Candidate, factors: int, counts: npt.NDArray[np.int64], there: npt.NDArray[np.intp]) -> Numbers:
    """How far the first totals may be off before they are rounded."""
    allowed = _tolerance(of.values[there], of.scale, factors, counts[there])
    return np.maximum(allowed[:_GLANCE], 0.51 * 10.0 ** -(of.scale or 0))


def _product(offer: Total, column: Callable[[str], Numbers], rows: int) -> Numbers:
    """What is added up, without terms; `column` gives the numbers of one by its name."""
    if offer.left is None:
        return np.ones(rows)
    return column(offer.left) if offer.right is None else column(offer.left) * column(offer.right)


def _counts(children: Children, rows: int) -> npt.NDArray[np.int64]:
    """How many children each of so many rows has."""
    return np.bincount(children.parents[children.parents >= 0], minlength=rows).astype(np.int64)


def _same(made: Numbers, real: Numbers, wanted: Total, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Where totals agree."""
    allowed = _tolerance(real, wanted.scale, wanted.factors, counts)
    return np.isclose(made, real, rtol=1e-9, atol=0, equal_nan=True) | (np.abs(made - real) <= allowed)


def _tolerance(real: Numbers, scale: int | None, factors: int, counts: npt.NDArray[np.int64]) -> Numbers:
    """How far totals may be off: products may have been rounded row by row, which tells where values are large."""
    tolerance = np.full(len(real), 1e-9 if scale is None else 0.01 * 10.0**-scale)
    if factors > 0 and scale is not None and not np.isnan(real).all():
        a_row = (factors * counts + 0.51) * 10.0**-scale
        if np.nanmedian(a_row) <= _MOST_ROUNDED * np.nanmedian(np.abs(real)):
            tolerance = np.maximum(a_row, tolerance)
    return tolerance


def _without(values: pl.Series, children: Children) -> pl.Series:
    """The values of rows without children."""
    return values.filter(pl.Series(_counts(children, len(values)) == 0))


def _with_rest(wanted: Total, without: pl.Series, min_group: int) -> Total | None:
    if not len(without):
        return wanted
    if without.n_unique() > 1:
        return None
    value = without[0]
    if value is not None and float(value) != 0 and len(without) < min_group:
        return None
    return wanted.model_copy(update={"without": None if value is None else float(value)})


def _is_no_chance(values: pl.Series, children: Children, tried: int) -> bool:
    """Whether enough parents have enough children, and chance would hardly make all of them agree."""
    counts = _counts(children, len(values))
    some = values.filter(pl.Series(counts > 0))
    if len(some) < FEWEST_ROWS or np.count_nonzero(counts > 1) < FEWEST_FAMILIES:
        return False
    return not may_be_chance(len(some), some, tried=tried)


def _values(wanted: Total, children: Children, rows: int) -> Numbers:
    """The rounded sums, NaN for NULL."""
    sums, counts = _added_up(wanted, children, rows)
    sums = np.where(counts == 0, np.nan if wanted.without is None else wanted.without, sums)
    return _rounded(sums, wanted)


def _rounded(sums: Numbers, wanted: Total) -> Numbers:
    return sums if wanted.scale is None else np.where(np.isnan(sums), np.nan, rounded(sums, wanted.scale))


def _added_up(wanted: Total, children: Children, rows: int) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """The sum of each row, and how many refer to it."""
    counts = _counts(children, rows)
    here = children.parents >= 0

    def column(name: str) -> Numbers:
        return children.columns[name][here]

    values = with_terms(_product(wanted, column, int(here.sum())), wanted.terms, column)
    sums = np.bincount(children.parents[here], weights=np.nan_to_num(values), minlength=rows)
    return sums.astype(np.float64), counts
