"""Questions to PostgreSQL's own catalog about the schema that is to be published into."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from synth_assets.publish.marker import NAMESPACE
from synth_assets.publish.postgres_connection import PostgresConnection

_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'f') ORDER BY 1
"""

_ALL_TABLES = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'm') AND n.nspname !~ '^(pg_|information_schema$)'
  AND n.nspname <> %s AND n.nspname !~ '^synth_assets_(stage|previous|dropped)_'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

# Tables with the partitions that stand beside them.
_STANDING = """
WITH RECURSIVE held AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND (%(all)s OR c.relname = ANY (%(names)s))
  UNION
  SELECT i.inhrelid FROM held JOIN pg_inherits i ON i.inhparent = held.oid
  JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT c.relname, c.oid FROM held JOIN pg_class c ON c.oid = held.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') ORDER BY 1
"""

# Whatever carries a name in a schema besides the tables that are to go with all that belongs to them.
_OTHER_NAMES = """
SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I', 'c')
  AND c.relname = ANY (SELECT o.relname FROM pg_class o JOIN pg_namespace s ON s.oid = o.relnamespace
                       WHERE s.nspname = %(stage)s)
  AND c.oid <> ALL (%(tables)s::oid[]) AND c.reltype <> ALL (%(types)s::oid[])
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indrelid = ANY (%(tables)s::oid[]))
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[])
                  AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT t.typname, 'type' FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = %(schema)s AND t.typtype IN ('e', 'd') AND t.oid <> ALL (%(types)s::oid[])
  AND t.typname = ANY (SELECT o.typname FROM pg_type o JOIN pg_namespace s ON s.oid = o.typnamespace
                       WHERE s.nspname = %(stage)s)
"""

# Enums, domains and composite types of the same schema that the tables' columns are of, also as arrays, under domains
# and within composite types.
_TYPES = """
WITH RECURSIVE used AS (
  SELECT a.atttypid AS oid FROM pg_attribute a WHERE a.attrelid = ANY (%(tables)s::oid[]) AND a.attnum > 0
  UNION
  SELECT next.oid FROM used JOIN pg_type t ON t.oid = used.oid,
  LATERAL (VALUES (t.typelem), (t.typbasetype)
           UNION ALL SELECT a.atttypid FROM pg_attribute a
           WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS next (oid) WHERE next.oid <> 0
)
SELECT t.oid, t.typname, t.typtype::text FROM used JOIN pg_type t ON t.oid = used.oid
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE n.nspname = %(schema)s AND (t.typtype IN ('e', 'd') OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY t.typname
"""

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "S": "sequence",
    "i": "index",
    "I": "index",
    "c": "type",
    "type": "type",
}


@dataclass(frozen=True)
class Standing:
    """Tables of one dataset and their partitions in one schema, with the types that only go with them.

    Attributes:
        tables: Object id by name.
        types: (name, is a domain) by object id.
    """

    schema: str
    tables: dict[str, int]
    types: dict[int, tuple[str, bool]]


def schema_exists(connection: PostgresConnection, schema: str, *, step: str) -> bool:
    return bool(connection.rows("SELECT FROM pg_namespace WHERE nspname = %s", [schema], step=step))


def schemas(connection: PostgresConnection, *, step: str) -> list[str]:
    found = connection.rows(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'synth\_assets\_%'", step=step)
    return [name for (name,) in found]


def tables(connection: PostgresConnection, schema: str) -> frozenset[str]:
    return frozenset(name for (name,) in connection.rows(_TABLES, [schema], step="guard"))


def all_tables(connection: PostgresConnection) -> frozenset[str]:
    return frozenset(name for (name,) in connection.rows(_ALL_TABLES, [NAMESPACE], step="guard"))


def standing(connection: PostgresConnection, schema: str, names: Collection[str] | None, *, step: str) -> Standing:
    """The tables of these names that are there, with their partitions; None: all."""
    asked = {"schema": schema, "all": names is None, "names": list(names or ())}
    chosen = dict(connection.rows(_STANDING, asked, step=step))
    types = _named(connection, _TYPES, schema, chosen, step)
    return Standing(schema, chosen, {oid: (name, kind == "d") for oid, name, kind in types})


def leaving(connection: PostgresConnection, outgoing: Standing, coming: Standing, *, step: str) -> Standing:
    """The tables that go, of their types only those that the tables that come do not use as well."""
    used = {oid for oid, _, _ in _named(connection, _TYPES, outgoing.schema, coming.tables, step)}
    return replace(outgoing, types={oid: held for oid, held in outgoing.types.items() if oid not in used})


def collisions(connection: PostgresConnection, stage: str, outgoing: Standing, *, step: str) -> list[str]:
    """What would stand in the way of the stage's tables, types and indexes in the target's schema."""
    parameters = {
        "schema": outgoing.schema,
        "stage": stage,
        "tables": list(outgoing.tables.values()),
        "types": list(outgoing.types),
    }
    found = connection.rows(_OTHER_NAMES, parameters, step=step)
    return [f"{_KINDS[kind]} {name}" for name, kind in found]


def _named(
    connection: PostgresConnection, sql: str, schema: str, chosen: dict[str, int], step: str
) -> list[tuple[int, str, str]]:
    parameters = {"schema": schema, "tables": list(chosen.values())}
    return [(oid, name, kind) for oid, name, kind in connection.rows(sql, parameters, step=step)]
