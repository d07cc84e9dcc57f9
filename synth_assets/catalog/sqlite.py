"""The catalog of a SQLite database: its pragmas, and the CREATE statements for what these leave out."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import sqlalchemy

from synth_assets.catalog.connection import location
from synth_assets.catalog.errors import DatabaseTooOld, NamespaceMissing, TableUnreadable
from synth_assets.catalog.model import Catalog, Column, ForeignKey, Index, Key, Table
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.sql_text import tokens
from synth_assets.catalog.sqlite_definition import TableDefinition, index_condition, parse_table
from synth_assets.catalog.sqlite_types import data_type

OLDEST_VERSION = (3, 37)
# Words that stand for a value where any other bare word stands for itself as text.
VALUE_WORDS = ("NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP")

Row = Mapping[str, Any]


def reflect_sqlite(connection: sqlalchemy.Connection, namespace: str | None) -> Catalog:
    """All ordinary tables of the database, or of the attached database `namespace`.

    Virtual tables and the tables that they keep their content in are left out. The column of an INTEGER PRIMARY KEY
    has identity 'autoincrement' if it says so, else 'by default'. Names in keys are those of the columns that they
    mean, whatever their case in the text. Foreign keys to tables or columns that do not exist, which SQLite lets one
    declare, are left out: no row could ever satisfy them.

    Raises:
        DatabaseTooOld: SQLite below 3.37.
        NamespaceMissing: nothing is attached by that name.
        TableUnreadable: a CREATE TABLE statement that makes no sense.
    """
    where = location(connection.engine.url)
    if sqlite3.sqlite_version_info < OLDEST_VERSION:
        raise DatabaseTooOld(
            f"{where} cannot be read with SQLite {sqlite3.sqlite_version}",
            location=where,
            next_step="Use a Python whose sqlite3 module has SQLite 3.37 (2021) or later.",
        )
    schema = namespace or "main"
    if not _rows(connection, "SELECT name FROM pragma_database_list WHERE name = ?", schema):
        raise NamespaceMissing(
            f"{where} has no schema {schema!r}", location=where, next_step="Leave the schema out of the settings."
        )
    listed = _rows(
        connection,
        "SELECT name, wr AS without_rowid, strict FROM pragma_table_list WHERE schema = ? AND type = 'table' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        schema,
    )
    reader = _Reader(connection, schema)
    drafts = [reader.table(row) for row in listed if not is_own_table(row["name"])]
    known = {_folded(table.name): table for table in drafts}
    tables = tuple(
        table.model_copy(update={"foreign_keys": reader.foreign_keys(table, known)})
        for table in sorted(drafts, key=lambda table: table.name)
    )
    return Catalog(dialect="sqlite", namespace=namespace, tables=tables)


class _Reader:
    def __init__(self, connection: sqlalchemy.Connection, schema: str) -> None:
        self.connection = connection
        self.schema = schema
        quoted = schema.replace('"', '""')
        master = connection.exec_driver_sql(f'SELECT type, name, sql FROM "{quoted}".sqlite_master')
        self.text = {(kind, name): sql for kind, name, sql in master}
        self.definitions: dict[str, TableDefinition] = {}

    def table(self, listed: Row) -> Table:
        """The table without its foreign keys."""
        name = listed["name"]
        try:
            definition = parse_table(self.text["table", name])
        except ValueError as error:
            raise TableUnreadable(name, str(error)) from None
        self.definitions[name] = definition
        indexes = self._pragma("index_list", name)
        indexes.reverse()
        facts = self._pragma("table_xinfo", name)
        key_columns = tuple(row["name"] for row in sorted(facts, key=lambda row: row["pk"]) if row["pk"])
        # Only the key that is the rowid itself needs no index.
        is_rowid = len(key_columns) == 1 and not any(row["origin"] == "pk" for row in indexes)
        options = [("STRICT", listed["strict"]), ("WITHOUT ROWID", listed["without_rowid"])]
        return Table(
            name=name,
            columns=tuple(_column(row, definition, is_rowid=is_rowid and bool(row["pk"])) for row in facts),
            primary_key=Key(name=definition.primary_key_name, columns=key_columns) if key_columns else None,
            unique_keys=self._unique_keys(indexes, definition),
            checks=tuple(definition.checks),
            indexes=tuple(
                sorted((self._index(row) for row in indexes if row["origin"] == "c"), key=lambda i: i.name or "")
            ),
            options=tuple(option for option, is_set in options if is_set),
        )

    def foreign_keys(self, table: Table, known: Mapping[bytes, Table]) -> tuple[ForeignKey, ...]:
        parts: dict[int, list[Row]] = {}
        for row in self._pragma("foreign_key_list", table.name):
            parts.setdefault(row["id"], []).append(row)
        # SQLite counts from the last that was declared.
        declared = [sorted(parts[number], key=lambda row: row["seq"]) for number in sorted(parts, reverse=True)]
        texts = self.definitions[table.name].foreign_keys
        if len(texts) != len(declared):
            raise TableUnreadable(table.name, f"it has {len(declared)} foreign keys, its text has {len(texts)}")
        keys = []
        for rows, text in zip(declared, texts, strict=True):
            parent = known.get(_folded(rows[0]["table"]))
            parent_columns = _parent_columns(rows, parent)
            if parent is None or parent_columns is None:
                continue
            keys.append(
                ForeignKey(
                    name=text.name,
                    columns=tuple(row["from"] for row in rows),
                    parent=parent.name,
                    parent_columns=parent_columns,
                    on_delete=_action(rows[0]["on_delete"]),
                    on_update=_action(rows[0]["on_update"]),
                    deferrable=text.deferrable,
                    initially_deferred=text.initially_deferred,
                )
            )
        return tuple(keys)

    def _unique_keys(self, indexes: list[Row], definition: TableDefinition) -> tuple[Key, ...]:
        names = {tuple(map(_folded, columns)): name for name, columns in definition.unique_keys}
        keys = []
        for row in indexes:
            if row["origin"] == "u":
                columns = tuple(part["name"] for part in self._index_parts(row["name"]))
                keys.append(Key(name=names.get(tuple(map(_folded, columns))), columns=columns))
        return tuple(keys)

    def _index(self, row: Row) -> Index:
        sql = self.text["index", row["name"]]
        columns = tuple(part["name"] for part in self._index_parts(row["name"]))
        return Index(
            name=row["name"],
            columns=() if None in columns else columns,
            unique=bool(row["unique"]),
            where=index_condition(sql) if row["partial"] else None,
            definition=sql,
        )

    def _index_parts(self, index: str) -> list[Row]:
        return [part for part in self._pragma("index_xinfo", index) if part["key"]]

    def _pragma(self, pragma: str, name: str) -> list[Row]:
        return _rows(self.connection, f"SELECT * FROM pragma_{pragma}(?, ?)", name, self.schema)


def _column(row: Row, definition: TableDefinition, *, is_rowid: bool) -> Column:
    name = row["name"]
    declared = row["type"]
    generated = definition.generated.get(name)
    if generated is not None:
        # SQLite takes these words for a part of the type.
        declared = declared.removesuffix("GENERATED ALWAYS").rstrip()
    identity = None
    if is_rowid:
        identity = "autoincrement" if definition.autoincrement else "by default"
    return Column(
        name=name,
        type=data_type(declared),
        nullable=not row["notnull"] and not is_rowid,
        default=_default(row["dflt_value"]),
        identity=identity,
        generated=generated,
        generated_stored=row["hidden"] != 2,
        collation=definition.collations.get(name),
    )


def _default(written: str | None) -> str | None:
    """The default as an expression that may also stand in parentheses."""
    if written is None:
        return None
    parts = tokens(written)
    if len(parts) != 1:
        return written
    token = parts[0]
    if token.is_word("NULL"):
        return None
    if token.kind == "quoted" or (token.kind == "word" and not token.is_word(*VALUE_WORDS)):
        return "'" + token.value.replace("'", "''") + "'"
    return token.text


def _parent_columns(rows: list[Row], parent: Table | None) -> tuple[str, ...] | None:
    """The names of the parent's columns; a key that names none means the parent's primary key."""
    if parent is None:
        return None
    if rows[0]["to"] is None:
        columns = parent.primary_key.columns if parent.primary_key else ()
        return columns if len(columns) == len(rows) else None
    names = {_folded(column): column for column in parent.column_names}
    found = [names.get(_folded(row["to"])) for row in rows]
    columns = tuple(name for name in found if name is not None)
    return columns if len(columns) == len(rows) else None


def _folded(name: str) -> bytes:
    # SQLite ignores the case of ASCII letters only.
    return name.encode().lower()


def _action(action: str) -> str | None:
    return None if action == "NO ACTION" else action


def _rows(connection: sqlalchemy.Connection, sql: str, *parameters: str) -> list[Row]:
    return [dict(row) for row in connection.exec_driver_sql(sql, parameters).mappings()]
