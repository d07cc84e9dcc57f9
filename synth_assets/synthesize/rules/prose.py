"""Neutral words, titles, sentences and paragraphs: cut from an endless text that means nothing."""

from functools import cache
from importlib import import_module

import numpy as np
import numpy.typing as npt
import polars as pl

_SEED = 20_240_229
_CORPUS_WORDS = 60_000
_DEFAULT_LANGUAGE = "la"
_SCRIPT_LANGUAGES = {
    "CYRILLIC": "ru_RU",
    "GREEK": "el_GR",
    "HEBREW": "he_IL",
    "ARABIC": "ar_AA",
    "ARMENIAN": "hy_AM",
    "GEORGIAN": "ka_GE",
}  # the languages of Faker's lorem lists, by the first word of a letter's Unicode name


class Corpus:
    """A long text of neutral words.

    Attributes:
        text: Words and sentences, one blank between words.
        starts: Where each word starts, in characters; the last entry is the end of the text.
        sentence_starts: Positions in `starts` of the first words of sentences.
    """

    def __init__(self, words: list[str], *, capitalized: bool, sentences: bool) -> None:
        rng = np.random.default_rng(_SEED)
        chosen = [words[place] for place in rng.integers(0, len(words), size=_CORPUS_WORDS)]
        lengths = rng.integers(5, 14, size=_CORPUS_WORDS)
        firsts = np.concatenate([[0], np.cumsum(lengths)])
        self.sentence_starts = firsts[firsts < _CORPUS_WORDS]
        if capitalized:
            chosen = [word.capitalize() for word in chosen]
        elif sentences:
            for first in self.sentence_starts:
                chosen[first] = chosen[first].capitalize()
                if first:
                    chosen[first - 1] += "."
        self.text = " ".join(chosen)
        ends = np.cumsum([len(word) + 1 for word in chosen])
        self.starts = np.concatenate([[0], ends])

    def cut(self, lengths: npt.NDArray[np.int64], rng: np.random.Generator) -> list[str]:
        """Texts of whole words from the start of a sentence, each of about as many characters as asked for."""
        longest = int(lengths.max()) if len(lengths) else 0
        if longest > len(self.text) // 2:
            lengths = np.minimum(lengths, len(self.text) // 2)
            longest = len(self.text) // 2
        usable = self.sentence_starts[self.starts[self.sentence_starts] + longest + 40 < len(self.text)]
        first = usable[rng.integers(0, len(usable), size=len(lengths))]
        begins = self.starts[first]
        last = np.maximum(np.searchsorted(self.starts, begins + lengths + 1, side="right") - 1, first + 1)
        ends = self.starts[last] - 1
        text = self.text
        return [text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]


@cache
def corpus(language: str = _DEFAULT_LANGUAGE, *, capitalized: bool = False, sentences: bool = True) -> Corpus:
    return Corpus(list(word_list(language)), capitalized=capitalized, sentences=sentences)


@cache
def word_list(language: str) -> tuple[str, ...]:
    provider = import_module(f"faker.providers.lorem.{language}").Provider
    return tuple(dict.fromkeys(provider.word_list))


def language_of(script: str) -> str:
    """The language whose neutral words are written in a script, such as CYRILLIC; Latin otherwise."""
    return _SCRIPT_LANGUAGES.get(script, _DEFAULT_LANGUAGE)


def words(n: int, rng: np.random.Generator) -> pl.Series:
    known = pl.Series(word_list(_DEFAULT_LANGUAGE))
    return known.gather(rng.integers(0, len(known), size=n))


def titles(n: int, rng: np.random.Generator) -> pl.Series:
    return pl.Series(corpus(capitalized=True).cut(rng.integers(8, 33, size=n), rng), dtype=pl.String)


def sentences(n: int, rng: np.random.Generator) -> pl.Series:
    cut = corpus(sentences=False).cut(rng.integers(30, 101, size=n), rng)
    return pl.Series([text[:1].upper() + text[1:] + "." for text in cut], dtype=pl.String)


def paragraphs(n: int, rng: np.random.Generator) -> pl.Series:
    cut = corpus().cut(rng.integers(150, 501, size=n), rng)
    return pl.Series([text.rstrip(".") + "." for text in cut], dtype=pl.String)
