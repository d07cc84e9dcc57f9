"""The catalog of a MariaDB or MySQL database, from information_schema and SHOW CREATE TABLE."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy

from synth_assets.catalog.connection import location
from synth_assets.catalog.errors import DatabaseTooOld, NamespaceMissing
from synth_assets.catalog.mariadb_types import data_type
from synth_assets.catalog.model import Catalog, Check, Column, DataType, ForeignKey, Index, Key, Kind, Table
from synth_assets.catalog.mysql_definition import doubled_quotes, read_definition
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.sql_text import closing, quoted, split, tokens

FAMILY = frozenset({"mysql", "mariadb"})
# The first with a RENAME TABLE that a crash cannot cut in two; MySQL's with checks and a collation by character, too.
OLDEST_VERSIONS = {"mariadb": (10, 6), "mysql": (8, 0, 17)}

# How SHOW CREATE TABLE spells depends on these.
SESSION = "SET SESSION sql_mode = 'ANSI_QUOTES', sql_quote_show_create = 1"
TABLES = """
SELECT table_name AS name, table_collation AS collation, table_comment AS comment FROM information_schema.tables
WHERE table_schema = :namespace AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
"""
COLUMNS = """
SELECT table_name AS `table`, column_name AS name, column_default AS `default`, is_nullable AS nullable,
       data_type AS data_type, column_type AS column_type, character_maximum_length AS length,
       numeric_precision AS numeric_precision, numeric_scale AS numeric_scale, collation_name AS collation,
       extra AS extra, generation_expression AS `generated`, column_comment AS comment
FROM information_schema.columns WHERE table_schema = :namespace ORDER BY table_name, ordinal_position
"""
# What a key does ON DELETE and ON UPDATE is read in the table's definition: information_schema.referential_constraints
# is empty, without a word, for a user who may only SELECT.
FOREIGN_KEYS = """
SELECT table_name AS `table`, constraint_name AS name, column_name AS `column`, referenced_table_name AS parent,
       referenced_column_name AS parent_column
