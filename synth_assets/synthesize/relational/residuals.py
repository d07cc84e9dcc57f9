"""Values of one row that nearly follow another column: learned by how far they are off.

A tree knows a number by some dozens of codes. What follows another one more closely than these codes lie apart - the
close of a day and its opening, two years' populations, a file's bytes and its seconds, a time planned and the real one -
would come out as far off as two values of one code are. So it is learned as its difference from the other column, or,
where deviations grow with the values, as its ratio to it. (Differencing and ratios to a base series, as Box and Jenkins
1970 use them; here between columns of one row.)
"""

from collections.abc import Collection
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formulas import scale_of

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Way = Literal["difference", "ratio"]

_FEWEST_ROWS = 200
_LOOKED_AT = 5_000  # evenly spread rows that the search looks at
_CODES = 64  # most values of the other column that a tree tells apart
_ROWS_A_CODE = 40
_SPACING = 4  # neighbours on either side by which a density is told
_GAIN = 0.15  # nats that deviations must be less uncertain than the values under one code of the other column
_LEAST_CORRELATION = 0.7  # of ranks; what is less alike cannot gain so much
_HEAVY = 0.1  # share of rows whose values are so frequent that they are learned by themselves
_DIGITS = 4  # of a slope: fewer than would tell single rows
_EXACT = 2.0**52


