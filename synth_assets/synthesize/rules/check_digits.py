"""Numbers that end in, or begin with, digits computed from the others."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.rules.random_text import fill_patterns, texts_of_codes

Digits = npt.NDArray[np.int64]

_CARD_PREFIXES = ("4", "51", "52", "53", "54", "55")
_CARD_DIGITS = 16
_ZERO = ord("0")


def card_numbers(n: int, rng: np.random.Generator) -> pl.Series:
    """Payment card numbers of 16 digits whose last digit is right by Luhn's rule (ISO/IEC 7812-1)."""
    patterns = ["".join(f"\\{digit}" for digit in prefix).ljust(15 + len(prefix), "9") for prefix in _CARD_PREFIXES]
    digits = _digits(fill_patterns(patterns, n, rng), _CARD_DIGITS - 1)
    doubled = digits[:, ::2] * 2
    total = np.where(doubled > 9, doubled - 9, doubled).sum(axis=1) + digits[:, 1::2].sum(axis=1)
    return _append(digits, -total % 10)


def ean_numbers(prefix: str, n: int, rng: np.random.Generator) -> pl.Series:
    """Article or book numbers of 13 digits with the check digit of GS1."""
    pattern = "".join(f"\\{digit}" for digit in prefix) + "9" * (12 - len(prefix))
    digits = _digits(fill_patterns([pattern], n, rng), 12)
    total = digits[:, ::2].sum(axis=1) + 3 * digits[:, 1::2].sum(axis=1)
    return _append(digits, -total % 10)


def iban_numbers(country: str, pattern: str, *, n: int, rng: np.random.Generator) -> pl.Series:
    """IBANs whose check digits are right by ISO 7064 MOD 97-10; `pattern` is that of the part after them."""
    accounts = fill_patterns([pattern.upper()], n, rng)
    remainder = np.zeros(n, dtype=np.int64)
    letters = np.frombuffer("".join(accounts.to_list()).encode(), dtype=np.uint8).astype(np.int64)
    letters = letters.reshape(n, -1) if n else letters.reshape(0, 0)
    for place in range(letters.shape[1]):
        remainder = _mod_97(remainder, letters[:, place])
    for letter in country + "00":
        remainder = _mod_97(remainder, np.full(n, ord(letter)))
    checks = pl.Series(98 - remainder).cast(pl.String).str.zfill(2)
    return country + checks + accounts


def _mod_97(remainder: Digits, characters: Digits) -> Digits:
    """Append one character: a digit as itself, a capital letter as 10 to 35."""
    is_letter = characters >= ord("A")
    value = np.where(is_letter, characters - ord("A") + 10, characters - _ZERO)
    return (remainder * np.where(is_letter, 100, 10) + value) % 97


def _digits(texts: pl.Series, width: int) -> Digits:
    content = "".join(text[:width] for text in texts.to_list()).encode()
    return (np.frombuffer(content, dtype=np.uint8).astype(np.int64) - _ZERO).reshape(len(texts), width)


def _append(digits: Digits, check: Digits) -> pl.Series:
    codes = (np.column_stack([digits, check]) + _ZERO).astype(np.uint32)
    return texts_of_codes(codes, np.full(len(codes), codes.shape[1], dtype=np.int64))
