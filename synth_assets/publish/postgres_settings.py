"""What tables and views have besides their definition, given to those that replace them.

Every query gives (relation, what it is, statement) for pairs of an old and a new relation. It asks for what the old one
has and the new one has not: what the source says about a table stands already.
"""

from collections.abc import Mapping

from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.statement import Statement

_PAIRS = """
WITH pair AS (
  SELECT o.oid AS old, n.oid AS new, n.relname AS name, s.nspname AS schema, n.relkind AS kind,
         format('%%I.%%I', s.nspname, n.relname) AS place
  FROM unnest(%(old)s::oid[], %(new)s::oid[]) AS both_of (old, new)
  JOIN pg_class o ON o.oid = both_of.old JOIN pg_class n ON n.oid = both_of.new
  JOIN pg_namespace s ON s.oid = n.relnamespace
), col AS (
  SELECT p.*, a.attname, a.attnum AS old_number, b.attnum AS new_number, a.attstorage AS old_storage,
         b.attstorage AS new_storage, t.typlen, a.attoptions, coalesce(a.attstattarget, -1) AS aim,
         coalesce(to_jsonb(a) ->> 'attcompression', '') AS compression,
         format('ALTER TABLE ONLY %%s ALTER COLUMN %%I ', p.place, a.attname) AS alter_column
  FROM pair p JOIN pg_attribute a ON a.attrelid = p.old AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_attribute b ON b.attrelid = p.new AND b.attname = a.attname AND NOT b.attisdropped
  JOIN pg_type t ON t.oid = b.atttypid
), ind AS (
  SELECT p.*, oc.oid AS old_index, nc.oid AS new_index, oc.relname AS index, oc.reloptions AS old_options,
         nc.reloptions AS new_options, i.indisclustered, i.indisreplident, oc.reltablespace AS space,
         format('%%I.%%I', p.schema, nc.relname) AS index_place
  FROM pair p JOIN pg_index i ON i.indrelid = p.old JOIN pg_class oc ON oc.oid = i.indexrelid
  JOIN pg_index j ON j.indrelid = p.new JOIN pg_class nc ON nc.oid = j.indexrelid AND nc.relname = oc.relname
), seq AS (
  SELECT p.*, s.*, c.relname AS sequence
  FROM pair p JOIN pg_depend d ON d.refobjid = p.old AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
       AND d.refclassid = 'pg_class'::regclass
  JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_depend e ON e.refobjid = p.new AND e.deptype IN ('a', 'i') AND e.classid = 'pg_class'::regclass
       AND e.refclassid = 'pg_class'::regclass
  JOIN pg_sequence n ON n.seqrelid = e.objid AND n.seqtypid = s.seqtypid
  JOIN pg_class m ON m.oid = n.seqrelid AND m.relname = c.relname
  WHERE (s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
     <> (n.seqstart, n.seqincrement, n.seqmax, n.seqmin, n.seqcache, n.seqcycle)
)
"""
_QUERIES = (
    """
    SELECT name, 'sequence ' || sequence, format('ALTER SEQUENCE %%I.%%I INCREMENT %%s MINVALUE %%s MAXVALUE %%s '
           'START %%s RESTART CACHE %%s %%s', schema, sequence, seqincrement, seqmin, seqmax, seqstart, seqcache,
           CASE WHEN seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) FROM seq
    """,
    """
    SELECT name, 'storage of column ' || attname, alter_column || 'SET STORAGE ' ||
           CASE old_storage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
    FROM col WHERE old_storage <> new_storage AND typlen = -1 AND kind IN ('r', 'p', 'm')
    """,
    """
    SELECT name, 'compression of column ' || attname, alter_column || 'SET COMPRESSION ' ||
           CASE compression WHEN 'l' THEN 'lz4' ELSE 'pglz' END FROM col WHERE compression <> '' AND typlen = -1
    """,
    """
    SELECT name, 'statistics of column ' || attname, alter_column || 'SET STATISTICS ' || aim FROM col
    WHERE aim >= 0 AND kind IN ('r', 'p', 'm')
    """,
    """
    SELECT name, 'options of column ' || attname, alter_column || 'SET (' || array_to_string(attoptions, ', ') || ')'
    FROM col WHERE attoptions IS NOT NULL
    """,
    """
    SELECT name, 'comment of column ' || attname,
           format('COMMENT ON COLUMN %%s.%%I IS %%L', place, attname, col_description(old, old_number))
    FROM col WHERE col_description(old, old_number) IS NOT NULL AND col_description(new, new_number) IS NULL
    """,
    """
    SELECT name, 'comment', format('COMMENT ON %%s %%s IS %%L', CASE kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN
           'MATERIALIZED VIEW' ELSE 'TABLE' END, place, obj_description(old, 'pg_class'))
    FROM pair WHERE obj_description(old, 'pg_class') IS NOT NULL AND obj_description(new, 'pg_class') IS NULL
    """,
    """
    SELECT p.name, 'comment of constraint ' || k.conname,
           format('COMMENT ON CONSTRAINT %%I ON %%s IS %%L', k.conname, p.place,
                  obj_description(k.oid, 'pg_constraint'))
    FROM pair p JOIN pg_constraint k ON k.conrelid = p.old
    WHERE obj_description(k.oid, 'pg_constraint') IS NOT NULL
      AND EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = p.new AND n.conname = k.conname)
    """,
    """
    SELECT name, 'comment of index ' || index,
           format('COMMENT ON INDEX %%s IS %%L', index_place, obj_description(old_index, 'pg_class'))
    FROM ind WHERE obj_description(old_index, 'pg_class') IS NOT NULL
    """,
    """
    SELECT name, 'storage parameters of index ' || index,
           format('ALTER INDEX %%s SET (%%s)', index_place, array_to_string(old_options, ', '))
    FROM ind WHERE old_options IS NOT NULL AND new_options IS NULL
    """,
    """
    SELECT name, 'tablespace of index ' || index, format('ALTER INDEX %%s SET TABLESPACE %%I', index_place, t.spcname)
    FROM ind JOIN pg_tablespace t ON t.oid = space
    """,
    """
    SELECT p.name, 'tablespace', format('ALTER TABLE %%s SET TABLESPACE %%I', p.place, t.spcname)
    FROM pair p JOIN pg_class c ON c.oid = p.old JOIN pg_tablespace t ON t.oid = c.reltablespace
    """,
    """
    SELECT p.name, 'storage parameters', format('ALTER TABLE %%s SET (toast.%%s)', p.place,
           array_to_string(t.reloptions, ', toast.'))
    FROM pair p JOIN pg_class c ON c.oid = p.old JOIN pg_class t ON t.oid = c.reltoastrelid
    WHERE t.reloptions IS NOT NULL AND p.kind = 'r'
    """,
    """
    SELECT name, 'clustering', format('ALTER TABLE %%s CLUSTER ON %%I', place, index) FROM ind WHERE indisclustered
    """,
    """
    SELECT name, 'replica identity', format('ALTER TABLE %%s REPLICA IDENTITY USING INDEX %%I', place, index)
    FROM ind WHERE indisreplident AND kind IN ('r', 'p')
    UNION ALL
    SELECT p.name, 'replica identity', format('ALTER TABLE %%s REPLICA IDENTITY %%s', p.place,
           CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
    FROM pair p JOIN pg_class c ON c.oid = p.old WHERE c.relreplident IN ('f', 'n') AND p.kind IN ('r', 'p')
    """,
)


