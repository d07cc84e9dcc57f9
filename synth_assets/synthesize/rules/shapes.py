"""Learning character patterns from texts: literal only what many different values share."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from synth_assets.synthesize.rules.characters import (
    ANY_CLASS,
    DIGIT_CLASS,
    LETTER_OR_DIGIT_CLASSES,
    LOWER_CLASS,
    UPPER_CLASS,
    alphabet,
    classes,
    is_class,
    learned_alphabets,
)
from synth_assets.synthesize.rules.patterns import Segment, Shape, Weighted

_MOST_SHAPES = 150
_MOST_LITERALS = 50
_MOST_SHAPED_CHARACTERS = 120
_COVERED = 0.9  # share of a pattern's values that literal pieces must account for
_ROOM = 4  # a pattern must allow this many times the values that it was learned from
_WORD_ALPHABET = 12  # more different small letters than this, and with vowels: words rather than codes
_LETTER_OR_DIGIT = f"[{LETTER_OR_DIGIT_CLASSES}]"
_PIECES = re.compile(r"A+|a+|o+|9+|X+|.", flags=re.DOTALL)

WordLike = Literal["", "vowel", "consonant"]
Levels = Sequence[Callable[[str], str]]


def _exact(shape: str) -> str:
    return shape


def _any_character(shape: str) -> str:
    return re.sub(_LETTER_OR_DIGIT, ANY_CLASS, shape)


def _runs(shape: str) -> str:
    return re.sub(rf"({_LETTER_OR_DIGIT})\1+", r"\1", shape)


def _any_runs(shape: str) -> str:
    return re.sub(rf"{_LETTER_OR_DIGIT}+", ANY_CLASS, shape)


_LEVELS: Levels = (_exact, _any_character, _runs, _any_runs)


class Learner:
    """Learns the shapes of one column.

    Args:
        counts: Distinct values and the rows of each.
    """

    def __init__(self, counts: Mapping[str, int], *, min_group: int) -> None:
        self._counts = counts
        self._min_group = min_group
        self._alphabets = learned_alphabets(counts, min_group)

    def shapes(self) -> tuple[Shape, ...]:
        """Patterns from the most exact that enough rows share to a mere length; their weights are rows."""
        left = {text: classes(text) for text in self._counts if len(text) <= _MOST_SHAPED_CHARACTERS}
        found: list[Shape] = []
        for level in _LEVELS:
            for shape, texts in self._groups(left, level):
                found.append(self._shape(shape, texts, fixed=level in (_exact, _any_character)))
                for text in texts:
                    del left[text]
        rest = [text for text in self._counts if text in left or len(text) > _MOST_SHAPED_CHARACTERS]
        if rest and (not found or self._rows(rest) >= self._min_group):
            found.append(self._mere_length(rest))
        return tuple(found)

    def exact_shapes(self, *, any_character: bool = False) -> tuple[Shape, ...]:
        """Only the patterns that say for each place what stands there, of texts with letters or digits in them.

        Args:
            any_character: They say so for signs only, and how many letters or digits stand between them.
        """
        every = {text: classes(text) for text in self._counts if len(text) <= _MOST_SHAPED_CHARACTERS}
        groups = self._groups(every, _any_character if any_character else _exact)
        return tuple(
            self._shape(shape, texts, fixed=True)
            for shape, texts in groups
            if re.search(f"{_LETTER_OR_DIGIT}|{ANY_CLASS}", shape)
        )

    def _groups(self, left: Mapping[str, str], level: Callable[[str], str]) -> list[tuple[str, list[str]]]:
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for text, shape in left.items():
            groups[level(shape)].append(text)
        shared = [(shape, texts) for shape, texts in groups.items() if self._rows(texts) >= self._min_group]
        return sorted(shared, key=lambda group: (-self._rows(group[1]), group[0]))[:_MOST_SHAPES]

    def _rows(self, texts: Iterable[str]) -> int:
        return sum(self._counts[text] for text in texts)

    def _shape(self, shape: str, texts: list[str], *, fixed: bool) -> Shape:
        split = _split_fixed(shape) if fixed else _split_runs(shape)
        columns = list(zip(*(split(text) for text in texts), strict=True))
        pieces = _PIECES.findall(shape)
        segments: list[Segment] = []
        for place, (piece, column) in enumerate(zip(pieces, columns, strict=True)):
            if is_class(piece[0]) or piece[0] == ANY_CLASS:
                after_capital = place > 0 and pieces[place - 1][0] == UPPER_CLASS
                segments.append(self._segment(piece[0], column, after_capital=after_capital))
            else:
                segments.append(Segment(literals=((piece, 1.0),)))
        return self._with_room(segments, pieces, columns, texts)

    def _segment(
        self, kind: str, column: Sequence[str], *, after_capital: bool = False, literal: bool = True
    ) -> Segment:
        if literal and (literals := self._literals(column)):
            return Segment(literals=literals)
        letters = alphabet(
            LETTER_OR_DIGIT_CLASSES, learned_alphabets(column, self._min_group, otherwise=self._alphabets)
        )
        return Segment(
            alphabet=letters,
            lengths=self._lengths(column),
            leading_zero=kind != DIGIT_CLASS or any(text.startswith("0") for text in column),
            word_like=_word_like(kind, column, after_capital=after_capital),
        )

    def _literals(self, column: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """The few texts that stand here in nearly all values, if each is shared by min_group different values."""
        frequent = Counter(column).most_common(_MOST_LITERALS)
        kept = tuple((text, float(count)) for text, count in frequent if count >= self._min_group)
        return kept if sum(count for _, count in kept) >= _COVERED * len(column) else ()

    def _with_room(
        self, segments: list[Segment], pieces: list[str], columns: list[tuple[str, ...]], texts: list[str]
    ) -> Shape:
        """Where the literal pieces leave little else than the source's own values, fewer pieces are literal."""
        shape = Shape(segments=tuple(segments), weight=float(self._rows(texts)))
        while shape.capacity < _ROOM * len(texts):
            places = [p for p, segment in enumerate(segments) if segment.literals and is_or_any(pieces[p])]
            if not places:
                break
            place = max(places, key=lambda p: (len(segments[p].literals), p))
            segments[place] = self._segment(pieces[place][0], columns[place], literal=False)
            shape = Shape(segments=tuple(segments), weight=shape.weight)
        return shape

    def _lengths(self, column: Iterable[str]) -> Weighted:
        """Lengths shared by min_group values as they are; else all between the outermost that enough values reach."""
        counts = Counter(len(text) for text in column)
        shared = {length: float(count) for length, count in sorted(counts.items()) if count >= self._min_group}
        if sum(shared.values()) >= _COVERED * sum(counts.values()):
            return Weighted(values=tuple(shared), weights=tuple(shared.values()))
        ordered = sorted(counts.elements())
        margin = min(self._min_group - 1, (len(ordered) - 1) // 2)
        low, high = ordered[margin], ordered[-1 - margin]
        weights = [max(counts[length], 1) ** 0.5 for length in range(low, high + 1)]
        return Weighted(values=tuple(range(low, high + 1)), weights=tuple(weights))

    def _mere_length(self, texts: list[str]) -> Shape:
        lengths = self._lengths(texts)
        kinds = [
            kind for kind in classes("".join(text[:_MOST_SHAPED_CHARACTERS] for text in texts[:500])) if is_class(kind)
        ] or [LOWER_CLASS]
        letters = alphabet(kinds, self._alphabets)
        segment = Segment(alphabet=letters, lengths=lengths, word_like=_word_like(LOWER_CLASS, texts))
        return Shape(segments=(segment,), weight=float(self._rows(texts)))


def is_or_any(piece: str) -> bool:
    return is_class(piece[0]) or piece[0] == ANY_CLASS


def _split_fixed(shape: str) -> Callable[[str], list[str]]:
    ends = [match.span() for match in _PIECES.finditer(shape)]
    return lambda text: [text[start:end] for start, end in ends]


def _split_runs(shape: str) -> Callable[[str], list[str]]:
    """Cut a text at the pieces of its own class string; X takes letters and digits alike."""
    merged = ANY_CLASS in shape
    runs = re.compile(rf"{_LETTER_OR_DIGIT}+|." if merged else r"A+|a+|o+|9+|.", flags=re.DOTALL)

    def split(text: str) -> list[str]:
        return [text[slice(*match.span())] for match in runs.finditer(classes(text))]

    return split


def _word_like(kind: str, column: Sequence[str], *, after_capital: bool = False) -> WordLike:
    """Whether small letters read as words: many different ones, a good part of them vowels."""
    if kind != LOWER_CLASS:
        return ""
    letters = "".join(column[:500])
    vowels = sum(letter in "aeiou" for letter in letters)
    latin = sum(letter.isascii() for letter in letters)
    if len(set(letters)) < _WORD_ALPHABET or latin < _COVERED * len(letters):
        return ""
    if not 0.2 <= vowels / len(letters) <= 0.6:
        return ""
    return "vowel" if after_capital else "consonant"
