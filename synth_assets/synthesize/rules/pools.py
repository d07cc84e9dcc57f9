"""Pools of the parts that fakes are put together from: Faker is asked once for each part and locale.

Faker makes a few thousand values a second; drawing from pools makes millions. Pools are built when first needed, from
a seed of their own, and are then the same in every process.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
import polars as pl
from faker import Faker
from faker.providers.person import Provider as NamesOfNobody

from synth_assets.synthesize.rules.random_text import fill_patterns

DEFAULT_LOCALE = "en_US"

_SEED = 20_240_229
_EXTENSION = re.compile(r"[a-zA-Z]")
_FALLBACK_FIRST_NAMES = ("Alex", "Kim", "Robin", "Sam", "Toni")


class Pools:
    """The parts of one locale.

    Raises:
        AttributeError: Faker does not know the locale (see `known_locale`).
    """

    def __init__(self, locale: str) -> None:
        self.locale = locale

    @cached_property
    def _faker(self) -> Faker:
        return Faker(self.locale)

    def _draw(self, provider: str, draws: int) -> list[str]:
        """Distinct values of one of Faker's providers; none if the locale does not have it."""
        self._faker.seed_instance(_SEED)
        method: Callable[[], object] | None = getattr(self._faker, provider, None)
        if method is None:
            return []
        return _distinct(str(method()).replace("\n", ", ") for _ in range(draws))

    def _elements(self, attribute: str) -> list[str]:
        """A provider's own list of elements, which has them all at once; not the few that stand in for names."""
        for provider in self._faker.get_providers():
            elements = getattr(provider, attribute, None)
            if elements and elements is not getattr(NamesOfNobody, attribute, None):
                return _distinct(str(element) for element in elements)
        return []

    @cached_property
    def first_names(self) -> tuple[pl.Series, pl.Series]:
        """Given names of women and of men."""
        both = self._elements("first_names") or self._draw("first_name", 400) or list(_FALLBACK_FIRST_NAMES)
        return _series(self._elements("first_names_female") or both), _series(
            self._elements("first_names_male") or both
        )

    @cached_property
    def last_names(self) -> tuple[pl.Series, pl.Series]:
        """Family names of women and of men: the same in most languages."""
        both = self._elements("last_names")
        of_women = self._elements("last_names_female") or both or self._draw("last_name_female", 400)
        of_men = self._elements("last_names_male") or both or self._draw("last_name_male", 400)
        return _series(of_women), _series(of_men)

    @cached_property
    def streets(self) -> pl.Series:
        return _series(self._draw("street_name", 1000))

    @cached_property
    def cities(self) -> pl.Series:
        return _series(self._elements("cities") or self._draw("city", 900))

    @cached_property
    def regions(self) -> pl.DataFrame:
        """States or provinces: name, abbreviation, and the range of postcodes where Faker knows it (else null)."""
        names = self._elements("states") or self._draw("administrative_unit", 300)
        if not names:
            names = self.cities.to_list()[:40]
        abbreviations = self._elements("states_abbr")
        postcodes: dict[str, tuple[int, int]] = {}
        for provider in self._faker.get_providers():
            postcodes |= getattr(provider, "states_postcode", {})
        abbreviations = [short for short in abbreviations if short != "DC" or len(abbreviations) == len(names)]
        if len(abbreviations) != len(names):
            abbreviations = [_abbreviation(name) for name in names]
        ranges = [postcodes.get(short, (None, None)) for short in abbreviations]
        return pl.DataFrame(
            {
                "name": names,
                "abbreviation": abbreviations,
                "lowest": [low for low, _ in ranges],
                "highest": [high for _, high in ranges],
            },
            schema={"name": pl.String, "abbreviation": pl.String, "lowest": pl.Int64, "highest": pl.Int64},
        )

    @cached_property
    def places(self) -> pl.DataFrame:
        """city, the position of its region in `regions`, and the pattern of its postcodes, which begin alike.

        No list of real postcodes is at hand: a city is given a region, and a beginning of postcodes within the range
        of that region where it is known, once and for all.
        """
        rng = np.random.default_rng(_SEED)
        regions = rng.integers(0, len(self.regions), size=len(self.cities))
        ranges = self.regions.select("lowest", "highest").rows()
        patterns = [_postcodes_of_a_city(ranges[region], self.postcode_patterns, rng) for region in regions]
        return pl.DataFrame({"city": self.cities, "region": regions, "postcodes": patterns})

    @cached_property
    def countries(self) -> pl.DataFrame:
        """name, alpha2 and alpha3, of one country a row; in other languages the name is not that of the codes."""
        known: list[Any] = next(
            (
                provider.countries
                for provider in self._faker.get_providers()
                if "date_time" in type(provider).__module__
            ),
            [],
        )
        codes = pl.DataFrame(
            {
                "name": [_repaired(str(country.name)) for country in known],
                "alpha2": [str(country.alpha_2_code) for country in known],
                "alpha3": [str(country.alpha_3_code) for country in known],
            },
            schema={"name": pl.String, "alpha2": pl.String, "alpha3": pl.String},
        )
        if self.locale.startswith("en"):
            return codes
        names = _series(self._draw("country", 600))
        return codes.with_columns(names.gather([row % len(names) for row in range(len(codes))]).alias("name"))

    @cached_property
    def postcode_patterns(self) -> tuple[str, ...]:
        """Postcodes as character patterns (see random_text.fill_patterns)."""
        return tuple(_distinct(_pattern(value) for value in self._draw("postcode", 60)))

    @cached_property
    def phone_patterns(self) -> tuple[str, ...]:
        """Telephone numbers whose digits after the first few are free."""
        return tuple(
            _distinct(
                _phone_pattern(value) for value in self._draw("phone_number", 300) if not _EXTENSION.search(value)
            )
        )

    @cached_property
    def building_numbers(self) -> tuple[str, ...]:
        return tuple(_distinct(_without_leading_zero(_pattern(value)) for value in self._draw("building_number", 100)))

    @cached_property
    def number_before_street(self) -> tuple[str, str]:
        """How the locale joins a house number and a street: (before the street, between them)."""
        for form in self._elements("street_address_formats"):
            number, street = form.find("{{building_number}}"), form.find("{{street_name}}")
            if number >= 0 and street >= 0:
                before = number < street
                between = form[form.find("}}") + 2 : form.rfind("{{")]
                return ("number" if before else "street", between if between.count("{") == 0 else " ")
        return ("number", " ")

    @cached_property
    def secondary_addresses(self) -> pl.Series:
        return _series(self._draw("secondary_address", 300) or [f"{floor}" for floor in range(1, 100)])

    @cached_property
    def companies(self) -> pl.Series:
        return _series(self._draw("company", 1000))

    @cached_property
    def jobs(self) -> pl.Series:
        return _series(self._draw("job", 700))

    @cached_property
    def name_prefixes(self) -> pl.Series:
        return _series([prefix for prefix in self._draw("prefix", 60) if prefix] or ["Mr.", "Ms.", "Dr."])

    @cached_property
    def license_plate_patterns(self) -> tuple[str, ...]:
        return tuple(_distinct(_pattern(value) for value in self._draw("license_plate", 100)))

    @cached_property
    def national_id_patterns(self) -> tuple[str, ...]:
        return tuple(_distinct(_pattern(value) for value in self._draw("ssn", 60)))

    @cached_property
    def user_agents(self) -> pl.Series:
        return _series(self._draw("user_agent", 300))

    @cached_property
    def color_names(self) -> pl.Series:
        return _series(self._draw("color_name", 400))

    @cached_property
    def iban(self) -> tuple[str, str]:
        """The locale's country code and the pattern of what follows the check digits."""
        example = self._draw("iban", 1)[0]
        return example[:2], _pattern(example[4:])


