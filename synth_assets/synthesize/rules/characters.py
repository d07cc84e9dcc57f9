"""Characters by class and script: what a character of a text may be replaced by."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

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


def script_of(text: str) -> str:
    """The script of most letters, by the first word of their Unicode names: LATIN, CYRILLIC, CJK, ..."""
    names = Counter(unicodedata.name(letter, "LATIN").split()[0].split("-")[0] for letter in text if letter.isalpha())
    return names.most_common(1)[0][0] if names else "LATIN"


def common_characters(texts: Iterable[str], min_group: int) -> dict[str, str]:
    """By class, the letters and digits that at least min_group of these distinct texts hold, in order."""
    holders: Counter[str] = Counter()
    for text in texts:
        holders.update(set(text))
    common: dict[str, list[str]] = {}
    for character in sorted(c for c, count in holders.items() if count >= min_group):
        kind = classes(character)
        if is_class(kind):
            common.setdefault(kind, []).append(character)
    return {kind: "".join(characters) for kind, characters in common.items()}


def default_alphabet(kind: str, script: str) -> str:
    """All letters or digits of a class, in a script."""
    if kind == DIGIT_CLASS:
        return DIGITS
    if script in _SCRIPT_LETTERS:
        span = _SCRIPT_LETTERS[script][0 if kind == UPPER_CLASS else 1]
        return "".join(chr(code) for code in range(ord(span[0]), ord(span[1]) + 1) if chr(code).isalpha())
    return UPPER if kind == UPPER_CLASS else LOWER


def alphabet(kinds: Iterable[str], common: Mapping[str, str], script: str) -> str:
    """The characters that stand for these classes: the common ones of the column, else all of the script."""
    letters = "".join(common.get(kind) or default_alphabet(kind, script) for kind in sorted(set(kinds)))
    return "".join(sorted(set(letters)))
