"""SQL text: quoted identifiers, and tokens, enough to find the parts of a definition despite quotes and comments."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["word", "quoted", "string", "number", "symbol"]

TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\v\f\r]+)
  | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>[xX]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*)
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    kind: TokenKind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these unquoted words (given in upper case)."""
        return self.kind == "word" and self.text.upper() in words

    def is_symbol(self, symbol: str) -> bool:
        return self.kind == "symbol" and self.text == symbol

    @property
    def value(self) -> str:
        """The name or text that the token stands for, without quotes."""
        if self.kind == "quoted":
            close = self.text[-1]
            return self.text[1:-1] if close == "]" else self.text[1:-1].replace(close * 2, close)
        if self.kind == "string":
            return self.text[self.text.index("'") + 1 : -1].replace("''", "'")
        return self.text


def quoted(name: str) -> str:
    """The identifier in double quotes, as SQLite, PostgreSQL and DuckDB read it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def tokens(sql: str) -> list[Token]:
    """The tokens of a text without white space and comments."""
    found = []
    for match in TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind not in (None, "space", "comment"):
            found.append(Token(kind, match.group(), match.start(), match.end()))  # type: ignore[arg-type]
    return found


def source(sql: str, parts: Sequence[Token]) -> str:
    """The text from the first to the last of these tokens, comments replaced by a space."""
    written = [token.text for token in parts[:1]]
    for before, token in itertools.pairwise(parts):
        gap = sql[before.end : token.start]
        written += [" " if gap.strip() else gap, token.text]
    return "".join(written)


def closing(parts: Sequence[Token], opening: int) -> int:
    """The position of the parenthesis that closes the one at `opening`; ValueError if there is none."""
    depth = 0
    for place in range(opening, len(parts)):
        depth += parts[place].is_symbol("(") - parts[place].is_symbol(")")
        if depth == 0:
            return place
    raise ValueError("a parenthesis is not closed")


def split(parts: Sequence[Token]) -> list[list[Token]]:
    """The tokens between the commas that stand in no parentheses."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in parts:
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0 and token.is_symbol(","):
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]
