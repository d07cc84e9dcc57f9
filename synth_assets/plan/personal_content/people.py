"""Names of people: how they are written, and whether enough of their words are known as names."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from synth_assets.plan.personal_content.name_words import (
    CHINESE_FAMILY_NAMES,
    FAMILY_NAME_ENDINGS,
    JAPANESE_FAMILY_NAMES,
    KOREAN_FAMILY_NAMES,
    first_names,
    name_words,
    words_in,
)

_CHINESE_LETTERS = "\u3400-\u9fff"
_KANA = "\u3040-\u30ffー"
_HANGUL = "\uac00-\ud7af"

_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|dame|lord|rev|hon|herr|frau|hr|fr|dipl|ing|med|mme|mlle|m|sr|sra|srta|dna|"
    r"don|dona|doña|sig|sigra|dott|dottssa|avv|dhr|mevr|drs|ir|pan|pani|bay|bayan|г|гн|госпожа|господин|пан|пані|κ|κος|"
    r"κα|السيد|السيدة|د|דר|מר|גב|श्री|श्रीमती|डॉ)\.\s*|(?:mr|mrs|ms|miss|dr|prof|herr|frau|señor|señora|monsieur|madame|"
    r"السيد|السيدة|الآنسة|المهندس|الدكتور|श्री|श्रीमती)\s+)+",
    re.IGNORECASE,
)
_SUFFIXES = re.compile(
    r"(?:,?\s+(?:jr|sr|ii|iii|iv|phd|ph\.d|md|dds|dvm|esq|b\.?sc|m\.?sc|mba|mgr|ing|bc|csc)\.?)+$", re.IGNORECASE
)
_PARTICLES = words_in(
    "de da do dos das del della di du d la le les van von der den ter ten te el al bin ben ibn bint abu zu zum af "
    "av y e i of und et san st ال آل بن بنت ابو عبد"
)
_COMPANY = re.compile(
    r"\b(?:gmbh|ag|kg|ohg|e\.?v|inc|ltd|llc|llp|plc|corp|co|company|group|and sons|sarl|sa|sas|s\.a|srl|s\.r\.l|spa"
    r"|s\.p\.a|bv|b\.v|nv|oy|ab|as|aps|kft|zrt|sp\.? z|d\.o\.o|s\.r\.o|a\.s|ооо|оао|зао|пао|ип|ltda|eireli|holding|gbr"
    r"|stiftung|partners|university|school|bank|hospital|hotel)\b|&",
    re.IGNORECASE,
)
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u05b0-\u05c7\u064b-\u0655\u0900-\u0dff\u0e00-\u0e7f\u200c\u200d])"
_WORD = re.compile(rf"{_LETTER}+(?:['’`ʼ.\-]{_LETTER}+)*[.’']?")
_MOST_WORDS = 6
_LOGIN = re.compile(r"^[a-z][a-z0-9._\-]{2,29}$")
_LOGIN_PARTS = re.compile(r"[a-z]+")
_SHORTEST_LOGIN_PART, _SHORTEST_AFTER_INITIAL = 3, 4
_EAST_ASIAN = re.compile(rf"[{_CHINESE_LETTERS}{_KANA}{_HANGUL}]")
_JAPANESE = re.compile(rf"^[{_CHINESE_LETTERS}{_KANA}々]{{1,4}}[ \u3000]?[{_CHINESE_LETTERS}{_KANA}々]{{1,5}}$")
_CHINESE = re.compile(rf"^[{_CHINESE_LETTERS}]{{1,2}} ?[{_CHINESE_LETTERS}]{{1,2}}$")
_KOREAN = re.compile(rf"^[{_HANGUL}]{{1,3}} ?[{_HANGUL}]{{1,3}}$")
_LONGEST_EAST_ASIAN = 9

# Least share of known names among texts that are written like names. Lists of names are never complete.
_LEAST_KNOWN, _LEAST_KNOWN_SINGLE, _LEAST_KNOWN_LOGINS = 0.2, 0.5, 0.4


# Of few names, and of few logins: how many there are at least, and the share of them that must be known.
_FEWEST_PEOPLE, _FEWEST_LOGINS, _OF_A_FEW = 2, 3, 0.5
# Of many different names: fewest different words a name. Two hundred people share fewer than that of theirs.
_MANY_TEXTS, _LEAST_WORDS_A_TEXT = 60, 0.2


class _Rated(NamedTuple):
    """What a text is: written like a name, and with a known name in it."""

    formed: bool
    known: bool


_NOT = _Rated(False, False)


def are_full_names(values: pl.Series) -> pl.Series:
    """Which texts are names of people; none at all where too few have a word in them that is known as a name."""
    texts = values.to_list()
    if _are_put_together(texts):
        return pl.Series([False] * len(texts), dtype=pl.Boolean)
    return _matching([_full_name(text) for text in texts], least_known=_LEAST_KNOWN)


def are_single_names(values: pl.Series) -> pl.Series:
    """Which texts are single first or last names; none where too few are known."""
    return _matching([_single_name(text) for text in values.to_list()], least_known=_LEAST_KNOWN_SINGLE)


def are_logins(values: pl.Series) -> pl.Series:
    """Which texts are login names made of people's names, such as jsmith or anna.k72; none where too few are."""
    return _matching([_login(text) for text in values.to_list()], least_known=_LEAST_KNOWN_LOGINS)


