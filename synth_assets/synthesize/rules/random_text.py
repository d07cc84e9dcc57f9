"""Random texts from alphabets, a whole column at a time."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = "abcdefghijklmnopqrstuvwxyz"
HEXADECIMAL = DIGITS + "abcdef"
VOWELS = "aeiou"
CONSONANTS = "bcdfghklmnprstvz"

Lengths = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]


def random_texts(alphabet: str, lengths: Lengths, rng: np.random.Generator) -> pl.Series:
    """Texts of independent uniform characters; `lengths` holds the characters of each."""
    return texts_of_codes(random_codes(alphabet, len(lengths), _width(lengths), rng), lengths)


def random_codes(alphabet: str, n: int, width: int, rng: np.random.Generator) -> Codes:
    """Code points of uniform characters, n rows of `width`."""
    characters = np.array([ord(character) for character in alphabet], dtype=np.uint32)
    return characters[rng.integers(0, len(characters), size=(n, width), dtype=np.uint32)]


def word_like_texts(lengths: Lengths, rng: np.random.Generator, *, vowel_first: bool) -> pl.Series:
    """Pronounceable lower-case texts: consonants and vowels take turns."""
    width = _width(lengths)
    codes = random_codes(CONSONANTS, len(lengths), width, rng)
    first_vowel = 0 if vowel_first else 1
    codes[:, first_vowel::2] = random_codes(VOWELS, len(lengths), len(range(first_vowel, width, 2)), rng)
    return texts_of_codes(codes, lengths)


def texts_of_codes(codes: Codes, lengths: Lengths) -> pl.Series:
    """Each row's first `lengths` code points as a text."""
    if not codes.size:
        return pl.Series([""] * len(lengths), dtype=pl.String)
    kept = np.arange(codes.shape[1]) < lengths[:, None]
    if codes.max() < 128:
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        content = codes.astype(np.uint8)[kept]
        array = pa.LargeStringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(content))
        return pl.Series(values=array, dtype=pl.String)
    padded = np.where(kept, codes, 0).astype(np.uint32)
    return pl.Series(np.ascontiguousarray(padded).view(f"U{codes.shape[1]}")[:, 0].tolist(), dtype=pl.String)


def concatenate(parts: list[pl.Series]) -> pl.Series:
    """Row by row, one text after the other."""
    if len(parts) == 1:
        return parts[0]
    frame = pl.DataFrame([part.alias(str(position)) for position, part in enumerate(parts)])
    return frame.select(pl.concat_str(pl.all()).alias("text"))["text"]


def _width(lengths: Lengths) -> int:
    return int(lengths.max()) if len(lengths) else 0


_LITERAL = 0
_PATTERN_ALPHABETS = {"9": DIGITS, "1": DIGITS[1:], "A": UPPER, "a": LOWER}


def fill_patterns(
    patterns: Sequence[str], n: int, rng: np.random.Generator, *, chosen: npt.NDArray[np.int64] | None = None
) -> pl.Series:
    """Texts of character patterns: each pattern equally often, or the `chosen` one, by position, for each of n rows.

    In a pattern, 9 stands for a digit, 1 for a digit other than 0, A for a capital letter, a for a small letter, a
    backslash for the character after it, and all else for itself.
    """
    width = max(len(pattern) for pattern in patterns)
    literals = np.zeros((len(patterns), width), dtype=np.uint32)
    classes = np.full((len(patterns), width), _LITERAL, dtype=np.uint32)
    lengths = np.zeros(len(patterns), dtype=np.int64)
    for row, pattern in enumerate(patterns):
        slots = re.findall(r"\\.|.", pattern, flags=re.DOTALL)
        lengths[row] = len(slots)
        for place, slot in enumerate(slots):
            literals[row, place] = ord(slot[-1])
            classes[row, place] = ord(slot) if slot in _PATTERN_ALPHABETS else _LITERAL
    if chosen is None:
        chosen = rng.integers(0, len(patterns), size=n)
    codes = literals[chosen]
    for slot, alphabet in _PATTERN_ALPHABETS.items():
        for column in np.flatnonzero((classes == ord(slot)).any(axis=0)):
            rows = np.flatnonzero(classes[chosen, column] == ord(slot))
            codes[rows, column] = random_codes(alphabet, len(rows), 1, rng)[:, 0]
    return texts_of_codes(codes, lengths[chosen])
