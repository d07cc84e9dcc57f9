"""Values of one row that nearly follow other columns of it: learned by how far they are off, see deviation."""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formula import Formula, agree, scale_of
from synth_assets.dependencies.formulas import in_order
from synth_assets.dependencies.nearly import RATIO_DIGITS, find_nearly
from synth_assets.synthesize.deviation import (
    FEWEST_ROWS,
    Deviation,
    Numbers,
    Tie,
    Way,
    find_tie,
    may_follow,
    plain_numbers,
    typed,
)
from synth_assets.synthesize.relational.proportional import find_proportional
from synth_assets.synthesize.relational.same import Same, find_same

_LOOKED_AT = 5_000  # evenly spread rows that the search looks at
_ROUNDING = 1e-6  # of a number that lies halfway, which is rounded up or down
_LEAST_CORRELATION = 0.7  # of ranks; what is less alike is not looked at


class Residual(Value):
    """`column` is learned as its deviation from `by`; `filled` says that it is never NULL."""

    column: str
    by: str
    deviation: Deviation
    filled: bool = False

    def encode(self, rows: pl.DataFrame) -> pl.Series:
        """The deviations."""
        off = self.deviation.encode(plain_numbers(rows[self.column]), plain_numbers(rows[self.by]))
        made = pl.Series(self.column, off, nan_to_null=True)
        return made.cast(pl.Int64) if self.deviation.whole else made

    def decode(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column of its own type; NULL where the deviation or the other column is.

        For a column that is never NULL, the median of the other one stands where that is NULL: in no real row it is,
        but a parent without it may have been drawn with children.
        """
        by = plain_numbers(rows[self.by])
        unknown = np.isnan(by)
        if self.filled and unknown.any() and not unknown.all():
            by = np.where(unknown, np.median(by[~unknown]), by)
        return typed(self.column, self.deviation.decode(plain_numbers(rows[self.column]), by), dtype)


class Mostly(Value):
    """A column that a formula gives in most rows.

    It is learned as it is, for others to be drawn knowing it, and beside it what it is off the formula, which tells.
    """

    formula: Formula
    deviation: Deviation

    @property
    def column(self) -> str:
        return self.formula.column

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the formula needs."""
        return self.formula.inputs

    @property
    def off(self) -> str:
        """The column of what it is off."""
        return f"off {self.column}"

    def encode(self, rows: pl.DataFrame) -> pl.Series:
        """The differences, or ratios; 0, or 1, where the formula holds."""
        values = plain_numbers(rows[self.column])
        by = plain_numbers(self.formula.apply(rows, rows.schema[self.column]))
        off = self._ratios(values, by) if self.deviation.way == "ratio" else self.deviation.encode(values, by)
        off = np.where(agree(by, values, rounded_to=None) & np.isfinite(by), self._nothing, off)
        made = pl.Series(self.off, off, nan_to_null=True)
        return made.cast(pl.Int64) if self.deviation.whole else made

    def _ratios(self, values: Numbers, by: Numbers) -> Numbers:
        """The ratios, each of as few digits as give the value: half of an odd number of cents is a half, too."""
        exact = self.deviation.encode(values, by)
        ratios = np.round(exact, RATIO_DIGITS)
        half = 0.0 if self.deviation.scale is None else 0.5 * 10.0**-self.deviation.scale
        for digits in range(RATIO_DIGITS - 1, 0, -1):
            shorter = np.round(exact, digits)
            ratios = np.where(np.abs(shorter * by - values) <= half * (1 + _ROUNDING), shorter, ratios)
        return ratios

    def decode(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column of its own type; NULL where what it is off is, or what it is computed from."""
        by, off = plain_numbers(self.formula.apply(rows, dtype)), plain_numbers(rows[self.off])
        # What generated values add up to is nobody's, however far out it lies.
        exact = np.maximum(by, 0.0) if self.deviation.least >= 0 else by
        values = np.where(off == self._nothing, exact, self.deviation.decode(off, by))
        return typed(self.column, values, dtype)

    @property
    def _nothing(self) -> float:
        return 1.0 if self.deviation.way == "ratio" else 0.0


class Residuals(Value):
    """All columns of a table that nearly follow others, in an order in which they can be worked out again."""

    steps: tuple[Residual, ...] = ()
    mostly: tuple[Mostly, ...] = ()
    same: tuple[Same, ...] = ()

    @classmethod
    def find(
        cls,
        rows: pl.DataFrame,
        *,
        min_group: int,
        among: Collection[str],
        outside: pl.DataFrame | None = None,
        computed: Sequence[Formula] = (),
        formulas: bool = True,
    ) -> "Residuals":
        """Tie columns to others that tell them more closely than codes do, the closest first.

        Args:
            rows: Columns of the table, learned and made earlier.
            min_group: Fewest rows that must reach the ends of what may come out.
            among: Columns of `rows` that may be tied; the others, and those of `outside`, may be what they follow.
            outside: What is known of each row's parents.
            computed: What is computed of these columns, and drawn before only for others to be drawn knowing it.
            formulas: Whether those are looked for that hold in most rows.
        """
        frame = rows if outside is None else pl.concat([rows, outside], how="horizontal")
        mostly = tuple(
            Mostly(formula=formula, deviation=Deviation.of(frame[formula.column], _exact(way), min_group=min_group))
            for formula, way in (find_nearly(rows, outside, among=among, computed=computed) if formulas else ())
        )
        tied = {*(one.column for one in mostly), *(formula.column for formula in computed)}
        names = [name for name in frame.columns if _is_on_a_line(frame.schema[name])]
        free = [name for name in names if name in {*among} - tied and may_follow(frame[name])]
        if frame.height < FEWEST_ROWS or not free:
            return cls(mostly=mostly)
        looked = frame.select(names)[np.linspace(0, frame.height - 1, min(frame.height, _LOOKED_AT)).astype(np.intp)]
        plain = {name: plain_numbers(looked[name]) for name in names}
        if formulas:
            added = find_proportional(
                {name: plain[name] for name in names if frame.schema[name].is_numeric()},
                free,
                scales={name: scale_of(frame[name]) for name in free},
                computed=[*computed, *(one.formula for one in mostly)],
            )
            mostly += tuple(
                Mostly(
                    formula=one.model_copy(update={"filled": not frame[one.column].null_count()}),
                    deviation=Deviation.of(frame[one.column], _exact("ratio"), min_group=min_group),
                )
                for one in added
            )
            tied |= {one.column for one in added}
        names, free = ([name for name in of if name not in tied] for of in (names, free))
        plain = {name: plain[name] for name in names}
        if not free:
            return cls(mostly=mostly)
        alike = _rank_correlations(plain)
        found: dict[tuple[str, str], Tie] = {}
        for column in free:
            for by in names:
                if by == column or not alike[names.index(column), names.index(by)] >= _LEAST_CORRELATION:
                    continue
                if _comparable(frame.schema[column], frame.schema[by]) and _known_where(frame, column, by):
                    tie = find_tie(plain[column], plain[by], times=frame.schema[by].is_temporal())
                    if tie:
                        found[column, by] = tie
        return cls(
            steps=tuple(
                Residual(
                    column=column,
                    by=by,
                    deviation=Deviation.of(frame[column], found[column, by], min_group=min_group),
                    filled=not frame[column].null_count(),
                )
                for column, by in _in_order({pair: tie.gain for pair, tie in found.items()}, free)
            ),
            mostly=mostly,
        )

    def with_same(self, rows: pl.DataFrame, *, among: Collection[str], min_group: int) -> "Residuals":
        """The same with what is another column in some rows, of `among`; `rows` are those of the table."""
        tied = {*(step.column for step in self.steps), *(one.column for one in self.mostly)}
        by = [name for name in rows.columns if rows.schema[name].is_numeric() and name in among]
        free = {name for name in by if name not in tied | self.followed}
        return self.model_copy(update={"same": find_same(rows, among=free, by=by, min_group=min_group)})

    def encode(self, rows: pl.DataFrame, outside: pl.DataFrame | None = None) -> pl.DataFrame:
        """Replace the columns by their deviations, and put others beside them; `outside` as for `find`."""
        frame = rows if outside is None else pl.concat([rows, outside], how="horizontal")
        follow: tuple[Residual | Mostly | Same, ...] = (*self.steps, *self.mostly, *self.same)
        return rows.with_columns(one.encode(frame) for one in follow)

    @property
    def columns(self) -> frozenset[str]:
        """Those that hold how far others are off."""
        return frozenset([*(step.column for step in self.steps), *self.added])

    @property
    def added(self) -> tuple[str, ...]:
        """Columns of what others are off formulas that hold in most rows, and of where they are the same."""
        return (*(one.off for one in self.mostly), *(one.told for one in self.same))

    @property
    def followed(self) -> frozenset[str]:
        """Those that others follow."""
        return frozenset([*(step.by for step in self.steps), *(i for one in self.mostly for i in one.formula.inputs)])

    def decode(self, rows: pl.DataFrame, schema: pl.Schema, formulas: Sequence[Formula] = ()) -> pl.DataFrame:
        """Undo `encode`: `rows` hold what the columns follow, too, or `formulas` give it; `schema` has their types."""
        for step in self.steps:
            rows = rows.with_columns(step.decode(rows, schema[step.column]))
        off = {one.column: one for one in self.mostly}
        for formula in in_order([*formulas, *(one.formula for one in self.mostly)]) if off else ():
            one = off.get(formula.column)
            dtype = schema[formula.column]
            rows = rows.with_columns(one.decode(rows, dtype) if one else formula.apply(rows, dtype))
        return rows.with_columns(one.decode(rows, schema[one.column]) for one in self.same)

    def encoded(self, schema: pl.Schema) -> pl.Schema:
        """The types of the encoded rows."""
        whole = {step.column: step.deviation.whole for step in self.steps}
        whole |= {one.off: one.deviation.whole for one in self.mostly}
        numbers = {name: pl.Int64() if whole[name] else pl.Float64() for name in whole}
        return pl.Schema({**schema, **numbers, **{one.told: pl.Boolean() for one in self.same}})


def _exact(way: Way) -> Tie:
    """Of what others give but for what a number is off."""
    return Tie(gain=0.0, way=way, slope=1.0)


def _is_on_a_line(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or isinstance(dtype, pl.Date | pl.Datetime)


def _comparable(column: pl.DataType, by: pl.DataType) -> bool:
    """Numbers follow numbers, times follow times of their own type."""
    return column == by if column.is_temporal() or by.is_temporal() else True


def _known_where(rows: pl.DataFrame, column: str, by: str) -> bool:
    """Whether the other column is known wherever the column is."""
    return not rows.select((pl.col(column).is_not_null() & pl.col(by).is_null()).any()).item()


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


def _in_order(gains: dict[tuple[str, str], float], free: list[str]) -> list[tuple[str, str]]:
    """Which column follows which: a tree of great gains (Prim 1957), each column after the one that it follows."""
    open_ = {column for column, _ in gains}
    placed = {by for _, by in gains} - open_
    steps: list[tuple[str, str]] = []
    while open_:
        possible = [pair for pair in gains if pair[0] in open_ and pair[1] in placed]
        if possible:
            steps.append(max(possible, key=lambda pair: gains[pair]))
            added = steps[-1][0]
        else:
            # None of them follows what is placed: the one that others follow most closely stays as it is.
            said = {name: sum(gain for (_, by), gain in gains.items() if by == name) for name in open_}
            added = max(sorted(open_, key=free.index), key=lambda name: said[name])
        placed.add(added)
        open_.discard(added)
    return steps
