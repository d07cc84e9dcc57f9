"""Rows that follow each other, drawn in rounds: first the second rows of all families, then the third ones, ...

A round of a few hundred rows is over in a few milliseconds only if nothing but arrays is touched: what is drawn stays
codes and plain numbers, and becomes columns of a frame when all rounds are over.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.deviation import Deviation, plain_numbers, typed
from synth_assets.synthesize.months import in_month, ticks_a_day
from synth_assets.synthesize.points import next_points
from synth_assets.synthesize.protocol import Following
from synth_assets.synthesize.running import Running
from synth_assets.synthesize.trees.columns import ColumnCodes, Numbers
from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.scale import Codes, Floats
from synth_assets.synthesize.trees.staying import StayingLabels
from synth_assets.synthesize.trees.tellers import GapBefore, MeanBefore, MonthBefore, ShareBefore, Teller

Rows = npt.NDArray[np.int64]
Draw = Callable[[Sequence[Codes], int], Codes]
_TRIES = 4  # of a row whose running total leaves its range


class _Column(Protocol):
    """The values of one column, of all rows, as far as they are drawn."""

    def put(self, codes: Sequence[Codes], at: Rows, rng: np.random.Generator) -> None:
        """Set the values of rows by their codes."""

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        """The codes under which a column of the context knows these rows."""

    def series(self) -> pl.Series:
        """The whole column."""


class _Numbers:
    """Numbers, times and booleans, in the units of their scale."""

    def __init__(self, column: ColumnCodes, first: pl.Series, starts: Rows, rows: int) -> None:
        self._column, self._dtype = column, first.dtype
        self.values, self.missing = np.zeros(rows), np.zeros(rows, np.bool_)
        coding = column.coding
        if isinstance(coding, Numbers):
            self.values[starts], self.missing[starts] = coding.scale.units(first)
        else:
            self.values[starts] = first.cast(pl.Float64).fill_null(0.0).to_numpy()
            self.missing[starts] = first.is_null().to_numpy()

    def put(self, codes: Sequence[Codes], at: Rows, rng: np.random.Generator) -> None:
        coding = self._column.coding
        if isinstance(coding, Numbers):
            values, self.missing[at] = coding.values(codes, rng)
            self.values[at] = values.astype(np.float32) if self._dtype == pl.Float32 else values
        else:
            self.values[at], self.missing[at] = np.maximum(codes[0], 1) - 1.0, codes[0] == 0

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        values, missing = self.values[at], self.missing[at]
        own, other = self._column.coding, context.coding
        if isinstance(own, Numbers) and isinstance(other, Numbers):
            shift = own.scale.base - other.scale.base
            return other.encode_values(values + shift if shift else values, missing)
        return [np.where(missing, 0, values + 1).astype(np.uint16)]

    def plain(self, at: Rows) -> Floats:
        """The numbers that the values of some rows stand for; NaN for NULL."""
        values, coding = self.values[at], self._column.coding
        if isinstance(coding, Numbers):
            scale = coding.scale
            values = values + scale.base if scale.base else values
            values = values / 10**scale.dtype.scale if isinstance(scale.dtype, pl.Decimal) else values
        return np.where(self.missing[at], np.nan, values)

    def series(self) -> pl.Series:
        coding = self._column.coding
        if isinstance(coding, Numbers):
            return coding.scale.series(self._column.name, self.values, self.missing).cast(self._dtype)
        made = pl.Series(self._column.name, self.values > 0)
        return made.set(pl.Series(self.missing), None) if self.missing.any() else made


class _Labels:
    """Texts, as places in a list of all that occur; place 0 is NULL."""

    def __init__(self, column: ColumnCodes, first: pl.Series, starts: Rows, rows: int, stays: str | None) -> None:
        coding = column.coding
        assert isinstance(coding, LabelCodes | StayingLabels)  # noqa: S101 (texts have no other)
        self._following = coding if isinstance(coding, StayingLabels) else None
        self._coding = coding.labels if isinstance(coding, StayingLabels) else coding
        self._name = column.name
        own = dict.fromkeys(self._coding.texts)
        self._texts = [*own, *(text for text in first.unique(maintain_order=True).to_list() if text not in own)]
        number = {text: place for place, text in enumerate(self._texts)}
        self._places = np.zeros(rows, np.int64)
        self._places[starts] = [number[text] for text in first.to_list()]
        self._stays = number.get(stays, -1) if stays else -1
        self._known: dict[str, Codes] = {}

    def put(self, codes: Sequence[Codes], at: Rows, rng: np.random.Generator) -> None:
        places, before = self._coding.places(codes[-1], rng), self._places[at - 1]
        stay = places == self._stays
        if self._following:
            stay = self._following.stay(codes, np.where(before < len(self._coding.texts), before, -1))
        self._places[at] = np.where(stay, before, places)

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        if context.name not in self._known:
            (self._known[context.name],) = context.encode(pl.Series(self._texts, dtype=pl.String))
        return [self._known[context.name][self._places[at]]]

    def by_label(self, number_of: Callable[[pl.Series], Floats]) -> Callable[[Rows], Floats]:
        """The number of each of some rows, as a function gives it for labels."""
        numbers = number_of(pl.Series(self._texts, dtype=pl.String))
        return lambda at: numbers[self._places[at]]

    def series(self) -> pl.Series:
        return pl.Series(self._texts, dtype=pl.String).gather(self._places).alias(self._name)


class _Steps:
    """A number or time that is drawn as whole units since the row before."""

    def __init__(self, column: ColumnCodes, first: pl.Series, starts: Rows, rows: int, following: Following) -> None:
        self._column, self._dtype, self._unit, self._grid = column, first.dtype, following.unit, following.grid
        self._ends_months, self._points = following.ends_months, np.array(following.points, np.int64)
        self._values = np.zeros(rows, np.int64)
        self._values[starts] = first.to_physical().cast(pl.Int64).fill_null(0).to_numpy()

    def put(self, codes: Sequence[Codes], at: Rows, rng: np.random.Generator) -> None:
        assert isinstance(self._column.coding, Numbers)  # noqa: S101 (gaps are numbers)
        gaps, missing = self._column.coding.values(codes, rng)
        made = self._values[at - 1] + np.where(missing, 0, gaps).astype(np.int64) * self._unit
        if self._ends_months:
            ticks, days = ticks_a_day(self._dtype), self.days(at - 1)
            made = np.minimum(made, self._values[at - 1] + in_month(days, "end") * ticks)
        if self._grid is not None:
            made = self._grid.at(self._grid.nearest(made, self._dtype), self._dtype)
        if len(self._points):
            made = next_points(made, self._values[at - 1], self._points)
        self._values[at] = made

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        assert isinstance(context.coding, Numbers)  # noqa: S101 (of a number)
        values = (self._values[at] - context.coding.scale.base).astype(np.float64)
        return context.coding.encode_values(values, np.zeros(len(at), np.bool_))

    def since(self, at: Rows) -> Rows:
        """How far some rows are from those before them."""
        return np.asarray(self._values[at] - self._values[at - 1])

    def days(self, at: Rows) -> Rows:
        """The days since the epoch of some rows."""
        return np.asarray(self._values[at] // ticks_a_day(self._dtype))

    def series(self) -> pl.Series:
        values = pl.Series(self._column.name, self._values)
        return (values.cast(pl.Int32) if self._dtype == pl.Date else values).cast(self._dtype)


class _Plain:
    """A number or time, never NULL, as a plain number."""

    def __init__(self, name: str, first: pl.Series, starts: Rows, rows: int) -> None:
        self._name, self._dtype = name, first.dtype
        self._values = np.zeros(rows)
        self._values[starts] = plain_numbers(first)

    def told(self, context: ColumnCodes, at: Rows) -> list[Codes]:
        assert isinstance(context.coding, Numbers)  # noqa: S101 (of a number)
        scale = context.coding.scale
        values = self._values[at]
        values = values * 10.0**scale.dtype.scale if isinstance(scale.dtype, pl.Decimal) else values
        return context.coding.encode_values(values - scale.base, np.zeros(len(at), np.bool_))

    def plain(self, at: Rows) -> Floats:
        """The numbers that the values of some rows stand for."""
        return self._values[at]

    def series(self) -> pl.Series:
        return typed(self._name, self._values, self._dtype)


class _Deviations(_Plain):
    """One that is drawn by how far it is off the row before."""

    def __init__(self, column: ColumnCodes, first: pl.Series, starts: Rows, rows: int, deviation: Deviation) -> None:
        super().__init__(column.name, first, starts, rows)
        self._column, self._deviation = column, deviation

    def put(self, codes: Sequence[Codes], at: Rows, rng: np.random.Generator) -> None:
        assert isinstance(self._column.coding, Numbers)  # noqa: S101 (deviations are numbers)
        off, _ = self._column.coding.values(codes, rng)
        self._values[at] = self._deviation.decode(off, self._values[at - 1])


class _Running(_Plain):
    """One that is worked out from the row before and what is drawn of the row, or known of it."""

    def __init__(
        self,
        running: Running,
        first: pl.Series,
        starts: Rows,
        rows: int,
        drawn: Mapping[str, "_Column"],
        known: pl.DataFrame,
    ) -> None:
        super().__init__(running.column, first, starts, rows)
        self._running = running
        self._adds: Callable[[Rows], Floats]
        self._signs: Callable[[Rows], Floats]
        if running.by in drawn:
            by = drawn[running.by]
            assert isinstance(by, _Numbers | _Plain)  # noqa: S101 (numbers are added up)
            self._adds = by.plain
        else:
            adds = plain_numbers(known[running.by])
            self._adds = lambda at: adds[at]
        if running.label is None or running.label in known.columns:
            labels = None if running.label is None else known[running.label]
            signs = running.signs(labels, rows)
            self._signs = lambda at: signs[at]
        else:
            of = drawn[running.label]
            assert isinstance(of, _Labels)  # noqa: S101 (a sign is told by a text)
            self._signs = of.by_label(lambda labels: running.signs(labels, len(labels)))

    def work_out(self, at: Rows) -> None:
        """Set the values of rows whose other columns are drawn."""
        self._values[at] = self._running.following(self._values[at - 1], self._adds(at), self._signs(at))

    def beyond(self, at: Rows) -> npt.NDArray[np.bool_]:
        """Which of some rows lie beyond where totals should."""
        return self._running.beyond(self._values[at])


def draw_following(
    first: pl.DataFrame,
    lengths: Rows,
    *,
    columns: Sequence[ColumnCodes],
    context: Sequence[tuple[ColumnCodes, list[Codes] | None]],
    known: pl.DataFrame,
    following: Following,
    draw: Draw,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All rows of families of these lengths, one family after the other.

    Args:
        first: The first row of each family.
        lengths: At least 1 each.
        columns: The columns to draw, in the order of their codes.
        context: The context's columns, with the codes of all rows for those that are known beforehand.
        known: These columns of the context.
        following: What the others say.
        draw: Codes of all columns, the context's first, for that of the context and a number of rows.
        rng: Source of randomness.
    """
    starts, rows = np.cumsum(lengths) - lengths, int(lengths.sum())
    drawn_of = {column.name: _column(column, first[column.name], starts, rows, following) for column in columns}
    totals = {one.column: _Running(one, first[one.column], starts, rows, drawn_of, known) for one in following.running}
    made: dict[str, _Column | _Running] = {**drawn_of, **totals}
    means = _means(context, made, following, starts, rows)
    dates = {name: (made[column], side) for name, (column, side) in following.months.items() if column in made}
    tellers: dict[str, Teller] = {**means}
    tellers |= {name: MonthBefore(of, side) for name, (of, side) in dates.items() if isinstance(of, _Steps)}
    for name, stepping in following.gaps.items():
        if isinstance(of := made.get(stepping), _Steps):
            tellers[name] = GapBefore(of, starts, rows)
    active, position = starts, 0
    while True:
        position += 1
        going_on = lengths > position
        lengths, active = lengths[going_on], active[going_on]
        if not len(active):
            break
        at = active + position
        around: list[Codes] = []
        for column, codes in context:
            if codes is not None:
                around += [of[at] for of in codes]
            else:
                teller = tellers.get(column.name) or made[following.previous[column.name]]
                around += teller.told(column, at - 1)
        _draw_round(at, around, columns, drawn_of, list(totals.values()), draw, rng)
        for mean in means.values():
            mean.add(at)
    return pl.DataFrame([made[name].series() for name in first.columns])


