"""The locale of each row's fakes, where a column of the row tells its country or language."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Column, DataType, Kind, Value
from synth_assets.plan.personal_names import classify_name
from synth_assets.plan.resolved import ColumnDecision, Treatment
from synth_assets.synthesize.rules.fakes import look_of
from synth_assets.synthesize.rules.house_numbers import house_numbers
from synth_assets.synthesize.rules.locales import CANDIDATES, is_local, locale_of
from synth_assets.synthesize.rules.pools import DEFAULT_LOCALE, known_locale, pools
from synth_assets.synthesize.rules.texts import TextModel

_COUNTRY = frozenset({"country", "country_code"})
_LANGUAGE = re.compile(r"(?:^|_)(?:lang|language|locale|culture|sprache|langue|idioma)(?:_|$)|language", re.IGNORECASE)
_MOST = 0.9
_VALUE, _ROWS = "value", "rows"

Positions = npt.NDArray[np.int64]


class Looks(Value):
    """What fakes of one locale take on from the source's rows of it, by column."""

    models: dict[str, TextModel]
    houses: dict[str, TextModel]


class RowLocales(Value):
    """Which locale goes with which value of a column, and how the source writes things there.

    Attributes:
        locales: By value, of those that min_group rows share.
        looks: By locale.
    """

    column: str
    locales: dict[str, str]
    looks: dict[str, Looks]

    def of(self, rows: pl.DataFrame | None) -> "ChosenLocales | None":
        """The locales of these rows; None where they lack the column."""
        if rows is None or self.column not in rows.columns:
            return None
        names = sorted(set(self.locales.values()))
        places = {value: names.index(locale) for value, locale in self.locales.items()}
        values = rows[self.column].cast(pl.String)
        found = values.replace_strict(places, default=-1, return_dtype=pl.Int64).fill_null(-1)
        return ChosenLocales(tuple(names), found.to_numpy())


@dataclass(frozen=True)
class ChosenLocales:
    """The locale of each row, by its place among the names; -1: that of the table."""

    names: tuple[str, ...]
    places: Positions

    def draw(self, rows: Positions, of: Callable[[int, str | None], pl.DataFrame]) -> pl.DataFrame:
        """A frame for the rows at these positions, drawn for each locale's at once.

        Args:
            of: Gives so many rows of a locale; None: of the table's.
        """
        places = self.places[rows]
        parts, order = [], []
        for place in np.unique(places):
            mine = np.flatnonzero(places == place)
            parts.append(of(len(mine), None if place < 0 else self.names[place]))
            order.append(mine)
        if not parts:
            return of(0, None)
        return pl.concat(parts)[np.argsort(np.concatenate(order), kind="stable")]


def fit_row_locales(
    rows: pl.DataFrame, beside: pl.DataFrame, *, decisions: Sequence[ColumnDecision], table: str, min_group: int
) -> RowLocales | None:
    """None where no fake depends on a country, the plan names a locale, or no column tells one.

    Args:
        rows: The source's values of the columns that become fakes.
        beside: The columns of the same rows that are known before fakes are made.
    """
    fakes = [d for d in decisions if d.treatment is Treatment.FAKE and "consistent" not in d.options]
    if any(d.options.get("locale") for d in fakes) or not any(is_local(d) for d in fakes):
        return None
    for name in beside.columns:
        values = beside[name].cast(pl.String, strict=False)
        telling = _telling(name, table)
        if telling is None:
            continue
        counts = values.drop_nulls().alias(_VALUE).value_counts(name=_ROWS).filter(pl.col(_ROWS) >= min_group)
        known = {value: telling(value) for value in counts[_VALUE].sort().to_list()}
        told = [value for value, locales in known.items() if locales]
        covered = int(counts.filter(pl.col(_VALUE).is_in(told))[_ROWS].sum())
        if not told or covered < _MOST * int(counts[_ROWS].sum()):
            continue
        locales = {value: _chosen(rows.filter(values == value), fakes, known[value]) for value in told}
        looks = {
            locale: _looks(
                rows.filter(values.is_in([v for v in told if locales[v] == locale])), fakes, locale, min_group
            )
            for locale in sorted(set(locales.values()))
        }
        return RowLocales(column=name, locales=locales, looks=looks)
    return None


def _telling(name: str, table: str) -> Callable[[str], tuple[str, ...]] | None:
    """What a value of the column says, by the column's name: the locales of a country or language; None if nothing."""
    named = classify_name(Column(name=name, type=DataType(kind=Kind.TEXT, native="text")), table=table)
    if named is not None and named.kind in _COUNTRY:
        return _of_country
    return _of_language if _LANGUAGE.search(name) else None


@cache
def _country_codes() -> Mapping[str, str]:
    """By code of two or three letters and by English name, the code of two letters."""
    countries = pools(DEFAULT_LOCALE).countries
    return {
        str(word).casefold(): alpha2
        for alpha2, alpha3, name in countries.select("alpha2", "alpha3", "name").iter_rows()
        for word in (alpha2, alpha3, name)
    }


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    """The locales of each country, that of the most usual language first."""
    from faker.config import AVAILABLE_LOCALES

    found: dict[str, list[str]] = {}
    for locale in (*CANDIDATES, *sorted(AVAILABLE_LOCALES, key=lambda one: (not one.startswith("en"), one))):
        language, _, country = locale.partition("_")
        if country and len(language) == 2 and locale not in found.setdefault(country, []):
            found[country].append(locale)
    return {country: tuple(locales) for country, locales in found.items()}


def _of_country(value: str) -> tuple[str, ...]:
    return _by_country().get(_country_codes().get(value.strip().casefold(), ""), ())


def _of_language(value: str) -> tuple[str, ...]:
    language, _, country = value.strip().replace("-", "_").partition("_")
    exact = f"{language.lower()}_{country.upper()}"
    if country and known_locale(exact):
        return (exact,)
    return tuple(one for one in CANDIDATES if one.partition("_")[0] == language.lower())


def _chosen(rows: pl.DataFrame, fakes: Sequence[ColumnDecision], locales: tuple[str, ...]) -> str:
    """Of a country's locales the one whose names and places its rows hold."""
    if len(locales) == 1:
        return locales[0]
    found = locale_of({str(d.options.get("kind")): rows[d.name] for d in fakes}, candidates=locales)
    return found if found in locales else locales[0]


def _looks(rows: pl.DataFrame, fakes: Sequence[ColumnDecision], locale: str, min_group: int) -> Looks:
    models, houses = {}, {}
    for d in fakes:
        one = d.model_copy(update={"options": {**d.options, "locale": locale}})
        if look := look_of(one, rows[d.name], min_group):
            models[d.name] = look
        if numbers := house_numbers(rows[d.name], kind=str(d.options.get("kind")), min_group=min_group):
            houses[d.name] = numbers
    return Looks(models=models, houses=houses)
