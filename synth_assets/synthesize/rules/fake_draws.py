"""Fakes drawn for the rows of a table: those of one person or address together, others alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from synth_assets.synthesize.rules.fakes import FakeColumn
from synth_assets.synthesize.rules.groups import draw_group, name_pairs
from synth_assets.synthesize.rules.kinds import FAKES, Request
from synth_assets.synthesize.rules.models import ValueModel
from synth_assets.synthesize.rules.pools import pools
from synth_assets.synthesize.rules.row_locales import ChosenLocales, Looks, Positions
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.settle import Combination, settle
from synth_assets.synthesize.rules.texts import TextModel
from synth_assets.synthesize.rules.uniqueness import unique_numbers

PAIR_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class FakeDraws:
    """What the fakes of a table are drawn from.

    Attributes:
        seen: By column, and by pair of columns, the values of the source.
        models: By column, the source's look where fakes take it on.
        houses: By column of addresses, what the source's house numbers look like.
        forms: By column, the format of dates and times that stand as text.
        looks: By locale, what stands in the place of models and houses.
        locales: Which row has which; None: all have that of their columns.
    """

    seen: Mapping[str, SeenValues]
    models: Mapping[str, ValueModel]
    houses: Mapping[str, TextModel]
    forms: Mapping[str, str]
    looks: Mapping[str, Looks]
    locales: ChosenLocales | None

    def group(self, n: int, columns: Sequence[FakeColumn], rng: np.random.Generator) -> dict[str, pl.Series]:
        """The columns of one group, which agree within each row."""

        def of_locale(rows: int, locale: str | None, attempt: int) -> pl.DataFrame:
            look = None if locale is None else self.looks[locale]
            return draw_group(
                rows,
                columns=columns if locale is None else [replace(column, locale=locale) for column in columns],
                seen=self.seen,
                models=self.models if look is None else look.models,
                houses=self.houses if look is None else look.houses,
                attempt=attempt,
                rng=rng,
            )

        def draw(rows: Positions, attempt: int) -> pl.DataFrame:
            if self.locales is None:
                return of_locale(len(rows), None, attempt)
            return self.locales.draw(rows, lambda count, locale: of_locale(count, locale, attempt))

        frame = settle(
            draw,
            n,
            rules=[column.rule(self.seen.get(column.target.column)) for column in columns],
            combinations=[
                Combination(columns=pair, seen=self.seen[PAIR_SEPARATOR.join(pair)]) for pair in name_pairs(columns)
            ],
        )
        return {column.target.column: column.target.cast(frame[column.target.column]) for column in columns}

    def alone(self, column: FakeColumn, n: int, rng: np.random.Generator) -> pl.Series:
        """A column that belongs to no group."""
        target = column.target

        def of_locale(rows: int, locale: str | None) -> pl.DataFrame:
            look = (self.models if locale is None else self.looks[locale].models).get(target.column)
            if look is not None:
                return target.fit(look.draw(rows, rng)).alias(target.column).to_frame()
            request = Request(n=rows, parts=pools(locale or column.locale), length=target.looks, rng=rng)
            values = FAKES[column.kind](request)
            return (target.fit(values) if values.dtype == pl.String else values).alias(target.column).to_frame()

        def draw(rows: Positions, _attempt: int) -> pl.DataFrame:
            return of_locale(len(rows), None) if self.locales is None else self.locales.draw(rows, of_locale)

        if of_locale(0, None)[target.column].dtype == pl.String:
            settled = settle(draw, n, rules=[column.rule(self.seen.get(target.column))])
            return target.cast(settled[target.column])
        values = draw(np.arange(n), 0)[target.column]
        if target.unique and values.dtype != pl.Boolean:
            values = unique_numbers(values, rng)
        form = self.forms.get(target.column)
        if form is not None and isinstance(values.dtype, pl.Date | pl.Datetime | pl.Time):
            return values.dt.to_string(form)
        texts = target.cast(values)
        return target.fit(texts) if target.dtype == pl.String else texts
