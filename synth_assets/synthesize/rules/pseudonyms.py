"""Pseudonyms: under one key, the same value always becomes the same other value, and different ones stay different."""

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl

from synth_assets.catalog.model import Kind
from synth_assets.plan.resolved import ColumnDecision
from synth_assets.synthesize.rules.errors import CapacityTooSmall, TreatmentDoesNotFit
from synth_assets.synthesize.rules.permutation import Permutation
from synth_assets.synthesize.rules.random_text import DIGITS, LOWER, UPPER
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.target import Target

_SLOTS = {"#": DIGITS, "%": DIGITS[1:], "?": UPPER, "*": DIGITS + UPPER}
_OWN_ALPHABETS = (DIGITS, UPPER, LOWER)
_LEAST_OWN_FORM = 10**6
_TOKEN_CHARACTERS = 16
_SHORTEST_TOKEN = 8
_LEAST_BLOCK = 256


class Form:
    """Texts of one form: for each place the characters that may stand there; a single one is literal."""

    def __init__(self, places: Iterable[str]) -> None:
        self._places = tuple(places)
        self.slots = tuple(place for place in self._places if len(place) > 1)
        self.capacity = math.prod(len(place) for place in self.slots)

    @classmethod
    def of_format(cls, pattern: str) -> "Form":
        """# a digit, % a digit but 0, ? a capital letter, * a digit or capital letter, all else as it stands."""
        return cls(_SLOTS.get(character, character) for character in pattern)

    @classmethod
    def of_value(cls, text: str) -> "Form":
        """The form of an ASCII text: digits, capital and small letters may change, all else stays."""
        return cls(next((a for a in _OWN_ALPHABETS if character in a), character) for character in text)

    def __str__(self) -> str:
        return "\x1f".join(self._places)

    def number(self, text: str) -> int | None:
        """Which of the form's texts this is; punctuation and leading zeros do not count. None if it is none."""
        characters = re.sub(r"[^0-9A-Za-z]", "", text)
        if len(characters) != len(self.slots):
            characters = re.sub(r"[^0-9A-Za-z]", "", text).rjust(len(self.slots), "0")
        if len(characters) != len(self.slots):
            return None
        number = 0
        for character, slot in zip(characters, self.slots, strict=True):
            digit = slot.find(character)
            if digit < 0:
                return None
            number = number * len(slot) + digit
        return number

    def text(self, number: int) -> str:
        characters: list[str] = []
        for place in reversed(self._places):
            if len(place) > 1:
                number, digit = divmod(number, len(place))
                characters.append(place[digit])
            else:
                characters.append(place)
        return "".join(reversed(characters))


