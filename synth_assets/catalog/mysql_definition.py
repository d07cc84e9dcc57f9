"""Defaults, generated columns and checks of MySQL, from SHOW CREATE TABLE with ANSI_QUOTES.

MySQL's information_schema has them, too, but cuts a binary default at its first zero byte, garbles the letters beyond
ASCII of a generated column's expression, and escapes all expressions once more.

Expressions are given as MariaDB gives them: names between double quotes, quotes within texts doubled, no word for the
character set of a text where it is utf8mb4, and no parentheses around the whole.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from synth_assets.catalog.sql_text import Token, closing, quoted, source, tokens

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_INTRODUCER = "_utf8mb4"
_MOMENT = re.compile(r"(?i)(?:current_timestamp|now|localtime|localtimestamp)(?:\(\d*\))?")


@dataclass(frozen=True)
class WrittenColumn:
    """
    Attributes:
        default: Without the ON UPDATE of a timestamp, which comes apart. What stands between parentheses though it is
            a literal or a moment keeps a pair of them: an expression may stand where MySQL takes no literal.
    """

    default: str | None = None
    on_update: str | None = None
    generated: str | None = None


@dataclass(frozen=True)
class WrittenTable:
    """What a definition says; columns and checks by name."""

    columns: dict[str, WrittenColumn] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)


def read_definition(definition: str) -> WrittenTable:
    """The parts of one CREATE TABLE; each of them stands in a line of its own."""
    found = WrittenTable()
    for written in definition.split("\n"):
        line = doubled_quotes(written.removesuffix(","))
        if line.startswith('  "'):
            parts = tokens(line)
            found.columns[parts[0].value] = _column(line, parts)
        elif line.startswith('  CONSTRAINT "'):
            parts = tokens(line)
            if parts[2].is_word("CHECK"):
                found.checks[parts[1].value] = _within(line, parts, 3)
    return found


def doubled_quotes(text: str) -> str:
    """Quotes within texts doubled, as everyone reads them, instead of escaped; other escapes as they are."""
    return _ESCAPED.sub(lambda match: "''" if match[1] == "'" else match[0], text)


def _column(line: str, parts: Sequence[Token]) -> WrittenColumn:
    default, on_update, generated = None, None, None
    place = 1
    while place < len(parts):
        token, follows = parts[place], parts[place + 1 : place + 2]
        if token.is_symbol("("):
            place = closing(parts, place)
        elif token.is_word("DEFAULT"):
            default = _default(line, parts, place + 1)
            place = closing(parts, place + 1) if follows and follows[0].is_symbol("(") else place + 1
        elif token.is_word("ON") and follows and follows[0].is_word("UPDATE"):
            on_update = source(line, _together(parts, place + 2))
            place += 2
        elif token.is_word("AS") and follows and follows[0].is_symbol("("):
            generated = _within(line, parts, place + 1)
            place = closing(parts, place + 1)
        place += 1
    return WrittenColumn(default=default, on_update=on_update, generated=generated)


def _default(line: str, parts: Sequence[Token], place: int) -> str | None:
    if not parts[place].is_symbol("("):
        literal = source(line, _together(parts, place))
        return None if literal == "NULL" else literal
    expression = _within(line, parts, place)
    is_plain = len(tokens(expression)) == 1 or _MOMENT.fullmatch(expression)
    return f"({expression})" if is_plain else expression


def _together(parts: Sequence[Token], place: int) -> list[Token]:
    """A literal or a moment, such as `b'1'` or `CURRENT_TIMESTAMP(3)`: the tokens with no space between them."""
    end = place + 1
    while end < len(parts) and parts[end].start == parts[end - 1].end:
        end += 1
    return list(parts[place:end])


def _within(line: str, parts: Sequence[Token], opening: int) -> str:
    """What stands between a pair of parentheses, and any pairs around the whole of it."""
    end = closing(parts, opening)
    inner = list(parts[opening + 1 : end])
    while len(inner) > 2 and inner[0].is_symbol("(") and closing(inner, 0) == len(inner) - 1:
        inner = inner[1:-1]
    return source(line, _plain(inner))


def _plain(parts: Sequence[Token]) -> list[Token]:
    """Tokens with names in double quotes, and texts of utf8mb4 without a word for it."""
    found = []
    skipped: Token | None = None
    for token, after in itertools.zip_longest(parts, parts[1:]):
        if token.kind == "word" and token.text == _INTRODUCER and after is not None and after.kind == "string":
            skipped = token
            continue
        text = quoted(token.value) if token.kind == "quoted" else token.text
        found.append(Token(token.kind, text, skipped.start if skipped else token.start, token.end))
        skipped = None
    return found
