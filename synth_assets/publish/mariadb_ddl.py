"""The definition of a dataset's tables in MariaDB and MySQL, rendered from a catalog of any dialect.

Identifiers stand in double quotes: see the modes in mariadb_connection.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.mariadb import FAMILY
from synth_assets.catalog.model import Catalog, Column, ForeignKey, Index, Key, Kind, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.finding import Finding
from synth_assets.publish.mariadb_connection import quoted_place
from synth_assets.publish.mysql_collations import EXACT, target_collation
from synth_assets.publish.statement import Statement, listed
from synth_assets.publish.types import MOST_KEY_CHARACTERS, MOST_SCALE, PARSED, target_type

_LITERAL = re.compile(
    r"'(?:[^'\\]|''|\\.)*'|[bx]'[0-9A-Fa-f]*'|0x[0-9A-Fa-f]*|[+-]?[0-9.]+(?:[eE][+-]?\d+)?|NULL", re.DOTALL
)
_MOMENT = re.compile(r"(?i)(?:current_timestamp|now|localtime|localtimestamp)(?:\(\d*\))?")
_ON_UPDATE = re.compile(r"(?i)\s+on update\s+")
# Types whose defaults MySQL takes as expressions only, beside NULL.
_EXPRESSIONS_ONLY = ("longtext", "longblob", "json")
_COLLATE = re.compile(r"(?<=\bCOLLATE=)\w+")
# A part of a key that is an expression and no column.
_EXPRESSION_IN_KEY = re.compile(r"[(,]\s*\(")
_UNLIMITED = {"longtext": "varchar", "longblob": "varbinary"}


@dataclass
class MariadbTable:
    """The parts of one table.

    Attributes:
        columns: Definition by column.
        types: Type by column that is filled, in order.
        counting: The column that counts up.
        constraints: The primary key, and keys that a counting column needs from the start.
    """

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    counting: str | None = None
    constraints: list[str] = field(default_factory=list)
    checks: list[Statement] = field(default_factory=list)
    options: str = ""


@dataclass
class MariadbDefinition:
    """
    Attributes:
        later: Keys and indexes that come after the rows, by table, as parts of ALTER TABLE; foreign_keys likewise.
    """

    tables: dict[str, MariadbTable] = field(default_factory=dict)
    later: dict[str, list[Statement]] = field(default_factory=dict)
    foreign_keys: dict[str, list[Statement]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def define(catalog: Catalog, *, database: str, dialect: str, frames: Mapping[str, pl.Schema]) -> MariadbDefinition:
    """Render a catalog of published tables and keys.

    Args:
        database: Where the tables are to be.
        dialect: mariadb or mysql.
        frames: The schemas of the rows by table: a time that reads as text only becomes a text column.
    """
    renderer = _Renderer(catalog, database, dialect, frames)
    for table in catalog.tables:
        renderer.add(table)
    return renderer.result


class _Renderer:
    def __init__(self, catalog: Catalog, database: str, dialect: str, frames: Mapping[str, pl.Schema]) -> None:
        self._catalog = catalog
        self._database = database
        self._dialect = dialect
        self._frames = frames
        self._native = catalog.dialect in FAMILY
        self._referred = {
            (key.parent, name) for table in catalog.tables for key in table.foreign_keys for name in key.parent_columns
        }
        self.result = MariadbDefinition()

    def add(self, table: Table) -> None:
        text = self.result.tables[table.name] = MariadbTable(table.name, options=self._options(table))
        counting = self._counting(table)
        text.counting = counting.name if counting else None
        for column in table.columns:
            text.columns[column.name] = self._column(table, column, text, counts=column is counting)
        if table.primary_key is not None:
            text.constraints.append(f"PRIMARY KEY ({listed(table.primary_key.columns)})")
        for key in table.unique_keys:
            self._key(text, f"UNIQUE KEY {self._named(key)}({listed(key.columns)})", key, counting)
        for index in table.indexes:
            self._index(table, text, index, counting)
        for exclusion in table.exclusions:
            self._note(table, f"exclusion constraint {exclusion.name or ''}".strip())
        for check in table.checks:
            if check.name in table.column_names and self._native:
                # MariaDB's name for a check that stands with its column.
                text.columns[check.name] += f" CHECK ({check.expression})"
                continue
            expression = check.expression if self._native else in_sqlite(check.expression)
            named = f"CONSTRAINT {quoted(check.name)} " if check.name else ""
            sql = f"{named}CHECK ({expression})"
            subject = f"check {check.name or ''}".strip()
            if not self._native and "\\" in expression:
                # Other dialects do not mean an escape by it.
                self._note(table, subject)
                continue
            text.checks.append(Statement(sql, table.name, subject, optional=not self._native))
        for reference in table.foreign_keys:
            self._foreign_key(table, reference)

    def _column(self, table: Table, column: Column, text: MariadbTable, *, counts: bool) -> str:
        name, hidden, _ = self._type(table, column).partition(" INVISIBLE")
        parts = [quoted(column.name), name]
        if column.generated is None:
            text.types[column.name] = name
        if column.collation and self._native:
            parts.append(f"COLLATE {self._collation(table, column.collation, of=f'column {column.name}')}")
        elif column.collation and column.collation.upper() != "BINARY":
            self._note(table, f"collation {column.collation} of column {column.name}")
        if column.generated is not None:
            kind = "STORED" if column.generated_stored else "VIRTUAL"
            parts.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
            if not column.nullable and self._dialect == "mysql":
                parts.append("NOT NULL")
        else:
            # MySQL refuses a NULL that is said of a primary key's column.
            in_key = table.primary_key is not None and column.name in table.primary_key.columns
            parts.append("NULL" if column.nullable and not in_key else "NOT NULL")
            if counts:
                parts.append("AUTO_INCREMENT")
            elif column.default is not None:
                parts += self._default(table, column, column.default, native=name)
        if column.comment:
            parts.append(f"COMMENT {literal(column.comment)}")
        return " ".join(parts) + hidden

    def _type(self, table: Table, column: Column) -> str:
        held_as = self._frames.get(table.name, pl.Schema()).get(column.name)
        name = target_type(column.type, source=self._catalog.dialect, target=self._dialect) or "longtext"
        if self._native:
            return name
        if column.type.kind is Kind.DECIMAL and isinstance(held_as, pl.Decimal):
            # The source does not keep to the digits that it declares, but these rows do.
            name = f"decimal({held_as.precision},{min(held_as.scale, MOST_SCALE)})"
        elif held_as == pl.String and column.type.kind in PARSED - {Kind.DECIMAL}:
            self.result.notes.append(
                f"{table.name}.{column.name} is text in the target: the source's column of type "
                f"{column.type.native} holds values that are none."
            )
            name = "longtext"
        elif column.type.kind is Kind.DATETIME and column.type.timezone:
            self.result.notes.append(f"{table.name}.{column.name} is in UTC in the target, without a time zone.")
        shared = self._columns_of_keys(table, column.name)
        if shared and name in _UNLIMITED:
            most = MOST_KEY_CHARACTERS // shared if name == "longtext" else 4 * MOST_KEY_CHARACTERS // shared
            self.result.notes.append(
                f"{table.name}.{column.name} takes {most} characters at most in the target, since it is in a key."
            )
            name = f"{_UNLIMITED[name]}({most})"
        return name

    def _columns_of_keys(self, table: Table, column: str) -> int:
        """How many columns share the space of the widest key or index that a column is in; 0 if it is in none."""
        keys = [*table.unique_sets, *(index.columns for index in table.indexes)]
        keys += [key.columns for key in table.foreign_keys]
        widest = max((len(columns) for columns in keys if column in columns), default=0)
        return widest or int((table.name, column) in self._referred)

    def _counting(self, table: Table) -> Column | None:
        """The column that counts up: it must be a whole number that begins a key, and there can be one only."""
        starts = {columns[0] for columns in table.unique_sets} | {i.columns[0] for i in table.indexes if i.columns}
        counting = [
            column
            for column in table.columns
            if (column.identity is not None or (column.default or "").lower().startswith("nextval("))
            and column.type.kind is Kind.INTEGER
        ]
        fit = [column for column in counting if column.name in starts]
        for column in counting:
            if column not in fit[:1]:
                self._note(table, f"the counter of column {column.name}")
        return fit[0] if fit else None

    def _default(self, table: Table, column: Column, default: str, *, native: str) -> list[str]:
        if self._native:
            value, *moment = _ON_UPDATE.split(default)
            plain = _LITERAL.fullmatch(value) or _MOMENT.fullmatch(value)
            parts = ["DEFAULT", value if plain else f"({value})"]
            return [*parts, f"ON UPDATE {moment[0]}"] if moment else parts
        if default.lower().startswith("nextval("):
            return []
        same = portable_default(default, column.type, has_booleans=False)
        if same is None:
            self._note(table, f"default of column {column.name}")
            return []
        takes_literals = self._dialect == "mariadb" or not native.startswith(_EXPRESSIONS_ONLY)
        is_plain = takes_literals and _LITERAL.fullmatch(same) is not None
        return [f"DEFAULT {same}" if is_plain else f"DEFAULT ({same})"]

    def _key(self, text: MariadbTable, sql: str, key: Key | Index, counting: Column | None) -> None:
        if counting is not None and key.columns[:1] == (counting.name,):
            text.constraints.append(sql)
        else:
            statement = Statement(f"ADD {sql}", text.name, f"key {key.name or listed(key.columns)}")
            self.result.later.setdefault(text.name, []).append(statement)

    def _index(self, table: Table, text: MariadbTable, index: Index, counting: Column | None) -> None:
        # MariaDB has no keys on expressions.
        is_known = self._dialect == self._catalog.dialect or not _EXPRESSION_IN_KEY.search(index.definition or "")
        if self._native and index.definition and is_known:
            self._key(text, index.definition, index, counting)
            return
        if not index.columns or index.where:
            self._note(table, f"index {index.name or 'on ' + ', '.join(index.columns)}")
            return
        word = "UNIQUE KEY" if index.unique else "KEY"
        self._key(text, f"{word} {self._named(index)}({listed(index.columns)})", index, counting)

    def _foreign_key(self, table: Table, key: ForeignKey) -> None:
        named = f"CONSTRAINT {quoted(key.name)} " if key.name and self._native else ""
        is_made = key.parent in self._catalog.table_names or self._catalog.namespace is None
        # Others are the target's own, and stay where they are.
        parent = quoted_place(self._database if is_made else str(self._catalog.namespace), key.parent)
        parts = [f"{named}FOREIGN KEY ({listed(key.columns)}) REFERENCES {parent} ({listed(key.parent_columns)})"]
        for word, action in (("ON DELETE", key.on_delete), ("ON UPDATE", key.on_update)):
            # PostgreSQL may name the columns that it sets; InnoDB sets all of them.
            rule = (action or "").partition(" (")[0]
            if rule == "SET DEFAULT":
                self._note(table, f"{word} SET DEFAULT of the foreign key to {key.parent}")
            elif rule:
                parts.append(f"{word} {rule}")
        statement = Statement(f"ADD {' '.join(parts)}", table.name, f"foreign key to {key.parent}")
        self.result.foreign_keys.setdefault(table.name, []).append(statement)

    def _named(self, key: Key | Index) -> str:
        return f"{quoted(key.name)} " if key.name else ""

    def _options(self, table: Table) -> str:
        # Without options texts are as other databases compare them: by every character, and spaces at the end.
        exact = f"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={EXACT[self._dialect]}"
        options = table.options if self._native else (exact,)
        if self._native and options:
            known = _COLLATE.sub(lambda found: self._collation(table, found[0], of="the table"), options[0])
            options = (known, *options[1:])
        comment = [f"COMMENT={literal(table.comment)}"] if table.comment else []
        # Partitions stand behind all other options.
        return " ".join([*options[:1], *comment, *options[1:]])

    def _collation(self, table: Table, name: str, *, of: str) -> str:
        """A collation of the same family in the target."""
        there = target_collation(name, target=self._dialect)
        if there != name:
            self.result.notes.append(f"{table.name}: collation {name} of {of} is {there} in the target.")
        return there

    def _note(self, table: Table, what: str) -> None:
        self.result.notes.append(f"{table.name}: {what} has no counterpart in MariaDB and is left out.")


def create(table: MariadbTable, *, database: str, left_out: frozenset[Statement]) -> str:
    """CREATE TABLE with what must be there before the rows."""
    checks = [check.sql for check in table.checks if check not in left_out]
    body = ", ".join([*table.columns.values(), *table.constraints, *checks])
    return f"CREATE TABLE {quoted_place(database, table.name)} ({body}) {table.options}"


def altering(place: str, parts: Sequence[Statement]) -> str:
    return f"ALTER TABLE {place} {', '.join(part.sql for part in parts)}"


def literal(text: str) -> str:
    """The text as MariaDB and MySQL read it with backslashes as escapes."""
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
