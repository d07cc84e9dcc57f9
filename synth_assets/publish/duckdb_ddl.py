"""The definition of a dataset's tables in DuckDB, rendered from a catalog of any dialect."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from synth_assets.catalog.check_text import in_sqlite, reads_alike
from synth_assets.catalog.graph import loading_order
from synth_assets.catalog.model import Catalog, Column, ForeignKey, Index, Kind, Table
from synth_assets.catalog.sql_text import quoted, source, tokens
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.finding import Finding
from synth_assets.publish.naming import clashing_names
from synth_assets.publish.statement import Statement, listed
from synth_assets.publish.types import PARSED, target_type

DIALECT = "duckdb"
# Types whose text, as DuckDB prints it, does not tell which value it was.
_AMBIGUOUS = re.compile(r"\b(?:UNION|VARIANT)\b")
_OTHER_FAMILY = "Leave the table out (mode: exclude) or publish into the source's own family."


@dataclass
class DuckdbTable:
    """The parts of one CREATE TABLE; DuckDB takes foreign keys nowhere else.

    Attributes:
        columns: The definition of each column.
        types: The type of each column that holds values of its own.
        counters: The sequence of each column that is numbered by one.
        constraints: Primary and unique keys, which it must have.
        conditions: Checks and foreign keys; the optional ones are left out if DuckDB does not take them.
        comments: Statements that follow.
    """

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    conditions: list[Statement] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def sql(self, *, left_out: Collection[Statement] = ()) -> str:
        conditions = [condition.sql for condition in self.conditions if condition not in left_out]
        body = ", ".join([*self.columns.values(), *self.constraints, *conditions])
        return f"CREATE TABLE {quoted(self.name)} ({body})"


@dataclass
class DuckdbDefinition:
    """
    Attributes:
        tables: Parents before children.
    """

    tables: dict[str, DuckdbTable] = field(default_factory=dict)
    indexes: list[Statement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def define(catalog: Catalog, *, namespace: str, frames: Mapping[str, pl.Schema]) -> DuckdbDefinition:
    """Render a catalog of published tables and keys for a schema of DuckDB.

    Args:
        frames: The types that the rows have; may be empty for a catalog of DuckDB's own.
    """
    renderer = _Renderer(catalog, namespace, frames)
    keys = {table.name: table.foreign_keys for table in catalog.tables}
    for name in loading_order(catalog.table_names, keys):
        renderer.add(catalog.table(name))
    return renderer.result


class _Renderer:
    def __init__(self, catalog: Catalog, namespace: str, frames: Mapping[str, pl.Schema]) -> None:
        self._catalog = catalog
        self._dialect = catalog.dialect
        self._native = catalog.dialect == DIALECT
        self._namespace = namespace
        self._frames = frames
        self._clashing = frozenset() if self._native else clashing_names(catalog)
        self.result = DuckdbDefinition()

    def add(self, table: Table) -> None:
        made = DuckdbTable(table.name)
        for column in table.columns:
            made.columns[column.name] = self._column(table, column, made)
        if table.primary_key is not None:
            made.constraints.append(f"PRIMARY KEY ({listed(table.primary_key.columns)})")
        made.constraints += [f"UNIQUE ({listed(key.columns)})" for key in table.unique_keys]
        for check in table.checks:
            subject = f"check {check.name or ''}".strip()
            if not reads_alike(check.expression, self._dialect):
                self._note(table, subject)
                continue
            expression = check.expression if self._native else in_sqlite(check.expression)
            made.conditions.append(Statement(f"CHECK ({expression})", table.name, subject, not self._native))
        for key in table.foreign_keys:
            self._foreign_key(table, key, made)
        for exclusion in table.exclusions:
            self._note(table, f"exclusion constraint {exclusion.name or ''}".strip())
        for index in table.indexes:
            self._index(table, index)
        self._comments(table, made)
        self.result.tables[table.name] = made

    def _column(self, table: Table, column: Column, made: DuckdbTable) -> str:
        name = self._type(table, column)
        parts = [quoted(column.name), name]
        if column.collation and not self._native and column.collation.upper() != "BINARY":
            self._note(table, f"collation {column.collation} of column {column.name}")
        if column.generated is not None:
            parts.append(f"GENERATED ALWAYS AS ({column.generated}) VIRTUAL")
            return " ".join(parts)
        made.types[column.name] = name
        if column.identity is not None and column.type.kind is Kind.INTEGER:
            sequence = made.counters[column.name] = f"{table.name}_{column.name}_seq"
            place = f"{quoted(self._namespace)}.{quoted(sequence)}".replace("'", "''")
            parts.append(f"DEFAULT nextval('{place}')")
        elif column.default is not None:
            parts += self._default(table, column, column.default)
        if not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def _type(self, table: Table, column: Column) -> str:
        """The type; where there is none, a finding, and text in its place so that the rest can be tried."""
        name = target_type(column.type, source=self._dialect, target=DIALECT)
        held = self._frames.get(table.name, pl.Schema()).get(column.name)
        if self._native:
            if not _AMBIGUOUS.search(column.type.native) or column.type.kind is Kind.ENUM:
                return name or "VARCHAR"
        elif column.type.kind is Kind.DECIMAL and held is not None:
            name = _number(held)
            if name is not None:
                return name
        elif held == pl.String and column.type.kind in PARSED and self._dialect != "postgresql":
            self.result.notes.append(
                f"{table.name}.{column.name} is text in the target: the source's column of type "
                f"{column.type.native} holds values that are none."
            )
            return "VARCHAR"
        elif held == pl.Binary and name == "VARCHAR":
            return "BLOB"
        elif name is not None:
            return name
        self.result.findings.append(
            Finding(
                table=table.name,
                column=column.name,
                problem=f"values of its type {column.type.native} cannot be written to DuckDB exactly.",
                remedy=_OTHER_FAMILY,
            )
        )
        return "VARCHAR"

    def _default(self, table: Table, column: Column, default: str) -> list[str]:
        counts = default.lower().startswith("nextval(")
        if self._native and not counts:
            return [f"DEFAULT ({default})"]
        same = None if counts else portable_default(default, column.type, has_booleans=True)
        if same is None:
            self._note(table, f"default of column {column.name}")
            return []
        return [f"DEFAULT ({same})"]

    def _foreign_key(self, table: Table, key: ForeignKey, made: DuckdbTable) -> None:
        subject = f"foreign key to {key.parent} ({', '.join(key.columns)})"
        # DuckDB compares each row with what was there before the statement: rows that refer to rows of their own table
        # cannot be loaded at once. And it adds no foreign key to a table that is there.
        if key.parent not in self._catalog.table_names:
            self.result.findings.append(
                Finding(
                    table=table.name,
                    problem=f"its {subject} leads to a table outside the dataset, which DuckDB cannot keep.",
                    remedy="Drop the foreign key in the target, or publish the other table, too.",
                )
            )
            return
        if key.parent not in self.result.tables:
            self._note(table, subject)
            return
        for action, what in ((key.on_delete, "ON DELETE"), (key.on_update, "ON UPDATE")):
            if action is not None and action != "RESTRICT":
                self._note(table, f"{what} {action} of the {subject}")
        sql = f"FOREIGN KEY ({listed(key.columns)}) REFERENCES {quoted(key.parent)} ({listed(key.parent_columns)})"
        made.conditions.append(Statement(sql, table.name, subject, optional=True))

    def _index(self, table: Table, index: Index) -> None:
        subject = f"index {index.name or 'on ' + ', '.join(index.columns)}"
        what = f"({listed(index.columns)})" if index.columns else None
        if what is None and self._native and index.definition:
            parts = tokens(index.definition)
            opening = next(place for place, token in enumerate(parts) if token.is_symbol("("))
            what = source(index.definition, parts[opening:])
        if what is None or index.where:
            self._note(table, subject)
            return
        named = index.name if index.name not in self._clashing else None
        name = quoted(named or f"{table.name}_{'_'.join(index.columns)}_index")
        unique = "UNIQUE " if index.unique else ""
        sql = f"CREATE {unique}INDEX {name} ON {quoted(table.name)} {what}"
        self.result.indexes.append(Statement(sql, table.name, subject, not self._native))

    def _comments(self, table: Table, made: DuckdbTable) -> None:
        if table.comment:
            made.comments.append(f"COMMENT ON TABLE {quoted(table.name)} IS {_literal(table.comment)}")
        for column in table.columns:
            if column.comment:
                place = f"{quoted(table.name)}.{quoted(column.name)}"
                made.comments.append(f"COMMENT ON COLUMN {place} IS {_literal(column.comment)}")

    def _note(self, table: Table, what: str) -> None:
        self.result.notes.append(f"{table.name}: {what} has no counterpart in DuckDB and is left out.")


def _number(held: pl.DataType) -> str | None:
    """The type for decimals by how the rows hold them: a source may not keep to the digits that it declares."""
    match held:
        case pl.Decimal():
            return f"DECIMAL({held.precision},{held.scale})"
        case pl.Float64 | pl.Float32:
            return "DOUBLE"
        case pl.Int64:
            return "BIGINT"
        case _:
            return None


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
