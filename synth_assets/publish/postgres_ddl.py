"""The definition of a dataset's tables in PostgreSQL, rendered from a catalog of any dialect.

Every statement is to be run with a search_path whose first schema is the new one: expressions, type names and index
definitions of a PostgreSQL catalog name what is in its own schema without it, so they find what is made here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from synth_assets.catalog.check_text import reads_alike
from synth_assets.catalog.model import Attribute, Catalog, Column, DataType, ForeignKey, Index, Key, Table
from synth_assets.catalog.postgres import INHERITS
from synth_assets.catalog.sql_text import quoted, tokens
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.finding import Finding
from synth_assets.publish.naming import LONGEST_IDENTIFIER, clashing_names
from synth_assets.publish.statement import Statement, listed, literal
from synth_assets.publish.types import PARSED, target_type

DIALECT = "postgresql"
_NEXT_VALUE = re.compile(r"nextval\(\s*('(?:[^']|'')*')", re.IGNORECASE)
_SEQUENCE_TYPES = {16: "smallint", 32: "integer"}


@dataclass(frozen=True)
class Counter:
    """A column that takes its values from a sequence, which must go on after the highest key."""

    table: str
    column: str
    sequence: str | None  # None: that of an identity column


@dataclass
class PostgresDefinition:
    """Everything to create, in the order of its fields."""

    types: dict[str, Statement] = field(default_factory=dict)  # by the type's name as the catalog spells it
    sequences: list[Statement] = field(default_factory=list)
    tables: dict[str, Statement] = field(default_factory=dict)
    keys: list[Statement] = field(default_factory=list)
    indexes: list[Statement] = field(default_factory=list)
    checks: list[Statement] = field(default_factory=list)
    foreign_keys: list[Statement] = field(default_factory=list)
    finishing: list[Statement] = field(default_factory=list)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)  # definition by column, by table
    counters: list[Counter] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def after_load(self) -> Iterator[Statement]:
        yield from self.keys
        yield from self.indexes
        yield from self.checks
        yield from self.foreign_keys
        yield from self.finishing


def define(
    catalog: Catalog, *, schema: str, frames: Mapping[str, pl.Schema], partitioned: Mapping[str, str] | None = None
) -> PostgresDefinition:
    """Render a catalog for PostgreSQL.

    Args:
        catalog: Published tables and keys only.
        schema: The new schema.
        frames: The schemas of the rows by table: a time that reads as text only becomes a text column.
        partitioned: What the target's own tables are partitioned by, by table.
    """
    return _Renderer(catalog, schema, frames, partitioned or {}).render()


class _Renderer:
    def __init__(
        self, catalog: Catalog, schema: str, frames: Mapping[str, pl.Schema], partitioned: Mapping[str, str]
    ) -> None:
        self._partitioned = partitioned
        self._catalog = catalog
        self._schema = schema
        self._frames = frames
        self._native = catalog.dialect == DIALECT
        self._clashing = frozenset() if self._native else clashing_names(catalog)
        self._result = PostgresDefinition()

    def render(self) -> PostgresDefinition:
        if self._native:
            self._types()
        for table in self._catalog.tables:
            self._table(table)
        for table in self._catalog.tables:
            self._constraints(table)
            self._comments(table)
        return self._result

    def _types(self) -> None:
        made = self._result.types
        for data_type in own_types(self._catalog):
            name = _last_name(data_type.native)
            place = self._qualified(name)
            if data_type.domain is not None:
                statement = Statement(f"CREATE DOMAIN {place} {data_type.domain}", None, f"domain {name}")
            elif data_type.labels:
                labels = ", ".join(literal(label) for label in data_type.labels)
                statement = Statement(f"CREATE TYPE {place} AS ENUM ({labels})", None, f"enum {name}")
            else:
                body = ", ".join(_attribute(attribute) for attribute in data_type.attributes)
                statement = Statement(f"CREATE TYPE {place} AS ({body})", None, f"composite type {name}")
            made[data_type.native] = statement

    def _table(self, table: Table) -> None:
        self._check_name(table.name, table.name, None)
        columns: dict[str, str] = {}
        for column in table.columns:
            self._check_name(column.name, table.name, column.name)
            definition = self._column(table, column)
            if definition is not None:
                columns[column.name] = definition
        body = ", ".join(columns.values())
        self._result.columns[table.name] = columns
        self._result.tables[table.name] = Statement(
            f"CREATE TABLE {self._qualified(table.name)} ({body}){self._options(table)}",
            table.name,
            f"table {table.name}",
        )

    def _options(self, table: Table) -> str:
        inherited = [option for option in table.options if self._native and option.startswith(f"{INHERITS} ")]
        for option in inherited:
            parent = option.removeprefix(f"{INHERITS} ")
            if parent in self._catalog.table_names:
                self._result.findings.append(
                    Finding(
                        table=table.name,
                        problem=f"it inherits from {parent}, which a published table cannot.",
                        remedy="Leave one of the two out (mode: exclude).",
                    )
                )
        if table.name in self._partitioned:
            # Rows are stored in its partitions, which have storage parameters of their own.
            return f" PARTITION BY {self._partitioned[table.name]}"
        storage = [option for option in table.options if self._native and option not in inherited]
        return f" WITH ({', '.join(storage)})" if storage else ""

    def _column(self, table: Table, column: Column) -> str | None:
        name = self._type(table, column)
        if name is None:
            self._result.findings.append(
                Finding(
                    table=table.name,
                    column=column.name,
                    problem=f"its type {column.type.native} has no counterpart in PostgreSQL.",
                    remedy="Leave the table out (mode: exclude) or publish into the source's own family.",
                )
            )
            return None
        parts = [quoted(column.name), name]
        if column.collation and self._native:
            parts.append(f"COLLATE {quoted(column.collation)}")
        elif column.collation and column.collation.upper() != "BINARY":
            self._note(table, f"collation {column.collation} of column {column.name}")
        if column.generated is not None:
            stored = "STORED" if column.generated_stored or not self._native else "VIRTUAL"
            parts.append(f"GENERATED ALWAYS AS ({column.generated}) {stored}")
        else:
            parts += self._default(table, column, name)
        if not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def _type(self, table: Table, column: Column) -> str | None:
        frame = self._frames.get(table.name, pl.Schema())
        if not self._native and frame.get(column.name) == pl.String and column.type.kind in PARSED:
            self._result.notes.append(
                f"{table.name}.{column.name} is text in the target: the source's column of type "
                f"{column.type.native} holds values that are none."
            )
            return "text"
        return target_type(column.type, source=self._catalog.dialect, target=DIALECT)

    def _default(self, table: Table, column: Column, type_name: str) -> list[str]:
        if column.identity in ("always", "by default") and self._native:
            self._result.counters.append(Counter(table.name, column.name, None))
            return [f"GENERATED {column.identity.upper()} AS IDENTITY"]
        counts_up = column.identity is not None or (column.default is not None and _NEXT_VALUE.match(column.default))
        if not self._native and counts_up and type_name in ("bigint", "integer", "smallint"):
            self._result.counters.append(Counter(table.name, column.name, None))
            return ["GENERATED BY DEFAULT AS IDENTITY"]
        if column.default is None:
            return []
        next_value = _NEXT_VALUE.match(column.default)
        if next_value and self._native:
            return [self._sequence(table, column, _last_name(tokens(next_value.group(1))[0].value))]
        if self._native:
            return [f"DEFAULT ({column.default})"]
        default = portable_default(column.default, column.type, has_booleans=True)
        if default is None:
            self._note(table, f"default of column {column.name}")
            return []
        return [f"DEFAULT {default}"]

    def _sequence(self, table: Table, column: Column, name: str) -> str:
        counters = self._result.counters
        if name not in {counter.sequence for counter in counters}:
            as_type = _SEQUENCE_TYPES.get(column.type.bits or 64, "bigint")
            make = f"CREATE SEQUENCE {self._qualified(name)} AS {as_type}"
            self._result.sequences.append(Statement(make, table.name, f"sequence {name}"))
            owner = f"{self._qualified(table.name)}.{quoted(column.name)}"
            own = f"ALTER SEQUENCE {self._qualified(name)} OWNED BY {owner}"
            self._result.finishing.append(Statement(own, table.name, f"sequence {name}"))
        counters.append(Counter(table.name, column.name, name))
        return f"DEFAULT nextval({literal(self._qualified(name))}::regclass)"

    def _constraints(self, table: Table) -> None:
        if table.primary_key is not None:
            self._result.keys.append(self._key(table, table.primary_key, "PRIMARY KEY"))
        self._result.keys += [self._key(table, key, "UNIQUE") for key in table.unique_keys]
        for exclusion in table.exclusions:
            self._result.keys.append(self._add(table, exclusion.name, exclusion.definition, "exclusion constraint"))
        for index in table.indexes:
            self._index(table, index)
        for check in table.checks:
            if not reads_alike(check.expression, self._catalog.dialect):
                self._note(table, f"check {check.name or ''}".strip())
                continue
            body = f"CHECK ({check.expression})"
            self._result.checks.append(self._add(table, check.name, body, "check", optional=not self._native))
        for key in table.foreign_keys:
            self._result.foreign_keys.append(self._foreign_key(table, key))

    def _key(self, table: Table, key: Key, word: str) -> Statement:
        name = None if key.name in self._clashing else key.name
        own = key.definition if self._native else None
        return self._add(table, name, own or f"{word} ({listed(key.columns)})", word.lower())

    def _foreign_key(self, table: Table, key: ForeignKey) -> Statement:
        parts = [f"FOREIGN KEY ({listed(key.columns)})"]
        parts.append(f"REFERENCES {self._parent(key.parent)} ({listed(key.parent_columns)})")
        if key.on_delete:
            parts.append(f"ON DELETE {key.on_delete}")
        if key.on_update:
            parts.append(f"ON UPDATE {key.on_update}")
        if key.deferrable:
            parts.append("DEFERRABLE INITIALLY DEFERRED" if key.initially_deferred else "DEFERRABLE")
        return self._add(table, key.name, " ".join(parts), f"foreign key to {key.parent}")

    def _add(self, table: Table, name: str | None, body: str, what: str, *, optional: bool = False) -> Statement:
        named = f"CONSTRAINT {quoted(name)} " if name else ""
        sql = f"ALTER TABLE {self._qualified(table.name)} ADD {named}{body}"
        return Statement(sql, table.name, f"{what} {name or ''}".strip(), optional)

    def _index(self, table: Table, index: Index) -> None:
        subject = f"index {index.name or 'on ' + ', '.join(index.columns)}"
        if self._native and index.definition:
            self._result.indexes.append(Statement(index.definition, table.name, subject))
            return
        if not index.columns:
            self._note(table, subject)
            return
        unique = "UNIQUE " if index.unique else ""
        named = f"{quoted(index.name)} " if index.name and index.name not in self._clashing else ""
        where = f" WHERE {index.where}" if index.where else ""
        sql = f"CREATE {unique}INDEX {named}ON {self._qualified(table.name)} ({listed(index.columns)}){where}"
        self._result.indexes.append(Statement(sql, table.name, subject, bool(where) and not self._native))

    def _comments(self, table: Table) -> None:
        if table.comment:
            sql = f"COMMENT ON TABLE {self._qualified(table.name)} IS {literal(table.comment)}"
            self._result.finishing.append(Statement(sql, table.name, "comment"))
        for column in table.columns:
            if column.comment:
                place = f"{self._qualified(table.name)}.{quoted(column.name)}"
                sql = f"COMMENT ON COLUMN {place} IS {literal(column.comment)}"
                self._result.finishing.append(Statement(sql, table.name, f"comment of column {column.name}"))

    def _check_name(self, name: str, table: str, column: str | None) -> None:
        if len(name.encode()) > LONGEST_IDENTIFIER:
            self._result.findings.append(
                Finding(
                    table=table,
                    column=column,
                    problem=f"its name is longer than PostgreSQL's {LONGEST_IDENTIFIER} bytes.",
                    remedy="Leave the table out (mode: exclude) or publish into the source's own family.",
                )
            )

    def _note(self, table: Table, what: str) -> None:
        self._result.notes.append(f"{table.name}: {what} has no counterpart in PostgreSQL and is left out.")

    def _parent(self, name: str) -> str:
        """A table that is made, too, or one of the target's that stays where it is."""
        if name in self._catalog.table_names or self._catalog.namespace is None:
            return self._qualified(name)
        return f"{quoted(self._catalog.namespace)}.{quoted(name)}"

    def _qualified(self, name: str) -> str:
        return f"{quoted(self._schema)}.{quoted(name)}"


def own_types(catalog: Catalog) -> Iterator[DataType]:
    """The enums, domains and composite types of the columns, after those that each is made of."""
    for table in catalog.tables:
        for column in table.columns:
            for data_type in _with_parts(column.type):
                if data_type.domain is not None or data_type.labels or data_type.attributes:
                    yield data_type


def _with_parts(data_type: DataType) -> Iterator[DataType]:
    parts = (data_type.element, data_type.base, *(attribute.type for attribute in data_type.attributes))
    for part in parts:
        if part is not None:
            yield from _with_parts(part)
    yield data_type


def _attribute(attribute: Attribute) -> str:
    collation = f" COLLATE {quoted(attribute.collation)}" if attribute.collation else ""
    return f"{quoted(attribute.name)} {attribute.type.native}{collation}"


def _last_name(name: str) -> str:
    """The last part of a type's or a sequence's name as the database spells it: `other."Mood"[]` gives `Mood`."""
    return [token.value for token in tokens(name) if token.kind in ("word", "quoted")][-1]