_LEFT = """
SELECT p.name, 'index ' || c.relname FROM pair p JOIN pg_index i ON i.indrelid = p.old
JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname NOT IN (
  SELECT n.relname FROM pg_index j JOIN pg_class n ON n.oid = j.indexrelid WHERE j.indrelid = p.new)
UNION
SELECT p.name, 'constraint ' || k.conname FROM pair p JOIN pg_constraint k ON k.conrelid = p.old
WHERE k.contype IN ('c', 'f') AND k.conname NOT IN (SELECT n.conname FROM pg_constraint n WHERE n.conrelid = p.new)
ORDER BY 1, 2
"""


def left_behind(connection: PostgresConnection, pairs: Mapping[int, int], *, step: str) -> list[str]:
    """Notes on what stays with the old relations, as the source knows nothing of it."""
    found = connection.rows(_PAIRS + _LEFT, _parameters(pairs), step=step) if pairs else []
    return [f"{table}: {what} of the target is not in the source, and goes." for table, what in found]


def settings(connection: PostgresConnection, pairs: Mapping[int, int], *, step: str) -> list[Statement]:
    """Statements that give each new relation what the old one of its pair has.

    Args:
        pairs: New relations by old ones, by object id.
    """
    if not pairs:
        return []
    return [
        Statement(sql, table, what)
        for query in _QUERIES
        for table, what, sql in connection.rows(_PAIRS + query, _parameters(pairs), step=step)
    ]


def _parameters(pairs: Mapping[int, int]) -> dict[str, list[int]]:
    return {"old": list(pairs.keys()), "new": list(pairs.values())}