def _draw_round(
    at: Rows,
    around: Sequence[Codes],
    columns: Sequence[ColumnCodes],
    drawn_of: Mapping[str, "_Column"],
    totals: Sequence[_Running],
    draw: Draw,
    rng: np.random.Generator,
) -> None:
    """Draw the columns of one row of each family; those whose running totals leave their range a few times over."""
    for _ in range(_TRIES):
        codes = draw(around, len(at))
        place = len(around)
        for column in columns:
            drawn_of[column.name].put(list(codes[place : place + len(column.names)]), at, rng)
            place += len(column.names)
        wrong = np.zeros(len(at), np.bool_)
        for total in totals:
            total.work_out(at)
            wrong |= total.beyond(at)
        if not wrong.any():
            break
        at, around = at[wrong], [of[wrong] for of in around]


def _means(
    context: Sequence[tuple[ColumnCodes, list[Codes] | None]],
    made: Mapping[str, "_Column | _Running"],
    following: Following,
    starts: Rows,
    rows: int,
) -> dict[str, MeanBefore]:
    """What adds up over families, by the columns of the context that it is told by."""
    wanted = {column.name for column, codes in context if codes is None}
    found = {}
    for name, column in following.means.items():
        of = made.get(column)
        if name in wanted and isinstance(of, _Numbers | _Plain):
            found[name] = MeanBefore(of, starts, rows)
    for share in following.shares:
        labels = made[share.column]
        if share.name in wanted and isinstance(labels, _Labels):
            found[share.name] = MeanBefore(ShareBefore(labels, share.label), starts, rows)
    return found


def _column(column: ColumnCodes, first: pl.Series, starts: Rows, rows: int, following: Following) -> _Column:
    if column.name == following.step:
        return _Steps(column, first, starts, rows, following)
    if column.name in following.deviations:
        return _Deviations(column, first, starts, rows, following.deviations[column.name])
    if isinstance(column.coding, LabelCodes | StayingLabels):
        return _Labels(column, first, starts, rows, following.stays.get(column.name))
    return _Numbers(column, first, starts, rows)


def told_beforehand(
    context: Sequence[ColumnCodes], known: pl.DataFrame
) -> list[tuple[ColumnCodes, list[Codes] | None]]:
    """The context's columns, with the codes of all rows for those that are among `known` columns."""
    return [(c, c.encode(known[c.name]) if c.name in known.columns else None) for c in context]