@cache
def pools(locale: str) -> Pools:
    return Pools(locale)


@cache
def known_locale(locale: str) -> bool:
    from faker.config import AVAILABLE_LOCALES

    return locale.replace("-", "_") in AVAILABLE_LOCALES


def latin(names: pl.Series, *, otherwise: pl.Series) -> pl.Series:
    """Names as the local part of an e-mail address: a-z and digits only; names of other scripts become `otherwise`."""
    spelled = [_latin_letters(name) for name in names.to_list()]
    others = [_latin_letters(name) for name in otherwise.to_list()]
    return _series([word or others[position % len(others)] for position, word in enumerate(spelled)])


def _latin_letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalnum())


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _series(values: list[str]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _abbreviation(name: str) -> str:
    letters = [letter for letter in name.upper() if letter.isalpha()]
    return "".join(letters[:2])


def _repaired(name: str) -> str:
    """Undo UTF-8 that was read as Latin-1, which one of Faker's country names suffers from."""
    return name.encode("latin-1").decode() if "Ã" in name else name


def _pattern(value: str) -> str:
    """The character pattern of a value (see random_text.fill_patterns)."""
    return "".join(_class(character) for character in value)


def _class(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isascii() and character.isalpha():
        return "A" if character.isupper() else "a"
    return character


def _postcodes_of_a_city(
    bounds: tuple[int | None, int | None], patterns: Sequence[str], rng: np.random.Generator
) -> str:
    """A pattern whose first characters are given: three of a range's five digits, otherwise the first half."""
    lowest, highest = bounds
    if lowest is not None and highest is not None:
        first, last = -(-lowest // 100), (highest + 1) // 100 - 1
        if first > last:
            return _literal(str(lowest).zfill(5))
        return _literal(str(rng.integers(first, last + 1)).zfill(3)) + "99"
    pattern = patterns[int(rng.integers(0, len(patterns)))]
    half = -(-len(pattern) // 2)
    return _literal(fill_patterns([pattern[:half]], 1, rng)[0]) + pattern[half:]


def _literal(text: str) -> str:
    return "".join(f"\\{character}" for character in text)


def _phone_pattern(number: str) -> str:
    """The pattern of a number whose country and area code stay: the first digits, and any letters."""
    kept = 4 if number.startswith("+") else 3
    pattern, digits = [], 0
    for character in number:
        digits += character.isdigit()
        stays = character.isalpha() or (character.isdigit() and digits <= kept)
        pattern.append(f"\\{character}" if stays else _class(character))
    return "".join(pattern)


def _without_leading_zero(pattern: str) -> str:
    return re.sub(r"(?<![\d])9", "1", pattern)
