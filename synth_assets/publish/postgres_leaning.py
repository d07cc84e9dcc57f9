"""What leans directly on some objects of a PostgreSQL database, by `pg_depend`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from synth_assets.publish.naming import EVERY_SCHEMA
from synth_assets.publish.postgres_connection import PostgresConnection

_LEANING = """
SELECT d.refobjid, d.objid,
       coalesce(r.ev_class, k.conrelid, p.polrelid, f.adrelid, g.tgrelid, i.indrelid, s.stxrelid, m.prrelid, c.oid, 0),
       CASE WHEN r.rulename = '_RETURN' THEN r.ev_class WHEN o.oid IS NOT NULL THEN o.oid
            WHEN d.objsubid > 0 AND c.relkind IN ('v', 'm') THEN c.oid END,
       CASE WHEN r.rulename = '_RETURN' THEN 'query' WHEN r.oid IS NOT NULL THEN 'rule' WHEN o.oid IS NOT NULL THEN
            'function' WHEN d.objsubid > 0 AND c.oid IS NOT NULL THEN 'column' WHEN k.contype = 'f' THEN 'key'
            WHEN p.oid IS NOT NULL THEN 'policy' WHEN f.oid IS NOT NULL AND a.attgenerated = '' THEN 'default'
            WHEN i.indexrelid IS NOT NULL THEN 'index' WHEN g.oid IS NOT NULL THEN 'trigger' WHEN m.oid IS NOT NULL THEN
            'publication' ELSE 'other' END,
       coalesce(pg_describe_object(d.classid, d.objid, d.objsubid), '')
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
LEFT JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
LEFT JOIN pg_statistic_ext s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
LEFT JOIN pg_publication_rel m ON d.classid = 'pg_publication_rel'::regclass AND m.oid = d.objid
LEFT JOIN pg_proc o ON d.classid = 'pg_proc'::regclass AND o.oid = d.objid
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class h ON h.oid = coalesce(r.ev_class, k.conrelid, p.polrelid, f.adrelid, g.tgrelid, i.indrelid, c.oid)
LEFT JOIN pg_namespace n ON n.oid = coalesce(h.relnamespace, o.pronamespace)
WHERE (d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(objects)s::oid[])
       OR d.refclassid = 'pg_proc'::regclass AND d.refobjid = ANY (%(objects)s::oid[])
       OR d.refclassid = 'pg_type'::regclass AND d.refobjid = ANY (%(types)s::oid[]))
  AND NOT (d.deptype = 'i' AND (d.classid = 'pg_type'::regclass OR c.relkind = 't'))
  AND (k.oid IS NULL OR k.conparentid = 0) AND NOT coalesce(g.tgisinternal, false)
  AND (n.nspname IS NULL OR n.nspname NOT LIKE %(apart)s)
"""
_SEQUENCES = """
SELECT c.oid, d.refobjid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  AND d.refobjid = ANY (%s::oid[])
"""
# With the types of arrays of them.
_ROW_TYPES = """
SELECT t.oid, c.oid FROM pg_class c JOIN pg_type y ON y.oid = c.reltype
JOIN pg_type t ON t.oid IN (y.oid, y.typarray) WHERE c.oid = ANY (%(objects)s::oid[])
UNION ALL
SELECT t.oid, y.oid FROM pg_type y JOIN pg_type t ON t.oid IN (y.oid, y.typarray)
WHERE y.oid = ANY (%(objects)s::oid[])
"""


@dataclass(frozen=True)
class Lean:
    """One object that leans on another.

    Attributes:
        base: What it leans on, by object id.
        object: The object itself.
        holder: The table, view or materialized view that it belongs to; 0 if to none.
        reader: The view, materialized view or function that it makes lean on the base; None if it is something else.
        kind: query (of a view), rule, function, column, key, policy, default, index, trigger, publication, or other.
        label: What people call it.
    """

    base: int
    object: int
    holder: int
    reader: int | None
    kind: str
    label: str

    def standing_on(self, base: int) -> "Lean":
        return replace(self, base=base)


def leaning(
    connection: PostgresConnection,
    objects: Collection[int],
    types: Collection[int],
    *,
    apart: str = EVERY_SCHEMA,
    step: str,
) -> list[Lean]:
    """What leans on relations, functions and types, but for what is in schemas that LIKE finds by `apart`."""
    parameters = {"objects": list(objects), "types": list(types), "apart": apart}
    return [Lean(*row) for row in connection.rows(_LEANING, parameters, step=step)]


def with_sequences(connection: PostgresConnection, tables: Iterable[int], *, step: str) -> dict[int, int]:
    """The tables and the sequences that belong to them, each with its table."""
    listed = list(tables)
    found = connection.rows(_SEQUENCES, [listed], step=step)
    return {table: table for table in listed} | dict(found)


def with_row_types(connection: PostgresConnection, objects: Iterable[int], *, step: str) -> dict[int, int]:
    """The row types of relations, types themselves, and arrays of either: each with the object that it stands for."""
    found = connection.rows(_ROW_TYPES, {"objects": list(objects)}, step=step)
    return dict(found)
