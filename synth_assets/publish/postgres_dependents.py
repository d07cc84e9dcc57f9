"""What else in a PostgreSQL database holds on to tables that are to be replaced. Nothing is ever dropped by CASCADE."""

from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_schema import Standing

# Each query gives the table (or type) of the dataset, and what hangs on it. `tables` and `types` are object ids.
_QUERIES = (
    # Materialized views, rules, and views with a column of one of the types: other views are replaced in place.
    """
    SELECT t.relname, CASE v.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'rule on ' END
           || v.oid::regclass::text
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
    JOIN pg_class t ON t.oid = d.refobjid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = ANY (%(tables)s::oid[])
      AND (v.relkind <> 'v' OR r.ev_type <> '1' OR EXISTS (
           SELECT FROM pg_attribute a JOIN pg_type y ON a.atttypid IN (y.oid, y.typarray)
           WHERE a.attrelid = v.oid AND (y.oid = ANY (%(types)s::oid[]) OR y.typrelid = ANY (%(tables)s::oid[]))))
    """,
    # Foreign keys of tables outside the dataset.
    """
    SELECT t.relname, 'foreign key ' || k.conname || ' of ' || k.conrelid::regclass::text
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
    WHERE k.contype = 'f' AND k.confrelid = ANY (%(tables)s::oid[]) AND k.conrelid <> ALL (%(tables)s::oid[])
    """,
    # Policies of other tables that look into these: their own are made anew.
    """
    SELECT t.relname, 'policy ' || p.polname || ' of ' || p.polrelid::regclass::text
    FROM pg_depend d JOIN pg_policy p ON p.oid = d.objid JOIN pg_class t ON t.oid = d.refobjid
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = ANY (%(tables)s::oid[]) AND p.polrelid <> ALL (%(tables)s::oid[])
    """,
    """
    SELECT t.relname, 'publication ' || b.pubname FROM pg_publication_rel r JOIN pg_class t ON t.oid = r.prrelid
    JOIN pg_publication b ON b.oid = r.prpubid WHERE r.prrelid = ANY (%(tables)s::oid[])
    """,
    """
    SELECT t.relname, 'child table ' || i.inhrelid::regclass::text
    FROM pg_inherits i JOIN pg_class t ON t.oid = i.inhparent
    WHERE i.inhparent = ANY (%(tables)s::oid[]) AND i.inhrelid <> ALL (%(tables)s::oid[])
    """,
    # Functions whose body or signature names a table, its row type, an enum or a domain.
    """
    SELECT coalesce(t.relname, y.typname), 'function ' || d.objid::regprocedure::text
    FROM pg_depend d
    LEFT JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid
    LEFT JOIN pg_type y ON d.refclassid = 'pg_type'::regclass AND y.oid = d.refobjid
    WHERE d.classid = 'pg_proc'::regclass
      AND (t.oid = ANY (%(tables)s::oid[]) OR y.oid = ANY (%(types)s::oid[])
           OR y.typrelid = ANY (%(tables)s::oid[]))
    """,
    # Columns elsewhere of these types (or of arrays of them), or of a table's row type.
    """
    SELECT y.typname, 'column ' || a.attname || ' of ' || a.attrelid::regclass::text
    FROM pg_attribute a JOIN pg_type y ON a.atttypid IN (y.oid, y.typarray) JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind IN ('r', 'p', 'm', 'f', 'c') AND NOT a.attisdropped AND a.attrelid <> ALL (%(tables)s::oid[])
      AND c.reltype <> ALL (%(types)s::oid[])
      AND (y.oid = ANY (%(types)s::oid[]) OR y.typrelid = ANY (%(tables)s::oid[]))
    """,
    # Defaults elsewhere that draw from a sequence of these tables.
    """
    SELECT q.relname, 'default of ' || f.adrelid::regclass::text
    FROM pg_depend owned JOIN pg_class q ON q.oid = owned.objid AND q.relkind = 'S'
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = q.oid
                    AND d.classid = 'pg_attrdef'::regclass
    JOIN pg_attrdef f ON f.oid = d.objid
    WHERE owned.classid = 'pg_class'::regclass AND owned.refclassid = 'pg_class'::regclass
      AND owned.deptype IN ('a', 'i') AND owned.refobjid = ANY (%(tables)s::oid[])
      AND f.adrelid <> ALL (%(tables)s::oid[])
    """,
)


def outside_dependents(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[tuple[str, str]]:
    """(table or type of the dataset, what hangs on it) for everything that replacing the tables would break."""
    parameters = {"tables": list(outgoing.tables.values()), "types": list(outgoing.types)}
    found = {(name, what) for query in _QUERIES for name, what in connection.rows(query, parameters, step=step)}
    return sorted(found)