FROM information_schema.key_column_usage WHERE table_schema = :namespace AND referenced_table_schema = :namespace
ORDER BY table_name, constraint_name, ordinal_position
"""
MARIADB_CHECKS = """
SELECT table_name AS `table`, constraint_name AS name, check_clause AS expression, level AS level
FROM information_schema.check_constraints WHERE constraint_schema = :namespace ORDER BY table_name, constraint_name
"""
MYSQL_COLUMNS = COLUMNS.replace("FROM", ", srs_id AS srid FROM")
# Their expressions are read in the table's definition.
MYSQL_CHECKS = """
SELECT table_name AS `table`, constraint_name AS name FROM information_schema.table_constraints
WHERE table_schema = :namespace AND constraint_type = 'CHECK' AND enforced = 'YES' ORDER BY table_name, constraint_name
"""
_KEY_LINE = re.compile(
    r'^  ((?:UNIQUE |FULLTEXT |SPATIAL )?KEY|PRIMARY KEY) (?:"((?:[^"]|"")*)" )?(.*?),?$', re.MULTILINE
)
_REFERENCE_LINE = re.compile(r'^  CONSTRAINT "((?:[^"]|"")*)" FOREIGN KEY (.*?),?$', re.MULTILINE)
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_COMMENT = re.compile(r" COMMENT='(?:[^'\\]|''|\\.)*'", re.DOTALL)
_PARTITIONS = re.compile(r"/\*!\d+ (.*) \*/")
_JSON_CHECK = re.compile(r'json_valid\([`"](.*)[`"]\)')
_UNQUOTED = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN)

Row = Mapping[str, Any]


def reflect_mariadb(connection: sqlalchemy.Connection, namespace: str | None) -> Catalog:
    """All tables of one database, by default of the url's.

    A default holds its ON UPDATE, too. A check that stands with a column bears the column's name, as MariaDB calls it.
    A unique key over the beginning of a column is an index, as a plain key would mean something else; so are indexes
    for text search and shapes. RESTRICT is what InnoDB does anyway, and so no action.

    Raises:
        NamespaceMissing: no such database, or the url names none.
        DatabaseTooOld: below MariaDB 10.6 or MySQL 8.0.17.
    """
    dialect = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"
    _check_version(connection, dialect)
    namespace = _check_namespace(connection, namespace)
    connection.exec_driver_sql(SESSION)

    def rows(query: str) -> dict[str, list[Row]]:
        grouped: dict[str, list[Row]] = {}
        for row in connection.execute(sqlalchemy.text(query), {"namespace": namespace}).mappings():
            grouped.setdefault(row.get("table") or row["name"], []).append(dict(row))
        return grouped

    tables = {name: row for name, (row,) in rows(TABLES).items() if not is_own_table(name)}
    is_mariadb = dialect == "mariadb"
    columns, keys = rows(COLUMNS if is_mariadb else MYSQL_COLUMNS), rows(FOREIGN_KEYS)
    checks = rows(MARIADB_CHECKS if is_mariadb else MYSQL_CHECKS)
    made = []
    for name in sorted(tables):
        place = f"{quoted(namespace)}.{quoted(name)}"
        shown = connection.exec_driver_sql(f"SHOW CREATE TABLE {place}", execution_options={"no_parameters": True})
        definition = str(shown.one()[1])
        foreign = [key for key in _foreign_keys(keys.get(name, ()), definition) if key.parent in tables]
        kind = _TableReader if is_mariadb else _MysqlTableReader
        reader = kind(tables[name], columns.get(name, ()), checks.get(name, ()), definition)
        made.append(reader.table(foreign))
    return Catalog(dialect=dialect, namespace=namespace, tables=tuple(made))


class _TableReader:
    """One table of MariaDB from its rows of information_schema and its definition."""

    def __init__(self, table: Row, columns: Sequence[Row], checks: Sequence[Row], definition: str) -> None:
        self._table = table
        self._columns = columns
        self._definition = definition
        self._json: set[str] = set()
        self._checks: list[Check] = []
        for row in checks:
            self._check(row)

    def _check(self, row: Row) -> None:
        match = _JSON_CHECK.fullmatch(row["expression"])
        if match and row["level"] == "Column":
            self._json.add(match[1])
        else:
            self._checks.append(Check(name=row["name"], expression=doubled_quotes(row["expression"])))

    def table(self, foreign_keys: Sequence[ForeignKey]) -> Table:
        primary, unique, indexes = None, [], []
        for word, name, body in _KEY_LINE.findall(self._definition):
            columns = _plain_columns(body)
            named = name.replace('""', '"')
            if word == "PRIMARY KEY":
                primary = Key(columns=columns or _mentioned(body))
            elif word == "UNIQUE KEY" and columns:
                unique.append(Key(name=named, columns=columns))
            else:
                whole = columns if word == "KEY" else ()
                line = f"{word} {quoted(named)} {body}"
                indexes.append(Index(name=named, columns=whole, unique=word == "UNIQUE KEY", definition=line))
        return Table(
            name=self._table["name"],
            columns=tuple(self._column(row) for row in self._columns),
            primary_key=primary,
            unique_keys=tuple(unique),
            foreign_keys=tuple(foreign_keys),
            checks=tuple(self._checks),
            indexes=tuple(indexes),
            comment=self._table["comment"] or None,
            options=self._options(),
        )

    def _column(self, row: Row) -> Column:
        declared = self._type(row)
        extra = row["extra"].lower()
        if "invisible" in extra:
            declared = declared.model_copy(update={"native": f"{declared.native} INVISIBLE"})
        generated = self._generated(row)
        own_collation = row["collation"] not in (None, self._table["collation"]) and declared.kind is not Kind.JSON
        return Column(
            name=row["name"],
            type=declared,
            nullable=row["nullable"] == "YES",
            default=None if generated else self._default(row),
            identity="autoincrement" if "auto_increment" in extra else None,
            generated=generated,
            generated_stored="virtual" not in extra,
            collation=row["collation"] if own_collation else None,
            comment=row["comment"] or None,
        )

    def _type(self, row: Row) -> DataType:
        return data_type(row, is_json=row["name"] in self._json)

    def _generated(self, row: Row) -> str | None:
        return doubled_quotes(row["generated"]) if row["generated"] else None

    def _default(self, row: Row) -> str | None:
        default, extra = row["default"], row["extra"]
        if default is not None:
            default = None if default == "NULL" else doubled_quotes(default)
        at = extra.lower().find("on update ")
        return default if at < 0 else f"{default or 'NULL'} {extra[at:].split(',')[0]}"

    def _options(self) -> tuple[str, ...]:
        tail = self._definition.rpartition("\n) ")[2]
        first, _, partitions = tail.partition("\n")
        plain = _COUNTER.sub("", _COMMENT.sub("", f" {first}")).strip()
        # MySQL writes them as a comment, which servers that know partitions read.
        bare = _PARTITIONS.sub(r"\1", " ".join(partitions.split()))
        return tuple(part for part in (plain, bare) if part)


class _MysqlTableReader(_TableReader):
    """One table of MySQL, whose expressions are those of its definition."""

    def __init__(self, table: Row, columns: Sequence[Row], checks: Sequence[Row], definition: str) -> None:
        self._written = read_definition(definition)
        super().__init__(table, columns, checks, definition)

    def _check(self, row: Row) -> None:
        self._checks.append(Check(name=row["name"], expression=self._written.checks[row["name"]]))

    def _type(self, row: Row) -> DataType:
        declared = super()._type(row)
        if row["srid"] is None:
            return declared
        return declared.model_copy(update={"native": f"{declared.native} SRID {row['srid']}"})

    def _generated(self, row: Row) -> str | None:
        return self._written.columns[row["name"]].generated

    def _default(self, row: Row) -> str | None:
        written = self._written.columns[row["name"]]
        default = written.default
        if default is not None and self._type(row).kind in _UNQUOTED and default.startswith("'"):
            default = default[1:-1]
        return f"{default or 'NULL'} on update {written.on_update}" if written.on_update else default


def _plain_columns(body: str) -> tuple[str, ...]:
    """The columns of a key as `("a","b") USING BTREE` has them; none if any of them is more than a column."""
    parts = tokens(body)
    items = split(parts[1 : closing(parts, 0)])
    if any(len(item) != 1 or item[0].kind != "quoted" for item in items):
        return ()
    return tuple(item[0].value for item in items)


def _mentioned(body: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token.value for token in tokens(body) if token.kind == "quoted"))


def _foreign_keys(rows: Sequence[Row], definition: str) -> list[ForeignKey]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["name"], []).append(row)
    written = {name.replace('""', '"'): body for name, body in _REFERENCE_LINE.findall(definition)}
    return [
        ForeignKey(
            name=name,
            columns=tuple(part["column"] for part in parts),
            parent=parts[0]["parent"],
            parent_columns=tuple(part["parent_column"] for part in parts),
            on_delete=_action(written[name], "DELETE"),
            on_update=_action(written[name], "UPDATE"),
        )
        for name, parts in grouped.items()
    ]


def _action(body: str, event: str) -> str | None:
    """What a key does ON DELETE or ON UPDATE, by its line in the table's definition."""
    parts = tokens(body)
    for place, token in enumerate(parts[:-2]):
        if token.is_word("ON") and parts[place + 1].is_word(event):
            first = parts[place + 2].text.upper()
            action = f"SET {parts[place + 3].text.upper()}" if first == "SET" else first
            return None if action in ("RESTRICT", "NO") else action
    return None


def _check_version(connection: sqlalchemy.Connection, dialect: str) -> None:
    version = tuple(part for part in connection.dialect.server_version_info or () if isinstance(part, int))
    if version < OLDEST_VERSIONS[dialect]:
        where = location(connection.engine.url)
        oldest = ".".join(map(str, OLDEST_VERSIONS[dialect]))
        raise DatabaseTooOld(
            f"{where} is {dialect} {'.'.join(map(str, version))}",
            location=where,
            next_step=f"Use {'MariaDB' if dialect == 'mariadb' else 'MySQL'} {oldest} or later.",
        )


def _check_namespace(connection: sqlalchemy.Connection, namespace: str | None) -> str:
    where = location(connection.engine.url)
    found = connection.execute(
        sqlalchemy.text(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name = COALESCE(:namespace, DATABASE())"
        ),
        {"namespace": namespace},
    ).scalar()
    if found is None:
        raise NamespaceMissing(
            f"{where} has no database {namespace!r}" if namespace else f"{where} names no database",
            location=where,
            next_step="Name the database at the end of the url, or as schema: in the settings.",
        )
    return str(found)
