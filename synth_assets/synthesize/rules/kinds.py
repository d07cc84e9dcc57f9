"""Fakes that stand alone: one function for each kind that is neither part of a person nor of an address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from synth_assets.synthesize.rules.check_digits import card_numbers, ean_numbers, iban_numbers
from synth_assets.synthesize.rules.pools import Pools
from synth_assets.synthesize.rules.prose import paragraphs, sentences, titles, words
from synth_assets.synthesize.rules.random_text import DIGITS, HEXADECIMAL, LOWER, UPPER, fill_patterns, random_texts


@dataclass(frozen=True)
class Request:
    """What a fake is asked for.

    Attributes:
        length: Most characters; None if there is no bound.
    """

    n: int
    parts: Pools
    length: int | None
    rng: np.random.Generator

    def integers(self, low: int, high: int) -> np.ndarray:
        """Uniform whole numbers of low to high, both included."""
        return self.rng.integers(low, high, size=self.n, endpoint=True)

    def pick(self, values: pl.Series) -> pl.Series:
        return values.gather(self.rng.integers(0, len(values), size=self.n))

    def pattern(self, *patterns: str) -> pl.Series:
        return fill_patterns(patterns, self.n, self.rng)

    def random(self, alphabet: str, width: int) -> pl.Series:
        if self.length is not None:
            width = min(width, self.length)
        return random_texts(alphabet, np.full(self.n, width, dtype=np.int64), self.rng)


Fake = Callable[[Request], pl.Series]

_SAFE_DOMAINS = ("example.com", "example.org", "example.net")
_EXTENSIONS = ("pdf", "txt", "csv", "docx", "xlsx", "png", "jpg", "zip")
_MIME_TYPES = ("text/plain", "text/csv", "application/pdf", "application/json", "image/png", "image/jpeg", "video/mp4")
_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "INR", "CNY")
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "fi", "cs", "ja", "zh", "ko", "ar", "tr")
_LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "sv_SE", "ja_JP", "zh_CN")
_TIMEZONES = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Warsaw", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kolkata",
    "Australia/Sydney", "Africa/Johannesburg",
)  # fmt: skip
_GENDERS = ("Female", "Male", "Other")
_GENDER_SHARES = (0.495, 0.495, 0.01)
_ADULT_BORN = (date(1940, 1, 1), date(2004, 12, 31))
_DAYS = (date(2000, 1, 1), date(2024, 12, 31))


def _texts(values: tuple[str, ...]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _dates(request: Request, span: tuple[date, date]) -> pl.Series:
    first, last = ((day - date(1970, 1, 1)).days for day in span)
    return pl.Series(request.integers(first, last).astype(np.int32)).cast(pl.Date)


def _instants(request: Request) -> pl.Series:
    seconds = _dates(request, _DAYS).cast(pl.Datetime("us")).to_physical() + 1_000_000 * request.integers(0, 86_399)
    return seconds.cast(pl.Datetime("us"))


def _times(request: Request) -> pl.Series:
    return (pl.Series(request.integers(0, 86_399)) * 1_000_000_000).cast(pl.Time)


def _genders(request: Request) -> pl.Series:
    names = _texts(_GENDERS).gather(request.rng.choice(len(_GENDERS), size=request.n, p=_GENDER_SHARES))
    return names.str.head(1) if request.length is not None and request.length < len("Female") else names


def _uuids(request: Request) -> pl.Series:
    return uuids(request.n, request.rng)


def uuids(n: int, rng: np.random.Generator) -> pl.Series:
    """Random UUIDs of version 4, in lower case with hyphens."""
    content = rng.integers(0, 256, size=(n, 16), dtype=np.uint8)
    content[:, 6] = content[:, 6] & 0x0F | 0x40
    content[:, 8] = content[:, 8] & 0x3F | 0x80
    digits = pl.Series([row.tobytes() for row in content], dtype=pl.Binary).bin.encode("hex")
    return digits.str.replace(r"^(.{8})(.{4})(.{4})(.{4})", "${1}-${2}-${3}-${4}-")


def _ip_addresses(request: Request) -> pl.Series:
    octets = [pl.Series(str(place), request.integers(0, 255)) for place in range(3)]
    return pl.DataFrame(octets).select(pl.concat_str(pl.lit("10"), "0", "1", "2", separator=".").alias("ip"))["ip"]


def _ipv6_addresses(request: Request) -> pl.Series:
    digits = request.rng.integers(0, 16, size=(request.n, 24))
    groups = pl.Series([bytes(row).hex()[1::2] for row in digits.astype(np.uint8)], dtype=pl.String)
    return "2001:db8:" + groups.str.replace(r"^(.{4})(.{4})(.{4})(.{4})(.{4})(.{4})$", "$1:$2:$3:$4:$5:$6")


def _mac_addresses(request: Request) -> pl.Series:
    """The second digit 2 says that the address was given locally, not by a maker."""
    digits = request.random(HEXADECIMAL, 11)
    return digits.str.replace(r"^(.)(..)(..)(..)(..)(..)$", "${1}2:$2:$3:$4:$5:$6")


def _domains(request: Request) -> pl.Series:
    return words(request.n, request.rng) + "." + request.pick(_texts(_SAFE_DOMAINS))


def _urls(request: Request) -> pl.Series:
    domain, number = request.pick(_texts(_SAFE_DOMAINS)), pl.Series(request.integers(1, 99_999)).cast(pl.String)
    return "https://" + domain + "/" + words(request.n, request.rng) + "/" + number


def _slugs(request: Request) -> pl.Series:
    return words(request.n, request.rng) + "-" + words(request.n, request.rng) + "-" + words(request.n, request.rng)


def _file_names(request: Request) -> pl.Series:
    stem = words(request.n, request.rng) + "_" + pl.Series(request.integers(1, 9_999)).cast(pl.String)
    return stem + "." + request.pick(_texts(_EXTENSIONS))


def _file_paths(request: Request) -> pl.Series:
    return "/" + words(request.n, request.rng) + "/" + words(request.n, request.rng) + "/" + _file_names(request)


def _card_expiries(request: Request) -> pl.Series:
    months, years = pl.Series(request.integers(1, 12)), pl.Series(request.integers(27, 36))
    return months.cast(pl.String).str.zfill(2) + "/" + years.cast(pl.String)


def _degrees(request: Request, most: float) -> pl.Series:
    return pl.Series(request.rng.uniform(-most, most, size=request.n)).round(6)


def _coordinates(request: Request) -> pl.Series:
    return _degrees(request, 90).cast(pl.String) + ", " + _degrees(request, 180).cast(pl.String)


FAKES: dict[str, Fake] = {
    "name_prefix": lambda request: request.pick(request.parts.name_prefixes),
    "gender": _genders,
    "phone": lambda request: request.pattern(*request.parts.phone_patterns),
    "birth_date": lambda request: _dates(request, _ADULT_BORN),
    "age": lambda request: pl.Series(request.integers(18, 90)),
    "national_id": lambda request: request.pattern(*request.parts.national_id_patterns),
    "passport_number": lambda request: request.pattern("A19999999", "199999999"),
    "driver_license": lambda request: request.pattern("A9999999", "AA999999A", "999999999"),
    "tax_id": lambda request: request.pattern("19-9999999"),
    "license_plate": lambda request: request.pattern(*request.parts.license_plate_patterns),
    "job": lambda request: request.pick(request.parts.jobs),
    "company": lambda request: request.pick(request.parts.companies),
    "iban": lambda request: iban_numbers(*request.parts.iban, n=request.n, rng=request.rng),
    "bic": lambda request: request.pattern(r"AAAA\D\EAA\X\X\X"),
    "bank_account": lambda request: request.pattern("1999999999"),
    "credit_card_number": lambda request: card_numbers(request.n, request.rng),
    "credit_card_expiry": _card_expiries,
    "credit_card_security_code": lambda request: request.pattern("999"),
    "currency_code": lambda request: request.pick(_texts(_CURRENCIES)),
    "ip_address": _ip_addresses,
    "ipv6_address": _ipv6_addresses,
    "mac_address": _mac_addresses,
    "url": _urls,
    "domain": _domains,
    "user_agent": lambda request: request.pick(request.parts.user_agents),
    "password": lambda request: request.random(DIGITS + LOWER + UPPER, 14),
    "token": lambda request: request.random(DIGITS + LOWER + UPPER, 40),
    "hash": lambda request: request.random(HEXADECIMAL, 64),
    "uuid": _uuids,
    "file_name": _file_names,
    "file_path": _file_paths,
    "mime_type": lambda request: request.pick(_texts(_MIME_TYPES)),
    "latitude": lambda request: _degrees(request, 90),
    "longitude": lambda request: _degrees(request, 180),
    "coordinates": _coordinates,
    "timezone": lambda request: request.pick(_texts(_TIMEZONES)),
    "language_code": lambda request: request.pick(_texts(_LANGUAGES)),
    "locale": lambda request: request.pick(_texts(_LOCALES)),
    "color": lambda request: request.pick(request.parts.color_names),
    "hex_color": lambda request: "#" + request.random(HEXADECIMAL, 6),
    "ean": lambda request: ean_numbers("4", request.n, request.rng),
    "isbn": lambda request: ean_numbers("9780", request.n, request.rng),
    "word": lambda request: words(request.n, request.rng),
    "slug": _slugs,
    "title": lambda request: titles(request.n, request.rng),
    "sentence": lambda request: sentences(request.n, request.rng),
    "paragraph": lambda request: paragraphs(request.n, request.rng),
    "integer": lambda request: pl.Series(request.integers(0, 9_999)),
    "decimal": lambda request: pl.Series(request.integers(0, 999_999)) / 100,
    "boolean": lambda request: pl.Series(request.rng.random(request.n) < 0.5),
    "date": lambda request: _dates(request, _DAYS),
    "datetime": _instants,
    "time": _times,
}