def are_a_few_people(values: pl.Series) -> bool:
    """Whether different texts, however few, are full names of people: the agents of a help desk, a ward's doctors.

    Each must begin with a title or a known first name (or end with one, behind a comma), and half of them must have
    another known word: Grace Period and Christian Rock are none.
    """
    texts = values.to_list()
    plain = [_SUFFIXES.sub("", _TITLES.sub("", text)) for text in texts]
    words = [_given_name_first(text).split() for text in plain]
    if len(texts) < _FEWEST_PEOPLE or not all(words):
        return False
    begin = [
        bool(_TITLES.match(text)) or own[0].lower() in first_names() for text, own in zip(texts, words, strict=True)
    ]
    return all(begin) and _mostly(any(_is_known(word) for word in own[1:]) for own in words)


def are_a_few_first_names(values: pl.Series) -> bool:
    """Whether different texts, however few, are first names."""
    texts = values.to_list()
    return len(texts) >= _FEWEST_PEOPLE and all(text.lower() in first_names() for text in texts)


def are_a_few_logins(values: pl.Series) -> bool:
    """Whether different texts, however few, are logins of an initial and a name, or of two names: jsmith, anna.kern."""
    texts = values.to_list()
    # agent-1 and agent-2 are numbers.
    letters = {tuple(_LOGIN_PARTS.findall(text)) for text in texts}
    return len(letters) >= max(_FEWEST_LOGINS, _OF_A_FEW * len(texts)) and _mostly(map(_is_put_together, texts))


def _is_put_together(text: str) -> bool:
    words, parts = name_words(), _LOGIN_PARTS.findall(text)
    if len(parts) > 1:
        return parts[-1] in words and (len(parts[0]) == 1 or parts[0] in words)
    of_initial = bool(parts) and len(parts[0]) > _SHORTEST_AFTER_INITIAL and parts[0][1:] in words
    return of_initial and parts[0] not in words


def _mostly(known: Iterable[bool]) -> bool:
    every = list(known)
    return sum(every) >= _OF_A_FEW * len(every)


def _given_name_first(text: str) -> str:
    family, comma, given = text.partition(", ")
    return f"{given} {family}" if comma else text


def mostly_first_names(values: pl.Series) -> bool:
    """Of single names: whether at least half are known as first names."""
    known = first_names()
    words = values.to_list()
    return 2 * sum(word.lower() in known for word in words) >= len(words)


def _are_put_together(texts: Sequence[str]) -> bool:
    """Whether many texts share few words, as names of products do: people have more names."""
    words = {word for text in texts for word in text.split()}
    return len(texts) >= _MANY_TEXTS and len(words) < _LEAST_WORDS_A_TEXT * len(texts)


def _matching(rated: Sequence[_Rated], *, least_known: float) -> pl.Series:
    formed = sum(one.formed for one in rated)
    known = sum(one.known for one in rated)
    enough = formed > 0 and known >= least_known * formed
    return pl.Series([enough and one.formed for one in rated], dtype=pl.Boolean)


def _full_name(text: str) -> _Rated:
    if _EAST_ASIAN.search(text):
        return _east_asian(text)
    plain = _SUFFIXES.sub("", _TITLES.sub("", text)).replace(", ", " ", 1)
    words = plain.split()
    if not 2 <= len(words) <= _MOST_WORDS or _COMPANY.search(plain):
        return _NOT
    names = [word for word in words if word.lower() not in _PARTICLES]
    if not names or not all(_WORD.fullmatch(word) for word in names):
        return _NOT
    known = [_is_known(word) for word in names]
    if any(word[0].islower() for word in names):
        return _Rated(all(known), all(known))
    return _Rated(True, any(known))


def _single_name(text: str) -> _Rated:
    if _EAST_ASIAN.search(text):
        is_family_name = text in JAPANESE_FAMILY_NAMES | CHINESE_FAMILY_NAMES | KOREAN_FAMILY_NAMES
        known = is_family_name or text in name_words()
        return _Rated(known, known)
    words = [word for word in text.split() if word.lower() not in _PARTICLES]
    if not 1 <= len(words) <= 2 or not all(_WORD.fullmatch(word) and not word[0].islower() for word in words):
        return _NOT
    return _Rated(True, any(_is_known(word) for word in words))


def _login(text: str) -> _Rated:
    if not _LOGIN.match(text):
        return _NOT
    words = name_words()
    parts = [part for part in _LOGIN_PARTS.findall(text) if len(part) >= _SHORTEST_LOGIN_PART]
    known = any(part in words or (len(part) > _SHORTEST_AFTER_INITIAL and part[1:] in words) for part in parts)
    return _Rated(True, known)


def _is_known(word: str) -> bool:
    """Whether a word, or a part of it between hyphens, is listed as a name or ends like a family name."""
    lower = word.lower().rstrip(".'’")
    words = name_words()
    return (
        lower in words
        or FAMILY_NAME_ENDINGS.match(lower) is not None
        or ("-" in lower and any(part in words for part in lower.split("-")))
    )


def _east_asian(text: str) -> _Rated:
    """Names without blanks, or with one: known by the family name, which stands first, or last in other scripts."""
    if len(text) > _LONGEST_EAST_ASIAN:
        return _NOT
    parts = text.replace("\u3000", " ").split(" ")
    if _KOREAN.match(text):
        return _Rated(True, text[0] in KOREAN_FAMILY_NAMES or (len(parts) > 1 and parts[-1] in KOREAN_FAMILY_NAMES))
    chinese = _CHINESE.match(text) is not None and (
        text[0] in CHINESE_FAMILY_NAMES or (len(parts) > 1 and parts[-1] in CHINESE_FAMILY_NAMES)
    )
    if chinese:
        return _Rated(True, True)
    if not _JAPANESE.match(text):
        return _NOT
    begins = any(text[:length] in JAPANESE_FAMILY_NAMES for length in (1, 2, 3))
    return _Rated(True, begins or any(part in JAPANESE_FAMILY_NAMES or part in name_words() for part in parts))
