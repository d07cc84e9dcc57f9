"""The catalog of a PostgreSQL database, from its system catalogs: all that the inspector gives, and what it lacks."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy

from synth_assets.catalog.connection import location
from synth_assets.catalog.errors import DatabaseTooOld, NamespaceMissing
from synth_assets.catalog.model import Catalog, Check, Column, Exclusion, ForeignKey, Index, Key, Kind, Table
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.postgres_types import PostgresTypes

OLDEST_VERSION = (12,)
ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
INHERITS = "INHERITS"  # a table option; the parent's name follows
PLAIN_KEY = re.compile(r"(PRIMARY KEY|UNIQUE) \([^()]*\)")
NEXT_VALUE = re.compile(r"nextval\('(?:[^']|'')*'::regclass\)")

# Ordinary and partitioned tables; partitions are read through the table that they are part of.
TABLES = """
SELECT c.oid, c.relname::text AS name, obj_description(c.oid, 'pg_class') AS comment,
       coalesce(c.reloptions, '{}') AS options,
       (SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1) AS inherits
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :namespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
COLUMNS = """
SELECT a.attrelid AS table, a.attnum AS number, a.attname::text AS name, a.atttypid AS type, a.atttypmod AS modifier,
       format_type(a.atttypid, a.atttypmod) AS native, a.attnotnull AS not_null, a.attidentity::text AS identity,
       a.attgenerated::text AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression,
       col_description(a.attrelid, a.attnum) AS comment,
       CASE WHEN a.attcollation <> t.typcollation THEN
            (SELECT c.collname::text FROM pg_collation c WHERE c.oid = a.attcollation) END AS collation
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (CAST(:tables AS oid[])) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
# to_jsonb so that columns that older servers lack read as null.
CONSTRAINTS = """
SELECT c.conrelid AS table, c.conname::text AS name, c.contype::text AS kind, c.conkey AS columns,
       c.confrelid AS parent, c.confkey AS parent_columns, c.confdeltype::text AS on_delete,
       c.confupdtype::text AS on_update, c.condeferrable AS deferrable, c.condeferred AS deferred,
       pg_get_expr(c.conbin, c.conrelid) AS expression, pg_get_constraintdef(c.oid) AS definition,
       to_jsonb(c) -> 'confdelsetcols' AS delete_columns,
       c.contype = 'u' AND COALESCE((SELECT (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean FROM pg_index i
                                     WHERE i.indexrelid = c.conindid), false) AS nulls_not_distinct,
       CASE WHEN c.contype = 'u' THEN
            replace(pg_get_indexdef(c.conindid, 0, true), format(' ON ONLY %s ', c.conrelid::regclass),
                    format(' ON %s ', c.conrelid::regclass)) END AS index_definition
FROM pg_constraint c
WHERE c.conrelid = ANY (CAST(:tables AS oid[])) AND c.contype IN ('p', 'u', 'f', 'c', 'x') AND c.conparentid = 0
ORDER BY c.conrelid, c.oid
"""
# That of a partitioned table is spelled so that it leaves the partitions out.
INDEXES = """
SELECT i.indrelid AS table, c.relname::text AS name, i.indisunique AS unique, i.indkey::text AS columns,
       i.indnkeyatts AS key_columns, pg_get_expr(i.indpred, i.indrelid) AS condition,
       replace(pg_get_indexdef(i.indexrelid, 0, true), format(' ON ONLY %s ', i.indrelid::regclass),
               format(' ON %s ', i.indrelid::regclass)) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY (CAST(:tables AS oid[])) AND i.indisvalid
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, c.relname
"""

Row = Mapping[str, Any]


def reflect_postgres(connection: sqlalchemy.Connection, namespace: str | None) -> Catalog:
    """All tables of one schema, by default of `current_schema()`.

    Types and expressions name what is in this schema without it, so that they mean the same in any other schema that
    is first in the search path; what is in other schemas is named with its schema.

    A column that takes its values from a sequence by `nextval`, as `serial` columns do, has identity 'by default' and
    no default: wherever it is created again it gets a sequence of its own. Columns that may be null, or that hold no
    integers, cannot be identity columns and keep the expression as their default. A partitioned table is one table,
    without its partitions. A unique key for which nulls are equal is an index, as a plain key would mean something
    else.

    Raises:
        NamespaceMissing: no such schema.
        DatabaseTooOld: below PostgreSQL 12.
    """
    _check_version(connection)
    namespace = _check_namespace(connection, namespace)
    # Rolled back, so that the search path is what it was.
    with contextlib.closing(connection.begin_nested()):
        path = sqlalchemy.func.quote_ident(namespace)
        connection.execute(sqlalchemy.select(sqlalchemy.func.set_config("search_path", path, True)))
        tables = _tables(connection, namespace)
    return Catalog(dialect="postgresql", namespace=namespace, tables=tables)


def _tables(connection: sqlalchemy.Connection, namespace: str) -> tuple[Table, ...]:
    def rows(query: str, **parameters: object) -> list[Row]:
        return [dict(row) for row in connection.execute(sqlalchemy.text(query), parameters).mappings()]

    listed = {row["oid"]: row for row in rows(TABLES, namespace=namespace) if not is_own_table(row["name"])}
    oids = list(listed)
    columns = _by_table(rows(COLUMNS, tables=oids))
    constraints = _by_table(rows(CONSTRAINTS, tables=oids))
    indexes = _by_table(rows(INDEXES, tables=oids))
    types = PostgresTypes(connection)
    numbered = {oid: {row["number"]: row["name"] for row in columns.get(oid, [])} for oid in oids}
    names = {oid: row["name"] for oid, row in listed.items()}
    tables = []
    for oid, row in listed.items():
        held = constraints.get(oid, [])
        plain_keys = [c for c in held if c["kind"] == "u" and not c["nulls_not_distinct"]]
        tables.append(
            Table(
                name=row["name"],
                columns=tuple(_column(column, types) for column in columns.get(oid, [])),
                primary_key=next((_key(c, numbered[oid]) for c in held if c["kind"] == "p"), None),
                unique_keys=tuple(_key(c, numbered[oid]) for c in plain_keys),
                foreign_keys=tuple(
                    _foreign_key(c, numbered, names) for c in held if c["kind"] == "f" and c["parent"] in names
                ),
                checks=tuple(Check(name=c["name"], expression=c["expression"]) for c in held if c["kind"] == "c"),
                exclusions=tuple(
                    Exclusion(name=c["name"], definition=c["definition"]) for c in held if c["kind"] == "x"
                ),
                indexes=tuple(_index(index, numbered[oid]) for index in indexes.get(oid, []))
                + tuple(_strict_key(c, numbered[oid]) for c in held if c["nulls_not_distinct"]),
                comment=row["comment"],
                options=(
                    *row["options"],
                    *([f"{INHERITS} {names[row['inherits']]}"] if row["inherits"] in names else []),
                ),
            )
        )
    return tuple(sorted(tables, key=lambda table: table.name))


def _column(row: Row, types: PostgresTypes) -> Column:
    data_type = types.data_type(row["type"], row["modifier"], row["native"])
    nullable = not row["not_null"] and not types.is_not_null(row["type"])
    expression = row["expression"]
    identity = {"a": "always", "d": "by default"}.get(row["identity"])
    if (
        expression is not None
        and NEXT_VALUE.fullmatch(expression)
        and data_type.kind is Kind.INTEGER
        and data_type.domain is None
        and not nullable
    ):
        identity, expression = "by default", None
    return Column(
        name=row["name"],
        type=data_type,
        nullable=nullable,
        default=None if row["generated"] else expression,
        identity=identity,
        generated=expression if row["generated"] else None,
        generated_stored=row["generated"] != "v",
        collation=row["collation"],
        comment=row["comment"],
    )


def _key(row: Row, columns: Mapping[int, str]) -> Key:
    plain = PLAIN_KEY.fullmatch(row["definition"])
    return Key(
        name=row["name"], columns=_names(row["columns"], columns), definition=None if plain else row["definition"]
    )


def _strict_key(row: Row, columns: Mapping[int, str]) -> Index:
    return Index(
        name=row["name"],
        columns=_names(row["columns"], columns),
        unique=True,
        definition=row["index_definition"],
    )


def _foreign_key(row: Row, columns: Mapping[int, Mapping[int, str]], tables: Mapping[int, str]) -> ForeignKey:
    on_delete = ACTIONS.get(row["on_delete"])
    if on_delete and row["delete_columns"]:
        chosen = (name.replace('"', '""') for name in _names(row["delete_columns"], columns[row["table"]]))
        on_delete += " (" + ", ".join(f'"{name}"' for name in chosen) + ")"
    return ForeignKey(
        name=row["name"],
        columns=_names(row["columns"], columns[row["table"]]),
        parent=tables[row["parent"]],
        parent_columns=_names(row["parent_columns"], columns[row["parent"]]),
        on_delete=on_delete,
        on_update=ACTIONS.get(row["on_update"]),
        deferrable=row["deferrable"],
        initially_deferred=row["deferred"],
    )


def _index(row: Row, columns: Mapping[int, str]) -> Index:
    # A zero stands for an expression; columns behind the key's are only stored with it.
    numbers = [int(number) for number in row["columns"].split()][: row["key_columns"]]
    return Index(
        name=row["name"],
        columns=() if 0 in numbers else _names(numbers, columns),
        unique=row["unique"],
        where=row["condition"],
        definition=row["definition"],
    )


def _names(numbers: Iterable[int], columns: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(columns[number] for number in numbers)


def _by_table(rows: list[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["table"], []).append(row)
    return grouped


def _check_version(connection: sqlalchemy.Connection) -> None:
    version = connection.dialect.server_version_info or ()
    if version < OLDEST_VERSION:
        where = location(connection.engine.url)
        raise DatabaseTooOld(
            f"{where} is PostgreSQL {'.'.join(map(str, version))}",
            location=where,
            next_step="Use PostgreSQL 12 or later.",
        )


def _check_namespace(connection: sqlalchemy.Connection, namespace: str | None) -> str:
    where = location(connection.engine.url)
    if namespace is None:
        current = connection.exec_driver_sql("SELECT current_schema()::text").scalar()
        if current is None:
            raise NamespaceMissing(
                f"No schema of the user's search path exists in {where}",
                location=where,
                next_step="Name the schema in the settings of the database: schema: NAME.",
            )
        return str(current)
    query = sqlalchemy.text("SELECT count(*) FROM pg_namespace WHERE nspname = :namespace")
    if not connection.execute(query, {"namespace": namespace}).scalar_one():
        raise NamespaceMissing(
            f"{where} has no schema {namespace!r}",
            location=where,
            next_step="Create the schema, or correct its name in the settings of the database.",
        )
    return namespace
