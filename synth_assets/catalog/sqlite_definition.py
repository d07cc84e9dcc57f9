"""What only the text of a SQLite CREATE TABLE says: checks, names of constraints, collations, generated columns.

Follows https://www.sqlite.org/lang_createtable.html.
"""

from dataclasses import dataclass, field, replace

from synth_assets.catalog.model import Check
from synth_assets.catalog.sql_text import Token, closing, source, split, tokens

TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass(frozen=True)
class ForeignKeyText:
    name: str | None
    columns: tuple[str, ...]
    deferrable: bool = False
    initially_deferred: bool = False


@dataclass
class TableDefinition:
    """The parsed text. Column names are as written."""

    checks: list[Check] = field(default_factory=list)
    unique_keys: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    foreign_keys: list[ForeignKeyText] = field(default_factory=list)
    primary_key_name: str | None = None
    autoincrement: bool = False
    collations: dict[str, str] = field(default_factory=dict)
    generated: dict[str, str] = field(default_factory=dict)


def parse_table(sql: str) -> TableDefinition:
    """Parse a CREATE TABLE statement as sqlite_master holds it; ValueError if it cannot be one."""
    parts = tokens(sql)
    opening = next((place for place, token in enumerate(parts) if token.is_symbol("(")), None)
    if opening is None:
        raise ValueError("its text has no list of columns")
    definition = TableDefinition()
    for item in split(parts[opening + 1 : closing(parts, opening)]):
        if item[0].is_word(*TABLE_CONSTRAINTS):
            _Clauses(sql, item, definition, column=None).read()
        else:
            _Clauses(sql, item[1:], definition, column=item[0].value).read()
    return definition


def index_condition(sql: str) -> str | None:
    """The condition of a partial index, from its CREATE INDEX."""
    parts = tokens(sql)
    opening = next(place for place, token in enumerate(parts) if token.is_symbol("("))
    rest = parts[closing(parts, opening) + 1 :]
    where = next((place for place, token in enumerate(rest) if token.is_word("WHERE")), None)
    return None if where is None else source(sql, rest[where + 1 :])


class _Clauses:
    """Reads the clauses of one column, or of the table constraints that no comma parts, from left to right."""

    def __init__(self, sql: str, parts: list[Token], definition: TableDefinition, *, column: str | None) -> None:
        self.sql = sql
        self.parts = parts
        self.definition = definition
        self.column = column
        self.place = 0
        self.name: str | None = None

    def read(self) -> None:
        while self.place < len(self.parts):
            token = self._take()
            if token.is_symbol("("):
                self._group(self.place - 1)
            elif token.kind == "word":
                self._clause(token.text.upper())

    def _clause(self, word: str) -> None:
        match word:
            case "CONSTRAINT":
                self.name = self._take().value
            case "PRIMARY":
                self._primary_key()
            case "UNIQUE":
                columns = self._columns() if self.column is None else (self.column,)
                self.definition.unique_keys.append((self._named(), columns))
            case "CHECK":
                self.definition.checks.append(Check(name=self._named(), expression=self._parenthesised()))
            case "DEFAULT":
                self.name = None
                self._default()
            case "COLLATE" if self.column is not None:
                self.definition.collations[self.column] = self._take().value
            case "AS" if self.column is not None:
                self.definition.generated[self.column] = self._parenthesised()
            case "FOREIGN":
                self._expect("KEY")
                columns = self._columns()
                self._expect("REFERENCES")
                self._references(columns)
            case "REFERENCES" if self.column is not None:
                self._references((self.column,))
            case "ON":
                # ON CONFLICT: the action may be a word that begins no clause.
                self.place += 2
            case "AUTOINCREMENT":
                self.definition.autoincrement = True
            case "DEFERRABLE":
                self._deferrable(deferrable=True)
            case "NOT" if self._word_at(0) == "DEFERRABLE":
                self.place += 1
                self._deferrable(deferrable=False)
            case "NOT" | "NULL":
                # The name was that of this clause, which needs none here.
                self.name = None

    def _primary_key(self) -> None:
        self._expect("KEY")
        self.definition.primary_key_name = self._named()
        if self.column is None:
            opening = self.place
            self._columns()
            inside = self.parts[opening : self.place]
            self.definition.autoincrement |= any(token.is_word("AUTOINCREMENT") for token in inside)

    def _references(self, columns: tuple[str, ...]) -> None:
        self._take()
        if self._next_is_symbol("("):
            self._columns()
        while self._word_at(0) in ("ON", "MATCH"):
            if self._word_at(0) == "MATCH":
                self.place += 2
            else:
                self.place += 4 if self._word_at(2) in ("SET", "NO") else 3
        self.definition.foreign_keys.append(ForeignKeyText(self._named(), columns))

    def _deferrable(self, *, deferrable: bool) -> None:
        deferred = False
        if self._word_at(0) == "INITIALLY":
            deferred = deferrable and self._word_at(1) == "DEFERRED"
            self.place += 2
        keys = self.definition.foreign_keys
        keys[-1] = replace(keys[-1], deferrable=deferrable, initially_deferred=deferred)

    def _default(self) -> None:
        if self._next_is_symbol("("):
            self._group(self.place)
            return
        if self._next_is_symbol("+") or self._next_is_symbol("-"):
            self.place += 1
        self.place += 1

    def _columns(self) -> tuple[str, ...]:
        opening = self.place
        self._group(opening)
        inside = self.parts[opening + 1 : self.place - 1]
        return tuple(item[0].value for item in split(inside))

    def _parenthesised(self) -> str:
        opening = self.place
        self._group(opening)
        return source(self.sql, self.parts[opening + 1 : self.place - 1])

    def _group(self, opening: int) -> None:
        """Go on behind the parenthesis that closes the one at `opening`."""
        if opening >= len(self.parts) or not self.parts[opening].is_symbol("("):
            raise ValueError("a parenthesis is missing")
        self.place = closing(self.parts, opening) + 1

    def _named(self) -> str | None:
        name, self.name = self.name, None
        return name

    def _take(self) -> Token:
        if self.place >= len(self.parts):
            raise ValueError("a clause is not complete")
        self.place += 1
        return self.parts[self.place - 1]

    def _expect(self, word: str) -> None:
        if not self._take().is_word(word):
            raise ValueError(f"{word} is missing")

    def _word_at(self, ahead: int) -> str:
        place = self.place + ahead
        return self.parts[place].text.upper() if place < len(self.parts) else ""

    def _next_is_symbol(self, symbol: str) -> bool:
        return self.place < len(self.parts) and self.parts[self.place].is_symbol(symbol)
