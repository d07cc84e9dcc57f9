"""Characters by class and script: what a character of a text may be replaced by."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from synth_assets.synthesize.rules.random_text import DIGITS, LOWER, UPPER

UPPER_CLASS = "A"
LOWER_CLASS = "a"
OTHER_LETTER_CLASS = "o"
DIGIT_CLASS = "9"
ANY_CLASS = "X"
LETTER_OR_DIGIT_CLASSES = UPPER_CLASS + LOWER_CLASS + OTHER_LETTER_CLASS + DIGIT_CLASS

_CLASS_OF_CATEGORY = {
    "Lu": UPPER_CLASS,
    "Lt": UPPER_CLASS,
    "Ll": LOWER_CLASS,
    "Lo": OTHER_LETTER_CLASS,
    "Lm": OTHER_LETTER_CLASS,
    "Nd": DIGIT_CLASS,
    "Nl": DIGIT_CLASS,
    "No": DIGIT_CLASS,
    "Mn": OTHER_LETTER_CLASS,
    "Mc": OTHER_LETTER_CLASS,
}

# First and last letters that stand for a script whose own common letters are too few to learn.
_SCRIPT_LETTERS = {
    "CYRILLIC": ("АЯ", "ая"),
    "GREEK": ("\N{GREEK CAPITAL LETTER ALPHA}\N{GREEK CAPITAL LETTER PI}", "αω"),
    "HEBREW": ("את", "את"),
    "ARABIC": ("بغ", "بغ"),
    "HIRAGANA": ("かそ", "かそ"),
    "KATAKANA": ("カソ", "カソ"),
    "CJK": ("一丿", "一丿"),
    "HANGUL": ("가갛", "가갛"),
    "THAI": ("กฮ", "กฮ"),
    "DEVANAGARI": ("कह", "कह"),
}


# Alphabets that anybody knows, from few letters to many: hexadecimal, those of Crockford and of Bitcoin, and without
# vowels; bits, the digits of base 32, octal ones, and all but 0 and 1.
_KNOWN: Mapping[str, tuple[str, ...]] = {
    LOWER_CLASS: ("abcdef", "bcdfghjklmnpqrstvwxyz", "abcdefghjkmnpqrstvwxyz", "abcdefghijkmnopqrstuvwxyz"),
    UPPER_CLASS: ("ABCDEF", "BCDFGHJKLMNPQRSTVWXYZ", "ABCDEFGHJKMNPQRSTVWXYZ", "ABCDEFGHJKLMNPQRSTUVWXYZ"),
    DIGIT_CLASS: ("01", "234567", "01234567", "23456789"),
}
_ALL: Mapping[str, str] = {LOWER_CLASS: LOWER, UPPER_CLASS: UPPER, DIGIT_CLASS: DIGITS}
_BY_CHANCE = 1e-4

_SAMPLED_TEXTS = 200
_SAMPLED_CHARACTERS = 200
_ENOUGH_OTHER_LETTERS = 20


class _Classes(dict[int, str]):
    """str.translate's table: letters and digits become their class, other characters stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = _CLASS_OF_CATEGORY.get(unicodedata.category(character), character)
        return self[code]


_CLASSES = _Classes()


def classes(text: str) -> str:
    """The text's shape: A upper, a lower, o other letter, 9 digit, all else as it stands."""
    return text.translate(_CLASSES)


def is_class(character: str) -> bool:
    return character in LETTER_OR_DIGIT_CLASSES


def script_of(texts: Sequence[str]) -> str:
    """The script of most letters, by the first word of their Unicode names: LATIN, CYRILLIC, CJK, ..."""
    letters = "".join(text[:_SAMPLED_CHARACTERS] for text in texts[:_SAMPLED_TEXTS])
    names = Counter(
        unicodedata.name(letter, "LATIN").split()[0].split("-")[0] for letter in letters if letter.isalpha()
    )
    return names.most_common(1)[0][0] if names else "LATIN"


def learned_alphabets(
    texts: Iterable[str], min_group: int, *, otherwise: Mapping[str, str] | None = None
) -> dict[str, str]:
    """By class, the letters or digits that a column, or one piece of its texts, is written in.

    Only what at least min_group of these distinct texts hold is learned. Where that is all that they hold, nothing else
    comes out; otherwise all of the smallest alphabet that anybody knows, such as a-f, if chance hardly explains that
    they hold no others, or all letters of the script.

    Args:
        otherwise: Of a piece, the alphabets of the whole column, which stand instead of those of the script.
    """
    texts = list(texts)
    script = script_of(texts) if otherwise is None else ""
    holders: Counter[str] = Counter()
    for text in texts:
        holders.update(set(text))
    characters = Counter(character for text in texts[:_SAMPLED_TEXTS] for character in text)
    alphabets: dict[str, str] = {}
    for kind in LETTER_OR_DIGIT_CLASSES:
        found = {character for character in holders if classes(character) == kind}
        if not found:
            continue
        common = {character for character in found if holders[character] >= min_group}
        if len(common) == len(found) or (kind == OTHER_LETTER_CLASS and len(common) >= _ENOUGH_OTHER_LETTERS):
            alphabets[kind] = "".join(sorted(common))
        elif known := _known_alphabet(kind, found, sum(characters[character] for character in found)):
            alphabets[kind] = known
        else:
            rest = default_alphabet(kind, script) if otherwise is None else otherwise.get(kind, "")
            alphabets[kind] = "".join(sorted(common | set(rest)))
    return alphabets


def _known_alphabet(kind: str, found: Set[str], times: int) -> str | None:
    """The smallest known alphabet of all that is found, if as many of any letters would hardly be of it by chance."""
    for known in _KNOWN.get(kind, ()):
        if found <= set(known) and (len(known) / len(_ALL[kind])) ** times < _BY_CHANCE:
            return known
    return None


def default_alphabet(kind: str, script: str) -> str:
    """All letters or digits of a class, in a script."""
    if kind == DIGIT_CLASS:
        return DIGITS
    if script in _SCRIPT_LETTERS:
        span = _SCRIPT_LETTERS[script][0 if kind == UPPER_CLASS else 1]
        return "".join(chr(code) for code in range(ord(span[0]), ord(span[1]) + 1) if chr(code).isalpha())
    return UPPER if kind == UPPER_CLASS else LOWER


def alphabet(kinds: Iterable[str], learned: Mapping[str, str]) -> str:
    """The characters that stand for these classes."""
    return "".join(sorted({letter for kind in kinds for letter in learned.get(kind, "")})) or LOWER