class Residual(Value):
    """`column` is learned as its difference from `slope` times `by`, or as its ratio to `by`.

    Attributes:
        scale: Decimal places of the column; None for floats that have any. Of times, whose unit is one tick: 0.
        least, most: The range in which the column's own values may come out.
    """

    column: str
    by: str
    way: Way
    slope: float
    scale: int | None
    least: float
    most: float

    def encode(self, rows: pl.DataFrame) -> pl.Series:
        """The deviations; whole units of the last decimal place for a difference of what has one."""
        values, by = _plain(rows[self.column]), _plain(rows[self.by])
        if self.way == "ratio":
            return pl.Series(self.column, values / by, nan_to_null=True)
        off = values - self._expected(by)
        made = pl.Series(self.column, off if self.scale is None else np.rint(off * 10**self.scale), nan_to_null=True)
        return made if self.scale is None else made.cast(pl.Int64)

    def decode(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column of its own type; NULL where the deviation or the other column is."""
        off, by = _plain(rows[self.column]), _plain(rows[self.by])
        if self.way == "ratio":
            values = off * by
        else:
            values = self._expected(by) + (off if self.scale is None else off / 10**self.scale)
        values = np.clip(values, self.least, self.most)
        values = values if self.scale is None else np.round(values, self.scale)
        made = pl.Series(self.column, values, nan_to_null=True)
        if dtype.is_temporal():
            whole = made.cast(pl.Int64)
            return (whole.cast(pl.Int32) if dtype == pl.Date else whole).cast(dtype)
        return made.round(dtype.scale).cast(dtype) if isinstance(dtype, pl.Decimal) else made.cast(dtype)

    def _expected(self, by: Numbers) -> Numbers:
        expected = by if self.slope == 1 else self.slope * by
        return expected if self.scale is None else np.round(expected, self.scale)


class Residuals(Value):
    """All columns of a table that nearly follow another one, in an order in which they can be worked out again."""

    steps: tuple[Residual, ...] = ()

    @classmethod
    def find(
        cls, rows: pl.DataFrame, *, min_group: int, among: Collection[str], outside: pl.DataFrame | None = None
    ) -> "Residuals":
        """Tie columns to others that tell them more closely than codes do, the closest first.

        Args:
            rows: Columns of the table, learned and made earlier.
            min_group: Fewest rows that must reach the ends of what may come out.
            among: Columns of `rows` that may be tied; the others, and those of `outside`, may be what they follow.
            outside: What is known of each row's parents.
        """
        frame = rows if outside is None else pl.concat([rows, outside], how="horizontal")
        names = [name for name in frame.columns if _is_on_a_line(frame.schema[name])]
        free = [name for name in names if name in among and _may_follow(frame[name])]
        if frame.height < _FEWEST_ROWS or not free:
            return cls()
        looked = frame.select(names)[np.linspace(0, frame.height - 1, min(frame.height, _LOOKED_AT)).astype(np.intp)]
        plain = {name: _plain(looked[name]) for name in names}
        alike = _rank_correlations(plain)
        found: dict[tuple[str, str], tuple[float, Way, float]] = {}
        for column in free:
            for by in names:
                if by == column or not alike[names.index(column), names.index(by)] >= _LEAST_CORRELATION:
                    continue
                if _comparable(frame.schema[column], frame.schema[by]) and _filled_where(frame, column, by):
                    gain = _gain(plain[column], plain[by], times=frame.schema[by].is_temporal())
                    if gain[0] >= _GAIN:
                        found[column, by] = gain
        return cls(steps=tuple(_residual(frame, *pair, *found[pair][1:], min_group) for pair in _tied(found, free)))

    def encode(self, rows: pl.DataFrame, outside: pl.DataFrame | None = None) -> pl.DataFrame:
        """Replace the columns by their deviations; `outside` as for `find`."""
        frame = rows if outside is None else pl.concat([rows, outside], how="horizontal")
        return rows.with_columns(step.encode(frame) for step in self.steps)

    def decode(self, rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
        """Undo `encode`: `rows` hold what the columns follow, too; `schema` gives their types."""
        for step in self.steps:
            rows = rows.with_columns(step.decode(rows, schema[step.column]))
        return rows

    def schema(self, schema: pl.Schema) -> pl.Schema:
        """The types of the encoded rows."""
        whole = {step.column: step.way == "difference" and step.scale is not None for step in self.steps}
        return pl.Schema(
            {
                name: dtype if name not in whole else pl.Int64() if whole[name] else pl.Float64()
                for name, dtype in schema.items()
            }
        )


def _is_on_a_line(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or isinstance(dtype, pl.Date | pl.Datetime)


def _comparable(column: pl.DataType, by: pl.DataType) -> bool:
    """Numbers follow numbers, times follow times of their own type."""
    return column == by if column.is_temporal() or by.is_temporal() else True


def _plain(values: pl.Series) -> Numbers:
    """Floats, times as ticks; NaN where NULL."""
    plain = values.to_physical() if values.dtype.is_temporal() else values
    return plain.cast(pl.Float64).to_numpy()


def _may_follow(values: pl.Series) -> bool:
    """Whether nearly all rows have values that few others have, no rounder than all are, and that floats hold exactly."""
    known = values.drop_nulls()
    if len(known) < _FEWEST_ROWS:
        return False
    counts = known.value_counts()["count"].to_numpy()
    heavy = counts[counts >= max(len(known) / (2 * _CODES), 2)].sum()
    plain = _plain(known)
    return bool(heavy <= _HEAVY * len(known) and np.isfinite(plain).all() and np.abs(plain).max() < _EXACT)


def _filled_where(rows: pl.DataFrame, column: str, by: str) -> bool:
    """Whether the other column is known, and not 0, wherever the column is."""
    missing = rows.select((pl.col(column).is_not_null() & pl.col(by).is_null()).any()).item()
    return not missing


def _rank_correlations(columns: dict[str, Numbers]) -> Numbers:
    """(columns, columns) correlations of ranks; a missing value stands in the middle."""
    ranked = []
    for values in columns.values():
        known = np.isfinite(values)
        ranks = np.zeros(len(values))
        places = np.searchsorted(np.sort(values[known]), values[known], side="left")
        ranks[known] = places - places.mean() if known.any() else 0.0
        size = np.linalg.norm(ranks)
        ranked.append(ranks / size if size else ranks)
    matrix = np.stack(ranked)
    return np.asarray(matrix @ matrix.T)


def _gain(values: Numbers, by: Numbers, *, times: bool) -> tuple[float, Way, float]:
    """(how much less uncertain deviations are than the values under one code of the other column, way, slope)."""
    both = np.isfinite(values) & np.isfinite(by)
    values, by = values[both], by[both]
    codes = min(len(values) // _ROWS_A_CODE, _CODES)
    if codes < 2 or len(values) < _FEWEST_ROWS:
        return (-np.inf, "difference", 1.0)
    order = np.argsort(by, kind="stable")
    values, by = values[order], by[order]
    spans = np.linspace(0, len(values), codes + 1).astype(np.intp)
    steps = np.diff(np.unique(values))
    finest = float(steps.min()) if len(steps) else 1.0
    plain = _entropy(values, spans, finest)
    tried: list[tuple[float, Way, float]] = [(plain - _entropy(values - by, spans, finest), "difference", 1.0)]
    if not times:
        middle = slice(len(values) // 50, len(values) - len(values) // 50)
        spread = float(by[middle].var())
        slope = float(np.cov(by[middle], values[middle], ddof=0)[0, 1]) / spread if spread > 0 else 0.0
        slope = float(f"{slope:.{_DIGITS}g}")
        if slope:
            tried.append((plain - _entropy(values - slope * by, spans, finest), "difference", slope))
        if by[0] > 0 and values.min() > 0:
            # A density of ratios is one of values when divided by what it was multiplied with.
            ratios = _entropy(values / by, spans, finest / float(np.median(by))) + float(np.log(by).mean())
            tried.append((plain - ratios, "ratio", 1.0))
    return max(tried, key=lambda one: one[0])


def _entropy(values: Numbers, spans: npt.NDArray[np.intp], finest: float) -> float:
    """The mean differential entropy within spans of rows, in nats, by the spacings of sorted values (Vasicek 1976).

    No distance counts as smaller than the `finest` step.
    """
    total = 0.0
    for start, end in zip(spans[:-1], spans[1:], strict=True):
        part, at = np.sort(values[start:end]), np.arange(end - start)
        near = part[np.minimum(at + _SPACING, len(part) - 1)] - part[np.maximum(at - _SPACING, 0)]
        total += float(np.log(np.maximum(near, finest) * len(part) / (2 * _SPACING)).sum())
    return total / int(spans[-1])


def _tied(found: dict[tuple[str, str], tuple[float, Way, float]], free: list[str]) -> list[tuple[str, str]]:
    """Which column follows which, in an order in which each comes after what it follows (Prim's tree, greatest gain)."""
    placed: set[str] = set()
    left = dict(found)
    steps: list[tuple[str, str]] = []
    open_ = {column for column, _ in found}
    placed |= {by for _, by in found if by not in open_}
    while open_:
        possible = [pair for pair in left if pair[0] in open_ and pair[1] in placed]
        if possible:
            best = max(possible, key=lambda pair: left[pair][0])
            steps.append(best)
            placed.add(best[0])
            open_.discard(best[0])
            continue
        # None of them follows what is placed: the one that others follow most closely stays as it is.
        said = {column: sum(gain[0] for (_, by), gain in left.items() if by == column) for column in open_}
        root = max(sorted(open_, key=free.index), key=lambda column: said[column])
        placed.add(root)
        open_.discard(root)
    return steps


def _residual(frame: pl.DataFrame, column: str, by: str, way: Way, slope: float, min_group: int) -> Residual:
    values = frame[column]
    least, most = _range(np.sort(_plain(values.drop_nulls())), min_group)
    scale = 0 if values.dtype.is_temporal() else scale_of(values)
    return Residual(column=column, by=by, way=way, slope=slope, scale=scale, least=least, most=most)


def _range(ordered: Numbers, min_group: int) -> tuple[float, float]:
    """What may come out of sorted values: beyond either end lie `min_group` of them, and no end is one row's value."""
    group = max(min(min_group, len(ordered) // 2), 1)
    low = (ordered[group - 1] + ordered[group]) / 2
    high = (ordered[-group] + ordered[-group - 1]) / 2
    return float(low), float(high)
