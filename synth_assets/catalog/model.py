"""The catalog: what a database says about its tables. Schema only, never data."""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """A frozen value whose unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but what was computed from the fields before is computed anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Kind(StrEnum):
    """What a type holds, whatever its database calls it."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    ENUM = "enum"
    UUID = "uuid"
    JSON = "json"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    INTERVAL = "interval"
    BINARY = "binary"
    ARRAY = "array"
    OTHER = "other"


class DataType(Value):
    """A column's type, exact enough to create the same column again in the same database family."""

    kind: Kind
    native: str = Field(description="The type as its own database spells it, e.g. 'character varying(20)'.")
    length: int | None = Field(default=None, description="Most characters (text) or bytes (binary).")
    bits: int | None = Field(default=None, description="Width of an integer or float: 8, 16, 32 or 64.")
    unsigned: bool = False
    precision: int | None = Field(default=None, description="All digits of a decimal.")
    scale: int | None = Field(default=None, description="Digits after the point of a decimal.")
    timezone: bool = False
    labels: tuple[str, ...] = Field(default=(), description="Labels of an enum, in order.")
    element: "DataType | None" = Field(default=None, description="Element type of an array.")
    attributes: tuple["Attribute", ...] = Field(default=(), description="Attributes of a composite type, in order.")
    base: "DataType | None" = Field(default=None, description="The type that a domain stands on.")
    domain: str | None = Field(
        default=None, description="What follows CREATE DOMAIN and its name: 'AS integer CHECK (VALUE > 0)'."
    )


class Attribute(Value):
    """One attribute of a composite type."""

    name: str
    type: DataType
    collation: str | None = None


class Column(Value):
    name: str
    type: DataType
    nullable: bool = True
    default: str | None = Field(default=None, description="SQL expression.")
    identity: str | None = Field(default=None, description="'always', 'by default' or 'autoincrement'.")
    generated: str | None = Field(default=None, description="SQL expression of a generated column.")
    generated_stored: bool = True
    collation: str | None = None
    comment: str | None = None


class Key(Value):
    """A primary or unique key."""

    name: str | None = None
    columns: tuple[str, ...]
    definition: str | None = Field(
        default=None, description="The database's own, where there is more to it: 'UNIQUE (a) INCLUDE (b) DEFERRABLE'."
    )


class Branch(Value):
    """Which rows refer by one branch of a polymorphic key: those whose type column holds one of these labels."""

    column: str
    labels: tuple[str, ...]


class ForeignKey(Value):
    """A reference from the table that holds it to `parent`; columns pair up by position."""

    name: str | None = None
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_delete: str | None = None
    on_update: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    branch: Branch | None = Field(
        default=None, description="The rows that refer by it, of a polymorphic key: only a plan names one. None: all."
    )

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The columns that tell which row a row refers to: the key's own, then the type column of a branch."""
        return self.columns if self.branch is None else (*self.columns, self.branch.column)


# CREATE UNIQUE INDEX logins ON users USING btree (lower("e-mail"::text)), and nothing behind it.
_IN_ANY_CASE = re.compile(
    r'\(\s*(?:lower|upper)\s*\(+\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>\w+))\)?(?:::\w+)?\s*\)+\s*$', re.IGNORECASE
)


class Check(Value):
    name: str | None = None
    expression: str


class Index(Value):
    """An index that is not the one of a key."""

    name: str | None = None
    columns: tuple[str, ...] = Field(description="Column names; empty for an index on expressions.")
    unique: bool = False
    where: str | None = Field(default=None, description="SQL condition of a partial index.")
    definition: str | None = Field(default=None, description="The database's own CREATE INDEX, where it gives one.")

    @property
    def unique_set(self) -> tuple[str, ...]:
        """The columns whose combination may occur once only; none for an index that does not say so of all rows.

        A text that may occur once in whatever case, as by an index on `lower(email)`, may occur once.
        """
        if not self.unique or self.where is not None:
            return ()
        found = None if self.columns or not self.definition else _IN_ANY_CASE.search(self.definition)
        return ((found["quoted"] or found["plain"]).replace('""', '"'),) if found else self.columns


class Exclusion(Value):
    """An exclusion constraint of PostgreSQL."""

    name: str | None = None
    definition: str = Field(description="'EXCLUDE USING gist (room WITH =, during WITH &&)'.")


class Table(Value):
    name: str
    columns: tuple[Column, ...]
    primary_key: Key | None = None
    unique_keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    options: tuple[str, ...] = Field(default=(), description="As the database has them: 'STRICT', 'fillfactor=70'.")

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return self._columns[name]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def unique_sets(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns whose combination may occur once only, the primary key first."""
        keys = ((self.primary_key,) if self.primary_key else ()) + self.unique_keys
        sets = [key.columns for key in keys] + [index.unique_set for index in self.indexes if index.unique_set]
        return tuple(dict.fromkeys(one for one in sets if self._columns.keys() >= set(one)))


class Catalog(Value):
    """All tables of one schema of one database, in name order."""

    dialect: str = Field(description="SQLAlchemy's dialect name: sqlite, postgresql, mysql, mariadb, duckdb.")
    namespace: str | None = Field(default=None, description="The database's schema, e.g. 'public'.")
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table of that name; KeyError if there is none."""
        return self._tables[name]

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.tables)

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {table.name: table for table in self.tables}

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the catalog's JSON: equal catalogs, equal fingerprints."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
