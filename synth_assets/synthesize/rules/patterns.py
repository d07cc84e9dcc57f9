"""Character patterns: what a text looks like, without what it says, and new texts that look like it."""

import math
from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.rules.random_text import concatenate, random_texts, word_like_texts

_MOST_CHARACTERS_AT_ONCE = 20_000_000


class Weighted(Value):
    """Whole numbers with their shares: how many characters, words, elements."""

    values: tuple[int, ...]
    weights: tuple[float, ...]

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        values = np.array(self.values, dtype=np.int64)
        if len(values) == 1:
            return np.full(n, values[0])
        return values[rng.choice(len(values), size=n, p=shares(self.weights))]


class Segment(Value):
    """A piece of a text.

    Attributes:
        literals: Texts that each stand in at least min_group source values, with weights; empty: random characters.
        alphabet: What random characters are drawn from.
        lengths: How many of them.
        leading_zero: False if the piece is a number that never starts with a zero.
        word_like: What a pronounceable word starts with; empty: the piece is no word.
    """

    literals: tuple[tuple[str, float], ...] = ()
    alphabet: str = ""
    lengths: Weighted = Weighted(values=(0,), weights=(1.0,))
    leading_zero: bool = True
    word_like: Literal["", "vowel", "consonant"] = ""

    @property
    def capacity(self) -> float:
        """How many different pieces there are."""
        if self.literals:
            return len(self.literals)
        return float(sum(min(float(len(self.alphabet)) ** min(length, 60), 1e60) for length in self.lengths.values))

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        if self.literals:
            literals = pl.Series([literal for literal, _ in self.literals], dtype=pl.String)
            if len(literals) == 1:
                return literals.new_from_index(0, n)
            return literals.gather(rng.choice(len(literals), size=n, p=shares([w for _, w in self.literals])))
        lengths = self.lengths.draw(n, rng)
        if self.word_like:
            return word_like_texts(lengths, rng, vowel_first=self.word_like == "vowel")
        texts = random_texts(self.alphabet, lengths, rng)
        if self.leading_zero:
            return texts
        return texts.str.replace("^0", str(rng.integers(1, 10)))


class Shape(Value):
    """A sequence of pieces, and the share of the source's rows that look like it."""

    segments: tuple[Segment, ...]
    weight: float

    @property
    def capacity(self) -> float:
        return math.prod(segment.capacity for segment in self.segments)

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        if not self.segments:
            return pl.Series([""], dtype=pl.String).new_from_index(0, n)
        longest = sum(max((len(text) for text, _ in s.literals), default=max(s.lengths.values)) for s in self.segments)
        if n * longest <= _MOST_CHARACTERS_AT_ONCE or n < 2:
            return concatenate([segment.draw(n, rng) for segment in self.segments])
        half = n // 2
        return pl.concat([self.draw(half, rng), self.draw(n - half, rng)])


def shares(weights: tuple[float, ...] | list[float]) -> np.ndarray:
    total = np.array(weights, dtype=np.float64)
    normalized: np.ndarray = total / total.sum()
    return normalized


def mix(counts: np.ndarray, parts: list[pl.Series], which: np.ndarray) -> pl.Series:
    """Put the parts' values where `which` names the part; each part holds as many values as `counts` says."""
    order = np.argsort(which, kind="stable")
    places = np.empty(int(counts.sum()), dtype=np.int64)
    places[order] = np.arange(len(places))
    return pl.concat(parts).gather(places)
