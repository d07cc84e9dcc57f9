"""Personal data by the values of a column: patterns and check digits over a sample."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np
import polars as pl

from synth_assets.plan.personal import PERSONAL_KINDS, PersonalFinding

LEAST_SHARE = 0.2  # of filled values, below which nothing is said
LEAST_DISTINCT_NAMES = 10
_LOCALES_OF_NAMES = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL")

_DATE_LIKE = r"^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?:[ T].*)?$"
_IPV4 = r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,2})?$"
_PHONE = (
    r"^(?:\+\d[\d ().\-/]{6,22}|\(\d{1,5}\)[ \-]?\d[\d \-./]{4,14}|\d{3}[-. ]\d{3}[-. ]\d{4}"
    r"|00\d[\d ().\-/]{7,20}|0\d{1,5}[ \-/]\d[\d \-/]{4,12})(?: ?(?:x|ext\.?) ?\d{1,6})?$"
)


def _matches(pattern: str) -> Callable[[pl.Series], pl.Series]:
    return lambda values: values.str.contains(pattern)


def _is_phone(values: pl.Series) -> pl.Series:
    digits = values.str.count_matches(r"\d")
    return values.str.contains(_PHONE) & ~values.str.contains(_DATE_LIKE) & digits.is_between(7, 20)


def _is_card(values: pl.Series) -> pl.Series:
    """13 to 19 digits of a card issuer's range whose Luhn digit is right (ISO/IEC 7812-1)."""
    digits = values.str.replace_all(r"[ \-]", "")
    formed = values.str.contains(r"^\d[\d \-]{11,21}\d$") & digits.str.contains(r"^(?:[3-6]|2[2-7])\d{12,18}$")
    return formed & _luhn(digits.set(~formed, "0" * 19))