class Pseudonyms:
    """The pseudonyms of one column.

    With a format every value becomes a text of that format: a value that has the format itself by a permutation, so
    that no two collide; any other by its keyed hash, where two collide with probability 1 / capacity. Without a format
    a value keeps its own form (digits, capital and small letters in their places), by a permutation; a value whose form
    has fewer than a million texts, or that has letters other than a-z, becomes a token of base-32 characters.
    Numbers keep their sign and number of digits, UUIDs become UUIDs, binary values keep their length.
    The pseudonym depends on key, format and value only: not on table, column or refresh.

    Raises:
        TreatmentDoesNotFit: The column's type has no pseudonyms, or the format has no place that may change.
    """

    def __init__(self, pattern: str | None, *, key: bytes, target: Target) -> None:
        self._key = hashlib.blake2b(b"pseudonyms", key=key, digest_size=32).digest()
        self._target = target
        self.form = None if pattern is None else Form.of_format(pattern)
        self._permutation = cache(self._new_permutation)
        self._check(pattern)

    def of(self, values: pl.Series) -> pl.Series:
        """The pseudonym of each value, as the column's type; null stays null."""
        distinct = values.drop_nulls().unique()
        if self._target.dtype == pl.Binary:
            replaced = [self._bytes(value) for value in distinct.to_list()]
            return values.replace_strict(distinct, pl.Series(replaced, dtype=pl.Binary), return_dtype=pl.Binary)
        texts = distinct.cast(pl.String)
        replaced_texts = pl.Series([self._pseudonym(text) for text in texts.to_list()], dtype=pl.String)
        mapped = values.cast(pl.String).replace_strict(texts, replaced_texts, return_dtype=pl.String)
        return self._target.cast(mapped)

    def of_nobody(self, n: int, *, form: Form, seen: SeenValues | None) -> pl.Series:
        """Texts of a form for n rows that stand for nobody, none of them a value of the source.

        The rows are numbered, and the permutation of this table and column is applied to the numbers: all texts differ
        as long as the form has room, and come again in another refresh.

        Raises:
            CapacityTooSmall: The form has too few texts that the source does not hold, and the column is unique.
        """
        permutation = self._permutation(form.capacity, f"ordinal {self._target.table}\x1f{self._target.column}")
        found, start = pl.Series([], dtype=pl.String), 0
        while len(found) < n and start < form.capacity:
            end = min(form.capacity, start + max(n - len(found), _LEAST_BLOCK))
            block = pl.Series([form.text(permutation(number)) for number in range(start, end)], dtype=pl.String)
            found = pl.concat([found, block if seen is None else block.filter(pl.Series(~seen.holds(block)))])
            start = end
        if len(found) < n and (self._target.unique or not len(found)):
            raise CapacityTooSmall(
                table=self._target.table,
                column=self._target.column,
                needed=n,
                capacity=len(found),
                remedy=f"Give {self._target.column} a longer format in the plan.",
            )
        return found.gather(np.arange(n) % max(len(found), 1))

    def _pseudonym(self, text: str) -> str:
        if self._target.type.kind is Kind.UUID:
            content = bytearray(self._hash(text.lower(), 16))
            content[6], content[8] = content[6] & 0x0F | 0x40, content[8] & 0x3F | 0x80
            return re.sub(r"^(.{8})(.{4})(.{4})(.{4})", r"\1-\2-\3-\4-", bytes(content).hex())
        if self.form is not None:
            return self._in_form(text, self.form)
        if self._target.is_numeric:
            return self._number(text)
        form = Form.of_value(text)
        if text.isascii() and form.capacity > 1 and (form.capacity >= _LEAST_OWN_FORM or self._is_short):
            return self._in_form(text, form)
        return self._token(text)

    @property
    def _is_short(self) -> bool:
        return self._target.length is not None and self._target.length < _SHORTEST_TOKEN

    def _in_form(self, text: str, form: Form) -> str:
        number = form.number(text)
        if number is None:
            number = int.from_bytes(self._hash(text, 32), "big") % form.capacity
        return form.text(self._permutation(form.capacity, str(form))(number))

    def _number(self, text: str) -> str:
        """Another number of as many digits; the point of a decimal stays where it is."""
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, point, fraction = digits.partition(".")
        joined = int(whole + fraction)
        width = len(str(joined))
        lowest = 0 if width == 1 else 10 ** (width - 1)
        size = min(10**width, self._highest + 1) - lowest
        moved = lowest + self._permutation(size, f"number {width}")(joined - lowest)
        moved_digits = str(moved).zfill(len(whole + fraction))
        return sign + moved_digits[: len(whole)] + point + moved_digits[len(whole) :]

    @property
    def _highest(self) -> int:
        if self._target.type.kind is Kind.INTEGER:
            bits = self._target.type.bits or 64
            return int(2**bits - 1 if self._target.type.unsigned else 2 ** (bits - 1) - 1)
        return 10**38

    def _token(self, text: str) -> str:
        width = min(_TOKEN_CHARACTERS, self._target.length or _TOKEN_CHARACTERS)
        return base64.b32encode(self._hash(text, 20)).decode().lower()[:width]

    def _bytes(self, value: bytes) -> bytes:
        blocks = range(0, len(value), 64)
        stream = b"".join(hashlib.blake2b(value, key=self._key, salt=b.to_bytes(16, "big")).digest() for b in blocks)
        return stream[: len(value)]

    def _hash(self, text: str, size: int) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=size).digest()

    def _new_permutation(self, size: int, tweak: str) -> Permutation:
        return Permutation(size, key=self._key, tweak=tweak)

    def _check(self, pattern: str | None) -> None:
        column, kind = self._target.column, self._target.type.kind
        numeric_format = self._target.is_numeric and pattern is not None
        if kind not in (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.UUID, Kind.BINARY):
            problem, remedy = f"pseudonymize, for its type is {self._target.type.native}", "fake, learn or null"
        elif self.form is not None and self.form.capacity == 1:
            problem, remedy = "pseudonymize with a format in which nothing may change", "a format with #, %, ? or *"
        elif pattern is not None and (kind in (Kind.UUID, Kind.BINARY)):
            problem, remedy = f"pseudonymize with a format, for it is {self._target.type.native}", "no format"
        elif numeric_format and pattern is not None and set(pattern) - set("#%0123456789"):
            problem, remedy = "pseudonymize with a format of letters, for it is a number", "a format of # and % only"
        elif pattern is not None and self._target.length is not None and len(pattern) > self._target.length:
            problem, remedy = f"pseudonymize with a format of {len(pattern)} characters", "a shorter format"
        else:
            return
        raise TreatmentDoesNotFit(
            table=self._target.table,
            column=column,
            treatment=problem,
            remedy=f"Give {column} {remedy} in the plan.",
        )


def pseudonyms(decision: ColumnDecision, target: Target, key: bytes) -> Pseudonyms:
    """The pseudonyms that a decision asks for; `key` is the rules' own."""
    pattern = decision.options.get("format")
    return Pseudonyms(None if pattern is None else str(pattern), key=key, target=target)
