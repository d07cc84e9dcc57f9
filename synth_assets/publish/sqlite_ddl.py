"""The definition of a dataset's tables in SQLite, rendered from a catalog of any dialect."""

from collections.abc import Collection
from dataclasses import dataclass, field

from synth_assets.catalog.check_text import reads_alike
from synth_assets.catalog.model import Catalog, Column, ForeignKey, Index, Table
from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.naming import clashing_names
from synth_assets.publish.statement import Statement, listed
from synth_assets.publish.types import target_type

DIALECT = "sqlite"


@dataclass
class SqliteTable:
    """The parts of one CREATE TABLE; SQLite takes constraints nowhere else."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    checks: list[Statement] = field(default_factory=list)
    options: tuple[str, ...] = ()

    def sql(self, *, left_out: Collection[Statement] = ()) -> str:
        checks = [check.sql for check in self.checks if check not in left_out]
        body = ", ".join([*self.columns.values(), *self.constraints, *checks])
        return f"CREATE TABLE {quoted(self.name)} ({body}) {', '.join(self.options)}".rstrip()


@dataclass
class SqliteDefinition:
    tables: dict[str, SqliteTable] = field(default_factory=dict)
    indexes: list[Statement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def define(catalog: Catalog) -> SqliteDefinition:
    """Render a catalog of published tables and keys for SQLite."""
    renderer = _Renderer(catalog)
    for table in catalog.tables:
        renderer.add(table)
    return renderer.result


class _Renderer:
    def __init__(self, catalog: Catalog) -> None:
        self._dialect = catalog.dialect
        self._native = catalog.dialect == DIALECT
        self._clashing = frozenset() if self._native else clashing_names(catalog)
        self.result = SqliteDefinition()

    def add(self, table: Table) -> None:
        text = SqliteTable(table.name, options=table.options if self._native else ())
        for column in table.columns:
            text.columns[column.name] = self._column(table, column)
        numbered = any(column.identity == "autoincrement" for column in table.columns) and self._native
        if table.primary_key is not None and not numbered:
            text.constraints.append(
                _named(table.primary_key.name, f"PRIMARY KEY ({listed(table.primary_key.columns)})")
            )
        for key in table.unique_keys:
            text.constraints.append(_named(key.name, f"UNIQUE ({listed(key.columns)})"))
        text.constraints += [_foreign_key(key) for key in table.foreign_keys]
        for check in table.checks:
            if not reads_alike(check.expression, self._dialect):
                self._note(table, f"check {check.name or ''}".strip())
                continue
            sql = _named(check.name, f"CHECK ({check.expression})")
            text.checks.append(Statement(sql, table.name, f"check {check.name or ''}".strip(), not self._native))
        for exclusion in table.exclusions:
            self._note(table, f"exclusion constraint {exclusion.name or ''}".strip())
        for index in table.indexes:
            self._index(table, index)
        self.result.tables[table.name] = text

    def _column(self, table: Table, column: Column) -> str:
        parts = [quoted(column.name)]
        name = target_type(column.type, source=self._dialect, target=DIALECT)
        if name:
            parts.append(name)
        is_row_number = self._native and column.identity is not None
        if column.identity == "autoincrement" and self._native:
            key = table.primary_key
            parts.append(_named(key.name if key else None, "PRIMARY KEY AUTOINCREMENT"))
        if column.collation and self._native:
            parts.append(f"COLLATE {quoted(column.collation)}")
        elif column.collation:
            self._note(table, f"collation {column.collation} of column {column.name}")
        if column.generated is not None:
            kind = "STORED" if column.generated_stored else "VIRTUAL"
            parts.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
        elif column.default is not None:
            parts += self._default(table, column, column.default)
        if not column.nullable and not is_row_number:
            parts.append("NOT NULL")
        return " ".join(parts)

    def _default(self, table: Table, column: Column, default: str) -> list[str]:
        if self._native:
            return [f"DEFAULT ({default})"]
        same = portable_default(default, column.type, has_booleans=False)
        if same is None:
            if not default.lower().startswith("nextval("):
                self._note(table, f"default of column {column.name}")
            return []
        return [f"DEFAULT ({same})"]

    def _index(self, table: Table, index: Index) -> None:
        subject = f"index {index.name or 'on ' + ', '.join(index.columns)}"
        if self._native and index.definition:
            self.result.indexes.append(Statement(index.definition, table.name, subject))
            return
        if not index.columns:
            self._note(table, subject)
            return
        named = index.name if index.name not in self._clashing else None
        name = quoted(named or f"{table.name}_{'_'.join(index.columns)}_index")
        unique = "UNIQUE " if index.unique else ""
        where = f" WHERE {index.where}" if index.where else ""
        sql = f"CREATE {unique}INDEX {name} ON {quoted(table.name)} ({listed(index.columns)}){where}"
        self.result.indexes.append(Statement(sql, table.name, subject, bool(where)))

    def _note(self, table: Table, what: str) -> None:
        self.result.notes.append(f"{table.name}: {what} has no counterpart in SQLite and is left out.")


def _foreign_key(key: ForeignKey) -> str:
    parts = [f"FOREIGN KEY ({listed(key.columns)})"]
    parts.append(f"REFERENCES {quoted(key.parent)} ({listed(key.parent_columns)})")
    if key.on_delete:
        # PostgreSQL may name the columns that it sets; SQLite sets all of them.
        parts.append(f"ON DELETE {key.on_delete.partition(' (')[0]}")
    if key.on_update:
        parts.append(f"ON UPDATE {key.on_update}")
    if key.deferrable:
        parts.append("DEFERRABLE INITIALLY DEFERRED" if key.initially_deferred else "DEFERRABLE")
    return _named(key.name, " ".join(parts))


def _named(name: str | None, body: str) -> str:
    return f"CONSTRAINT {quoted(name)} {body}" if name else body