def _luhn(digits: pl.Series) -> pl.Series:
    if not len(digits):
        return pl.Series([], dtype=pl.Boolean)
    padded = "".join(digits.str.zfill(19).str.slice(0, 19).to_list()).encode()
    figures = np.frombuffer(padded, dtype=np.uint8).reshape(-1, 19).astype(np.int64) - ord("0")
    doubled = figures[:, -2::-2] * 2
    total = figures[:, -1::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    return pl.Series(total % 10 == 0)


def _is_iban(values: pl.Series) -> pl.Series:
    """Country, check digits and account whose remainder by 97 is 1 (ISO 13616)."""
    compact = values.str.replace_all(" ", "").str.to_uppercase()
    formed = compact.str.contains(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")
    if not formed.any():
        return formed
    texts = compact.filter(formed)
    turned = (texts.str.slice(4) + texts.str.slice(0, 4)).str.pad_end(34, " ").to_list()
    codes = np.frombuffer("".join(turned).encode(), dtype=np.uint8).reshape(-1, 34).astype(np.int64)
    remainder = np.zeros(len(turned), dtype=np.int64)
    for code in codes.T:
        letter, blank = code >= ord("A"), code == ord(" ")
        figure = np.where(letter, code - ord("A") + 10, code - ord("0"))
        following = (remainder * np.where(letter, 100, 10) + figure) % 97
        remainder = np.where(blank, remainder, following)
    right = np.zeros(len(values), dtype=bool)
    right[np.flatnonzero(formed.to_numpy())] = remainder == 1
    return pl.Series(right)


def _is_social_security(values: pl.Series) -> pl.Series:
    """United States form: area, group and serial, none of them in the ranges never given."""
    return values.str.contains(r"^\d{3}-\d{2}-\d{4}$") & ~values.str.contains(r"^(?:000|666|9)|-00-|-0000$")


def _is_full_name(values: pl.Series) -> pl.Series:
    """Two to four capitalised words, the first of them a first name known in one of seven countries."""
    formed = values.str.contains(r"^\p{Lu}[\p{L}'\x{2019}.\-]+(?: [\p{L}'\x{2019}.\-]+){1,3}$")
    return formed & values.str.split(" ").list.first().is_in(_first_names())


def _is_first_name(values: pl.Series) -> pl.Series:
    return values.str.contains(r"^\p{Lu}[\p{L}\-]+$") & values.is_in(_first_names())


@cache
def _first_names() -> list[str]:
    """First names as Faker lists them."""
    modules = [import_module(f"faker.providers.person.{locale}") for locale in _LOCALES_OF_NAMES]
    return sorted({str(name) for module in modules for name in module.Provider.first_names})


@dataclass(frozen=True)
class ContentPattern:
    """How values of one kind are told.

    Attributes:
        threshold: Share of the filled values from which on the column is of this kind.
        distinct: Fewest different values: words such as April and May are names too.
    """

    kind: str
    is_match: Callable[[pl.Series], pl.Series]
    threshold: float = 0.6
    distinct: int = 1


CONTENT_PATTERNS: tuple[ContentPattern, ...] = (
    ContentPattern("email", _matches(r"^[^@\s<>]+@[^@\s<>]+\.[\p{L}]{2,}$")),
    ContentPattern("url", _matches(r"^(?i:https?|ftp)://\S+$|^(?i:www)\.\S+\.\S{2,}$")),
    ContentPattern("iban", _is_iban),
    ContentPattern("credit_card_number", _is_card),
    ContentPattern("national_id", _is_social_security),
    ContentPattern("ip_address", _matches(_IPV4), threshold=0.8),
    ContentPattern("mac_address", _matches(r"^(?i:[0-9a-f]{2}[:\-]){5}(?i:[0-9a-f]{2})$")),
    ContentPattern(
        "ipv6_address", _matches(r"^(?i:[0-9a-f]{0,4}:){3,7}(?i:[0-9a-f]{0,4})(?:/\d{1,3})?$"), threshold=0.8
    ),
    ContentPattern("uuid", _matches(r"^\{?(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$")),
    ContentPattern("password", _matches(r"^\$(?:2[abxy]?|argon2(?:id?|d)|scrypt|pbkdf2[\w\-]*|[156])\$\S{8,}$")),
    ContentPattern("hash", _matches(r"^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$"), threshold=0.8),
    ContentPattern("token", _matches(r"^eyJ[\w\-]+\.[\w\-]+\.[\w\-]*$|^(?:sk|pk|ghp|gho|xox[bap])[_\-]\w{16,}$")),
    ContentPattern("user_agent", _matches(r"^Mozilla/\d|^[A-Za-z]+/[\d.]+ \(")),
    ContentPattern("phone", _is_phone),
    ContentPattern("full_name", _is_full_name, distinct=LEAST_DISTINCT_NAMES),
    ContentPattern("first_name", _is_first_name, threshold=0.7, distinct=LEAST_DISTINCT_NAMES),
)


def classify_content(values: pl.Series) -> PersonalFinding | None:
    """What kind of personal data a sample of a column's texts is; None if none of a fifth of them or more.

    Args:
        values: Texts, nulls and blanks included; any sample size, a few thousand suffice.

    Returns:
        The kind that most filled values match. Its confidence is the share that does, halved where it is below the
        kind's threshold, so that half and more means: the column is of this kind; less: some of its values are.
    """
    filled = values.cast(pl.String).str.strip_chars().drop_nulls()
    filled = filled.filter(filled != "")
    if not len(filled):
        return None
    best: PersonalFinding | None = None
    for pattern in CONTENT_PATTERNS:
        matching = pattern.is_match(filled)
        share = float(matching.mean() or 0.0)  # type: ignore[arg-type]
        if share < LEAST_SHARE or filled.filter(matching).n_unique() < pattern.distinct:
            continue
        confidence = share if share >= pattern.threshold else min(share, 0.98) / 2
        if best is None or confidence > best.confidence:
            label = PERSONAL_KINDS[pattern.kind].label
            words = "its values look" if share >= pattern.threshold else "some of its values look"
            best = PersonalFinding(pattern.kind, confidence, f"{words} like {label}")
    return best
