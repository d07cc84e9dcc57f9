"""Personal data by the name of a column: words of many languages and scripts, and what the table is about."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from synth_assets.catalog.model import Column
from synth_assets.plan.personal import PERSONAL_KINDS, PersonalFinding, by_type, can_hold
from synth_assets.plan.personal_words import (
    ABOUT_THE_SAME,
    AFTER_THINGS,
    AFTERTHOUGHTS,
    BEFORE_NAME,
    BY,
    GLUED_TO,
    NAME,
    NOT_AFTER,
    OF_THINGS,
    PEOPLE,
    PHRASES,
    THINGS,
    TOLD_BY_COMMENTS,
    WHOLE_NAMES,
)
from synth_assets.plan.personal_words_scripts import PHRASES_OF_SCRIPTS

NAMED, LIKELY, COMMENTED = 0.95, 0.85, 0.7

_WORDS = re.compile(
    r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # scripts without blanks: every character is a word
    r"|(?:[^\W\d_A-Za-z\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[\u0900-\u0dff\u0e00-\u0e7f])+"
)
_SPELLED = str.maketrans({"\u0131": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_SHORTEST_SPELLED_OUT = 6


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, in small letters without accents: 'BillingPostalCode1' is billing postal code 1."""
    plain = "".join(character if character.isascii() else _plain(character) for character in name)
    return tuple(word.lower() for word in _WORDS.findall(plain))


@cache
def _plain(character: str) -> str:
    """A letter without accents. Those of Indic scripts, of kana and of hangul are parts of the letter and stay."""
    if _is_composed(character):
        return unicodedata.normalize("NFKC", character)
    letters = unicodedata.normalize("NFKD", character.casefold().translate(_SPELLED))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_composed(character: str) -> bool:
    return "\u0900" <= character <= "\u0e7f" or "\u3040" <= character <= "\uffef"


def classify_name(column: Column, *, table: str | None = None) -> PersonalFinding | None:
    """What kind of personal data a column holds by its name, type and comment; None if they do not tell.

    `table`, the table's name, tells what a bare `name` or `title` is of.
    """
    typed = by_type(column)
    if typed:
        return typed
    words = words_of(column.name)
    about_people = table is not None and is_about_people(table)
    found = _by_people(words, about_people=about_people) or _by_phrase(words, of_thing=_is_of_things(table))
    if found is None and column.comment:
        found = _by_comment(column.comment)
    return found if found and can_hold(found.kind, column.type) else None


def is_of_a_thing(name: str) -> bool:
    """Whether a column's name says that its values are those of things: sku, order_no, product_name, commit_sha."""
    words = list(words_of(name))
    while len(words) > 1 and words[-1] in AFTER_THINGS and singular(words[-1]) not in OF_THINGS:
        words.pop()
    return bool(words) and (words[-1] in OF_THINGS or singular(words[-1]) in OF_THINGS)


@cache
def is_about_people(table: str) -> bool:
    """Whether a table's rows are people, by its name: customers, HR_Employee, user_profiles, but not user_roles."""
    words = list(words_of(table))
    while len(words) > 1 and (singular(words[-1]) in ABOUT_THE_SAME or words[-1].isdigit()):
        words.pop()
    return bool(words) and _is_person(words[-1])


def is_called_as_people(name: str) -> bool:
    """Whether a column's name says that its values are people: doctor, sales_rep, prescribed_by, erfasst_von."""
    words = words_of(name)
    return bool(words) and (_is_person(words[-1]) or (len(words) > 1 and words[-1] in BY))


def singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _is_person(word: str) -> bool:
    return word in PEOPLE or singular(word) in PEOPLE


def _by_people(words: tuple[str, ...], *, about_people: bool) -> PersonalFinding | None:
    """`name` and `title`, which say something of a person only beside a word for people."""
    *before, last = words or ("",)
    of_person = bool(before) and _is_person(before[-1])
    romance = len(words) >= 2 and words[0] in NAME and _is_person(words[-1])
    if last in NAME or romance:
        if of_person or romance:
            return PersonalFinding("full_name", NAMED, "its name says that it is a person's name")
        if about_people and (not before or set(before) <= BEFORE_NAME):
            return PersonalFinding("full_name", LIKELY, "it is the name in a table of people")
    if last == "title" and (of_person or (about_people and not before)):
        return PersonalFinding("job", LIKELY, "it is the title of people")
    return None


def _is_of_things(table: str | None) -> bool:
    return table is not None and singular((words_of(table) or ("",))[-1]) in THINGS


# Tables have many names of columns in common.
@cache
def _by_phrase(words: tuple[str, ...], *, of_thing: bool) -> PersonalFinding | None:
    best: tuple[int, str] | None = None
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if not set(words[end:]) <= AFTERTHOUGHTS:
                continue
            kinds = _kinds_called("".join(words[start:end]), whole=start == 0, single=end - start == 1)
            before = set(words[max(0, start - 1) : start])
            for kind in kinds:
                if kind == "full_name" and of_thing and "name" in words[start:end]:
                    continue
                if not before & NOT_AFTER.get(kind, frozenset()) and (best is None or end - start > best[0]):
                    best = (end - start, kind)
    if best is None:
        return None
    kind = best[1]
    return PersonalFinding(kind, NAMED, f"its name says that it is {PERSONAL_KINDS[kind].label}")


def _kinds_called(joined: str, *, whole: bool, single: bool) -> tuple[str, ...]:
    """The kinds that words run together name: as they are, with umlauts spelled out, or glued to other words.

    `whole`: nothing stands before them; `single`: they are one word.
    """
    for spelled in (joined, _without_umlauts(joined)):
        kinds = _phrases().get(spelled) if whole or len(spelled) > 1 else None
        kinds = kinds or (_whole_names().get(spelled) if whole else None)
        if kinds:
            return kinds
    glued = next((word for word in GLUED_TO if joined.endswith(word)), None) if single else None
    return _phrases()[glued] if glued else ()


def _without_umlauts(word: str) -> str:
    if not word.isascii() or len(word) < _SHORTEST_SPELLED_OUT:
        return word
    for spelled, letter in _UMLAUTS:
        word = word.replace(spelled, letter)
    return word


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    return _by_joined_words(PHRASES, PHRASES_OF_SCRIPTS)


@cache
def _whole_names() -> dict[str, tuple[str, ...]]:
    return _by_joined_words(WHOLE_NAMES)


def _by_joined_words(*lists: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Kinds by phrase, its words run together."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, phrases in ((kind, phrases) for one in lists for kind, phrases in one.items()):
        for phrase in phrases.split(","):
            joined = "".join(words_of(phrase))
            found[joined] = tuple(dict.fromkeys((*found.get(joined, ()), kind)))
    return found


def _by_comment(comment: str) -> PersonalFinding | None:
    """The longest phrase of at least five letters that stands in a column's comment."""
    words = words_of(comment)
    best: tuple[int, str] | None = None
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 4) + 1):
            joined = "".join(words[start:end])
            kinds = _phrases().get(joined, ()) if len(joined) >= 5 else ()
            for kind in kinds:
                if kind in TOLD_BY_COMMENTS and (best is None or len(joined) > best[0]):
                    best = (len(joined), kind)
    if best is None:
        return None
    return PersonalFinding(best[1], COMMENTED, f"its comment speaks of {PERSONAL_KINDS[best[1]].label}")
